/**
 * How routes are warmed over HTTP: `only-if-cached` looks without running the handler (RFC 9111, section 5.2.1.7), and
 * `Cache-Status` says what a request came to (RFC 9211).
 */
import { type Item, parseList } from 'structured-headers';
import type { Clock } from '../../clock.ts';
import { retryAfterMs } from '../../negative/hold.ts';
import type { WarmFailure, WarmTarget } from '../../warming/run.ts';
import { fieldsOf } from '../fetch/upstream.ts';

/** Answers a request: a handler of this process, or a client of an application elsewhere. */
export type RequestHandler = (request: Request) => Response | Promise<Response>;

/** A longer wait is not waited for, in ms. */
const longestWaitMs = 60_000;

export function endpointTarget(handler: RequestHandler, clock: Clock): WarmTarget<Request> {
  /** What the cache said of the last answer that it may not have stored. */
  const details = new WeakMap<Request, string>();

  return {
    async look(request) {
      const headers = new Headers(request.headers);
      headers.set('cache-control', 'only-if-cached');
      const response = await answered(handler, new Request(asGet(request), { headers }));
      // What fails is asked again, and its failure counted then.
      if (response === undefined) return false;
      const status = cacheStatusOf(response);
      return status?.isHit ?? (response.status >= 400 ? false : uncached);
    },
    async ask(request, calls) {
      const response = await answered(handler, asGet(request));
      if (response === undefined) return { ...unreachable, againAfterMs: waitMs(calls + 1), isCall: true };
      const status = cacheStatusOf(response);
      const isCall = status?.isHit !== true;
      if (response.status < 400) {
        if (status === undefined) return { ...uncached, isCall };
        if (status.detail !== undefined) details.set(request, status.detail);
        return { isOwn: isCall && !status.isCollapsed };
      }
      return { ...failureOf(response, clock, isCall ? calls + 1 : Math.max(calls, 1)), isCall };
    },
    whyNotStored: async (request) => details.get(request),
  };
}

/** HEAD is answered from what is stored for GET, and stores nothing itself. */
function asGet(request: Request): Request {
  return new Request(request, { method: 'GET' });
}

/** The response, once its body has been read; undefined if there is none. */
async function answered(handler: RequestHandler, request: Request): Promise<Response | undefined> {
  try {
    const response = await handler(request);
    // The body is stored once it is read to its end, and is not held here.
    const reader = response.body?.getReader();
    while (reader !== undefined && !(await reader.read()).done);
    return response;
  } catch {
    return undefined;
  }
}

const unreachable: WarmFailure = {
  reason: 'the application failed, or is out of reach',
  isOfAccount: false,
  isOfAll: false,
};

const uncached: WarmFailure = {
  reason: 'the route is not cached: its response has no Cache-Status of askonce',
  isOfAccount: false,
  isOfAll: false,
};

interface Seen {
  readonly isHit: boolean;
  readonly isCollapsed: boolean;
  readonly detail: string | undefined;
}

/** What this cache says among those that the response has passed. */
function cacheStatusOf({ headers }: Response): Seen | undefined {
  const own = membersOf(headers.get('cache-status') ?? '').find(([name]) => String(name) === 'askonce');
  if (own === undefined) return undefined;
  const [, parameters] = own;
  const detail = parameters.get('detail') ?? parameters.get('fwd');
  return {
    isHit: parameters.get('hit') === true,
    isCollapsed: parameters.get('collapsed') === true,
    detail: detail === undefined ? undefined : String(detail).slice(0, 64),
  };
}

function membersOf(field: string): Item[] {
  try {
    return parseList(field).flatMap((member) => (isItem(member) ? [member] : []));
  } catch {
    return [];
  }
}

function isItem(member: ReturnType<typeof parseList>[number]): member is Item {
  return !Array.isArray(member[0]);
}

function failureOf(response: Response, clock: Clock, attempt: number): WarmFailure {
  const { status } = response;
  const isOfAll = status === 429;
  const isTransient = isOfAll || status === 408 || status >= 500;
  const asked = retryAfterMs(fieldsOf(response.headers), clock.now()) ?? 0;
  const waits = Math.max(asked, waitMs(attempt));
  return {
    reason: `${wordsOf(status)} (status ${status})`,
    againAfterMs: isTransient && waits <= longestWaitMs ? waits : undefined,
    isOfAccount: status === 401 || status === 403,
    isOfAll,
  };
}

function wordsOf(status: number): string {
  if (status === 401 || status === 403) return 'the application refuses the credential';
  if (status === 429) return 'the application limits requests';
  return status >= 500 || status === 408 ? 'the application failed' : 'the application refuses the request';
}

/** A second, doubled by each attempt. */
function waitMs(attempt: number): number {
  return 1000 * 2 ** (attempt - 1);
}
