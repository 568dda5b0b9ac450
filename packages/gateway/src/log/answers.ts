/**
 * One line for each answered request: where the answer came from, how long it took, and how many tokens it is worth.
 *
 * The tokens of a hit come with its reply, those of a provider's answer from the cache's events. The latter may be known
 * only after the client has all of the answer, so the line of the request that made the call waits for them.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { CacheStatus, ObservedEvent, Observer, Reply } from 'askonce';
import { shortKey } from 'askonce/gateway-kit';
import { type Correlation, correlationOf } from './correlation.ts';

/** A request that was answered. */
export interface AnsweredRequest {
  readonly path: string;
  readonly reply: Pick<Reply, 'requestId' | 'status' | 'cacheStatus' | 'key' | 'usage'>;
  /** From the request's whole body to the reply's head, and to its last byte, in milliseconds. */
  readonly headMs: number;
  readonly totalMs: number;
  /** Headers of the request, for the ids that its caller has for it. */
  readonly headers?: IncomingHttpHeaders | undefined;
  /** The trace of the request's span; by default that of its `traceparent`. */
  readonly traceId?: string | undefined;
}

export interface AnswerLog {
  answered(request: AnsweredRequest): void;
  /** Listens to the cache. */
  readonly observe: Observer;
  /** Writes the lines that still wait. */
  flush(): void;
}

type Usage = Reply['usage'];

/** Requests whose call or tokens are remembered; beyond it the oldest is forgotten, and its line has no tokens. */
const maxRemembered = 10_000;

const types: ReadonlySet<ObservedEvent['type']> = new Set([
  'provider-call',
  'provider-answer',
  'provider-failure',
]);

/** What writes the lines. */
export interface AnswerLines {
  /** Writes a line; its fields are those of {@link lineOf}. */
  readonly write: (fields: Readonly<Record<string, unknown>>) => void;
  /** Writes the line of a hit, which is the same as from {@link lineOf}. */
  readonly writeHit: (request: AnsweredRequest) => void;
}

export function answerLog({ write, writeHit }: AnswerLines): AnswerLog {
  /** Requests whose provider call is under way. */
  const calls = new Set<string>();
  const usages = new Map<string, Usage>();
  /** Requests that were answered before their call's tokens were known. */
  const waiting = new Map<string, AnsweredRequest>();

  function finish(requestId: string, usage: Usage): void {
    calls.delete(requestId);
    const request = waiting.get(requestId);
    if (request === undefined) {
      remember(usages, requestId, usage);
      return;
    }
    waiting.delete(requestId);
    write(lineOf(request, usage));
  }

  function observe(event: ObservedEvent): void {
    if (event.type === 'provider-call') {
      if (event.cause !== 'refresh' && calls.size < maxRemembered) calls.add(event.requestId);
    } else if (event.type === 'provider-answer' && event.cause !== 'refresh')
      finish(event.requestId, event.usage);
    else if (event.type === 'provider-failure' && event.cause !== 'refresh')
      finish(event.requestId, undefined);
  }

  return {
    answered(request) {
      const { requestId, cacheStatus } = request.reply;
      if (cacheStatus.kind === 'hit') {
        writeHit(request);
        return;
      }
      if (calls.has(requestId)) {
        waiting.set(requestId, request);
        return;
      }
      const usage = usages.get(requestId);
      usages.delete(requestId);
      write(lineOf(request, usage));
    },
    observe: Object.assign(observe, { types }),
    flush() {
      for (const request of waiting.values()) write(lineOf(request, undefined));
      waiting.clear();
      calls.clear();
    },
  };
}

function remember(usages: Map<string, Usage>, requestId: string, usage: Usage): void {
  if (usage === undefined) return;
  const [oldest] = usages.keys();
  if (usages.size >= maxRemembered && oldest !== undefined) usages.delete(oldest);
  usages.set(requestId, usage);
}

export function lineOf(request: AnsweredRequest, usage: Usage): Readonly<Record<string, unknown>> {
  const { path, reply, headMs, totalMs } = request;
  const { requestId, status, cacheStatus, key } = reply;
  // Undefined fields are left out of the line.
  return {
    requestId,
    ...idsOf(request),
    path,
    status,
    cache: inShort(cacheStatus),
    entry: key === undefined ? undefined : shortKey(key),
    headMs: rounded(headMs),
    totalMs: rounded(totalMs),
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
  };
}

/** The ids of its caller. */
export function idsOf({ headers, traceId }: AnsweredRequest): Correlation {
  return headers === undefined ? none : correlationOf(headers, traceId);
}

const none: Correlation = {};

/** `hit memory`, `miss`, `miss stored`, `miss collapsed`, `bypass no-store`. */
function inShort(status: CacheStatus): string {
  if (status.kind === 'hit') return `hit ${status.detail}`;
  const words = [status.reason, status.stored && 'stored', status.collapsed && 'collapsed', status.detail];
  return words.filter((word) => typeof word === 'string').join(' ');
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
