/**
 * An endpoint cache as a middleware: it answers reads, and lets the answers of writes go once what they make outdated is
 * invalidated. All other requests pass.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { EndpointCache } from '../endpoint/contract.ts';
import { endpointRequest } from './endpoint-request.ts';
import { answerRead } from './reads.ts';
import { answerWrite } from './writes.ts';

/**
 * As Express calls it, and any server of the kind of connect. It takes any request, whatever the options read from one: in
 * a route it leaves the types of its parameters to the handlers.
 */
export type Middleware = {
  call(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
}['call'];

/** Responses that a middleware of ours answers. */
const answered = new WeakSet<ServerResponse>();
let hasWarned = false;

/** A write that passes leaves outdated what requests over HTTP/1.1 have stored. */
function warnOnce(): void {
  if (!hasWarned)
    process.emitWarning(
      'askonceEndpoint of askonce/express ignores requests over HTTP/2: they are not cached, and their writes invalidate nothing. Use askonce/fastify or askonce/hono, or terminate HTTP/2 at a proxy.',
      { code: 'ASKONCE_HTTP2' },
    );
  hasWarned = true;
}

export function endpointMiddleware<Raw extends IncomingMessage>(endpoint: EndpointCache<Raw>): Middleware {
  return function askonce(request: Raw, response: ServerResponse, next: (error?: unknown) => void): void {
    const isOfNode = response instanceof ServerResponse;
    // Other servers, and tests, have responses of their own.
    if (!isOfNode && request.httpVersionMajor >= 2) warnOnce();
    // The handlers that run for an outer middleware of ours are that one's to cache.
    if (!isOfNode || answered.has(response)) {
      next();
      return;
    }
    const asked = endpointRequest(request, response, askonce);
    const role = endpoint.roleOf(asked);
    if (role === 'passes') {
      next();
      return;
    }
    answered.add(response);
    // A refresh may begin in the context of another request.
    const inContext = AsyncLocalStorage.snapshot();
    const exchange = {
      endpoint,
      asked,
      request,
      response,
      before: { status: response.statusCode, headers: response.getHeaders() },
      next: () => inContext(next),
    };
    void (role === 'reads' ? answerRead(exchange) : answerWrite(exchange)).catch(next);
  };
}
