/**
 * Warms routes: makes requests before callers make them, so that the first caller of each gets a hit. What is stored is
 * skipped, and what fails does not end the rest.
 */
import { type Clock, staying, systemClock } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import { type WarmRow, type WarmRun, warmRun } from '../../warming/run.ts';
import type { WarmCounts, WarmOutcome } from '../../warming/tally.ts';
import { endpointTarget, type RequestHandler } from './warm-target.ts';

export interface WarmEndpointsOptions {
  /** Where paths are: answers of two hosts or schemes are not shared, so it must be what the handler sees when callers ask. Default: `http://localhost`. */
  readonly origin?: string | undefined;
  /** Requests that are looked for or made at a time. Default: 3. */
  readonly concurrency?: number | undefined;
  /** Requests a second that reach the handler. Those whose answer is stored are not held back. Default: 1. */
  readonly perSecond?: number | undefined;
  /** Only looks, and reports as `absent` what would be requested. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Once it aborts, no further request is begun, and those that are under way are waited for. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each request. */
  readonly onProgress?: ((outcome: WarmOutcome) => void) | undefined;
  readonly clock?: Clock | undefined;
}

export interface WarmEndpointsSummary extends WarmCounts {
  /** `interrupted`: by the signal; `stopped`: after ten failures in a row, or three refusals of a credential. */
  readonly state: 'done' | 'interrupted' | 'stopped';
  /** Why it was stopped. */
  readonly reason?: string | undefined;
}

/**
 * Sends requests through a handler that is behind the cache (`cachedHandler`, the `fetch` of a Hono application, or the global
 * `fetch` for an application elsewhere), and resolves with what became of them. A text is a path (`/users/1?page=2`) at `origin`.
 * A HEAD is sent as a GET, whose stored answer then serves both; a request of another method counts as failed.
 * @throws AskonceError `invalid_request` for a `concurrency` or `perSecond` that is not above 0
 */
export async function warmEndpoints(
  handler: RequestHandler,
  requests: Iterable<string | Request> | AsyncIterable<string | Request>,
  options: WarmEndpointsOptions = {},
): Promise<WarmEndpointsSummary> {
  return await warmRows(handler, rowsOf(requests, options.origin ?? 'http://localhost'), options);
}

/** The same for rows, some of which may be wrong. */
export async function warmRows(
  handler: RequestHandler,
  rows: AsyncIterable<WarmRow<Request>>,
  options: Omit<WarmEndpointsOptions, 'onProgress'> & {
    readonly onProgress?: ((outcome: WarmOutcome, counts: () => WarmCounts) => void) | undefined;
  },
): Promise<WarmEndpointsSummary> {
  const { concurrency = 3, perSecond = 1, clock = systemClock, onProgress } = options;
  if (!(concurrency >= 1 && perSecond > 0))
    throw new AskonceError('invalid_request', 'concurrency must be at least 1, and perSecond above 0.');
  const run: WarmRun = warmRun({
    ...{ rows, concurrency, perSecond, clock },
    target: endpointTarget(handler, clock),
    dryRun: options.dryRun,
    signal: options.signal ?? new AbortController().signal,
    noun: 'requests',
    onProgress: (outcome) => onProgress?.(outcome, run.counts),
  });
  const end = await staying(run.ended);
  return { ...run.counts(), ...end };
}

async function* rowsOf(
  requests: Iterable<string | Request> | AsyncIterable<string | Request>,
  origin: string,
): AsyncGenerator<WarmRow<Request>, void, undefined> {
  let at = 0;
  for await (const one of requests) {
    yield { at, ...rowOf(one, origin) };
    at += 1;
  }
}

function rowOf(
  one: string | Request,
  origin: string,
): { readonly request: Request } | { readonly fault: string } {
  if (typeof one === 'string' && !URL.canParse(one, origin)) return { fault: 'it is no path' };
  const request = typeof one === 'string' ? new Request(new URL(one, origin)) : one;
  if (request.method === 'GET' || request.method === 'HEAD') return { request };
  return { fault: `the answer to ${request.method} is not cached; use GET or HEAD` };
}
