/**
 * Tracing, as the gateway's rooms know it. What does it is loaded only where the settings ask for it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CacheRequest, CacheTracing, Reply } from 'askonce';

/** A call that passes through to a provider. */
export interface PassedCall {
  readonly method: string;
  /** Origin of the provider. */
  readonly origin: string;
  /** Path with its query, which is not recorded. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
}

export interface TracedPassage {
  /** The headers with the trace context of the call. */
  readonly headers: string[];
  /** The call is over: with a status, or the error that came instead. A second call does nothing. */
  ended(status: number | undefined, error?: unknown): void;
}

export interface GatewayTracing {
  /** Traces what the cache does with a request. */
  readonly cache: CacheTracing;
  /** Begins the span of a request, which ends with its response. */
  begin(request: IncomingMessage, response: ServerResponse): void;
  /** Notes the route of a request, and that `asked` is what it asks the cache. */
  asks(request: IncomingMessage, route: string, asked: CacheRequest): void;
  /** Notes how the cache replies. */
  replies(request: IncomingMessage, reply: Reply): void;
  /** Begins the span of a call that passes through. */
  passes(request: IncomingMessage, call: PassedCall): TracedPassage;
  /** The id of the request's trace. */
  traceIdOf(request: IncomingMessage): string | undefined;
  /** Sends the spans that wait, for at most so long. */
  close(timeoutMs: number): Promise<void>;
}
