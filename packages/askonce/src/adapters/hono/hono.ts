/**
 * Endpoints of a Hono application behind the cache.
 *
 * The middleware stands where Hono's order puts it: what comes before it (authentication, CORS, compression for each client)
 * runs for every request; what comes after it runs for the cache, once for all clients that ask the same meanwhile.
 */
import type { Context, Env, MiddlewareHandler, Next } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Cache } from '../../contract.ts';
import { AskonceError } from '../../errors.ts';
import type { EndpointCache, EndpointOptions, EndpointRequest } from '../endpoint/contract.ts';
import { endpointError } from '../endpoint/endpoint-reply.ts';
import { endpointCache } from '../endpoint/endpoints.ts';
import { ownHeaders } from '../endpoint/run-headers.ts';
import { endpointRequest } from './endpoint-request.ts';
import { answerOf, headersOf, responseOf } from './responses.ts';
import { executionOf, runBehind } from './run-behind.ts';
import { forTheRun } from './run-request.ts';

/** The environment of a context whose type says nothing of it: every variable may be read. */
type AnyEnv = Context extends Context<infer E> ? E : Env;

/**
 * A middleware that answers `GET` and `HEAD` requests from the cache, and lets writes invalidate. It is for
 * `app.use(askonceEndpoint(cache))` as well as for single routes: `app.get('/prices', askonceEndpoint(cache), handler)`.
 */
export function askonceEndpoint<E extends Env = AnyEnv>(
  cache: Cache,
  options: EndpointOptions<Context<E>> = {},
): MiddlewareHandler<E> {
  const endpoint = endpointCache(cache, options);
  return async (c, next) => {
    const request = endpointRequest(c);
    const role = endpoint.roleOf(request);
    if (role === 'reads') {
      await answer(endpoint, request, c, next);
      return;
    }
    await next();
    if (role === 'writes') await wrote(endpoint, request, c);
  };
}

async function answer<E extends Env>(
  endpoint: EndpointCache<Context<E>>,
  request: EndpointRequest<Context<E>>,
  c: Context<E>,
  next: Next,
): Promise<void> {
  // What middleware before this one has set belongs to this client. Reading `c.res` would make a response of it, whose headers
  // Hono then prefers to the handler's.
  const before = headersOf(c.newResponse(null).headers);
  const from = c.req.routeIndex;
  let hasRun = false;
  const reply = await endpoint.answer(request, async (signal, call) => {
    signal.throwIfAborted();
    const asTheClient = forTheRun(c, signal, call);
    // `next` runs the handlers once, and for the client whose answer is awaited.
    const isOther = call.behind || hasRun;
    hasRun = true;
    const running = (isOther ? runBehind(c, { from, before }) : runHere(c, next)).finally(asTheClient);
    const ended = Promise.withResolvers<void>();
    running.catch(() => ended.resolve());
    // A runtime that ends with its last response is asked to stay for the answer, which others may wait for.
    executionOf(c)?.waitUntil(ended.promise);
    const { status, headers, body } = answerOf(await running, request.method, ended.resolve);
    return { status, headers: ownHeaders(headers, before), body };
  });
  // With a response in place, the setter would lay its headers over those of the new one.
  c.res = undefined;
  c.res = responseOf(reply, before);
}

async function runHere(c: Context, next: Next): Promise<Response> {
  await next();
  return c.res;
}

async function wrote<E extends Env>(
  endpoint: EndpointCache<Context<E>>,
  request: EndpointRequest<Context<E>>,
  c: Context<E>,
): Promise<void> {
  try {
    await endpoint.wrote(request, { status: c.res.status, headers: headersOf(c.res.headers) });
  } catch (error) {
    // The write's own answer is not sent: its `Location`, say, would be taken for success.
    await c.res.body?.cancel();
    c.res = undefined;
    throw asHttp(error);
  }
}

/** A failure of the cache itself for `onError`, with a response of its own for an application that has no such handler. */
function asHttp(error: unknown): unknown {
  if (!AskonceError.isInstance(error)) return error;
  const res = responseOf(endpointError(error), {});
  return new HTTPException(503, { message: error.message, cause: error, res });
}
