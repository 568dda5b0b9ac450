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
      'askonceEndpoint of askonce/express does nothing for requests over HTTP/2: neither are they cached, nor do their writes invalidate. Use askonce/fastify or askonce/hono, or let a proxy take HTTP/2.',
      { code: 'ASKONCE_HTTP2' },
    );
  hasWarned = true;
}

export function endpointMiddleware<Raw extends IncomingMessage>(endpoint: EndpointCache<Raw>): Middleware {
  return function askonce(request: Raw, response: ServerResponse, next: (error?: unknown) => void): void {
    // The handlers that run for an outer middleware of ours are that one's to cache.
    if (answered.has(response)) {
      next();
      return;
    }
    if (!(response instanceof ServerResponse)) {
      warnOnce();
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
