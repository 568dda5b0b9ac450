/**
 * Tracing, as the path of a request knows it. A tracer learns what happens to a request from events, as all observers
 * do. Two things no event can give: the context in which a request came, and the trace context of a provider call, which
 * must be in the call's headers.
 */
import { type Awaitable, isPending } from '../clock.ts';
import type { Provider } from '../flight/provider.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { Observer } from '../observe/events.ts';
import type { Reply } from './reply.ts';
import { newRequestId } from './reply-headers.ts';

/** A request that is about to be asked. */
interface TracedRequest {
  readonly request: CacheRequest;
  readonly provider: Provider;
  /** The id that its events will have. */
  readonly requestId: string;
}

/** What traces the requests of a cache. Nothing that it does may cost an answer. */
export interface CacheTracing {
  /** Listens to the cache. */
  readonly observe: Observer;
  /**
   * Calls `answer`, once, in the caller's own turn, with the provider whose calls carry their trace context. Returns what
   * it returns, and throws or rejects with what it does.
   */
  ask(traced: TracedRequest, answer: (provider: Provider) => Awaitable<Reply>): Awaitable<Reply>;
  /** W3C `traceparent` of the provider call that a request has made, for followers in other processes. */
  traceparent(requestId: string): string | undefined;
  /** The span of a request's lookup, if it is recorded, for observers of the event that is being reported. */
  spanOf(requestId: string): RecordedSpan | undefined;
}

/** Ids as W3C Trace Context writes them. */
interface RecordedSpan {
  readonly traceId: string;
  readonly spanId: string;
}

/** Makes the cache's `ask`. `begin` answers at once if it can. */
export function asking<Options>(
  begin: (
    request: CacheRequest,
    provider: Provider,
    requestId: string,
    options: Options | undefined,
  ) => Awaitable<Reply>,
  tracing: CacheTracing | undefined,
): (request: CacheRequest, provider: Provider, options?: Options) => Promise<Reply> {
  return (request, provider, options) => {
    try {
      const requestId = newRequestId();
      const answer = (asked: Provider) => begin(request, asked, requestId, options);
      const reply =
        tracing === undefined ? answer(provider) : tracing.ask({ request, provider, requestId }, answer);
      return isPending(reply) ? reply : Promise.resolve(reply);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}
