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
import type { EndpointCache, EndpointOptions, EndpointRequest, RunHandler } from '../endpoint/contract.ts';
import { endpointError } from '../endpoint/endpoint-reply.ts';
import { endpointCache } from '../endpoint/endpoints.ts';
import { webResponse, writtenHeaders } from '../endpoint/web-messages.ts';
import { writtenResponse } from '../endpoint/written-response.ts';
import { forTheRun, hasNearer, honoRequest, markOurs } from './endpoint-request.ts';
import { alreadySent, answered, clientResponse, runAnswer } from './run-answer.ts';
import { executionOf, runBehind } from './run-behind.ts';
import { sentResponse } from './sent-response.ts';

/** The environment of a context whose type says nothing of it: every variable may be read. */
type AnyEnv = Context extends Context<infer E> ? E : Env;

/**
 * A middleware that answers `GET` and `HEAD` requests from the cache, and lets writes invalidate. It is for
 * `app.use(askonceEndpoint(cache))` as well as for single routes: `app.get('/prices', askonceEndpoint(cache), handler)`.
 *
 * Of several that a request passes, the nearest to the handler answers, with its own options and none of the others'. A write
 * invalidates what each of them says.
 */
export function askonceEndpoint<E extends Env = AnyEnv>(
  cache: Cache,
  options: EndpointOptions<Context<E>> = {},
): MiddlewareHandler<E> {
  const endpoint = endpointCache(cache, options);
  return markOurs(async (c, next) => {
    const request = honoRequest(c);
    const role = endpoint.roleOf(request);
    if (role === 'reads' && !hasNearer(c) && !isAnswered(c, request.route)) {
      await answer(endpoint, request, c, next);
      return;
    }
    await next();
    if (role === 'writes') await wrote(endpoint, request, c);
  });
}

/** Requests whose handlers run for a middleware of ours. */
const underway = new WeakSet<Context['req']>();
let hasWarned = false;

/** Whether another middleware of ours answers already, because this one is called within other middleware, where it is not seen. */
function isAnswered(c: Context, route = c.req.path): boolean {
  if (!underway.has(c.req)) return false;
  if (!hasWarned)
    process.emitWarning(
      `askonceEndpoint at ${route} does nothing: other middleware calls it behind another one, which answers. Register it by itself.`,
      { code: 'ASKONCE_NESTED' },
    );
  hasWarned = true;
  return true;
}

async function answer<E extends Env>(
  endpoint: EndpointCache<Context<E>>,
  request: EndpointRequest<Context<E>>,
  c: Context<E>,
  next: Next,
): Promise<void> {
  // What middleware before this one has set belongs to this client. Reading `c.res` would make a response of it, whose headers
  // Hono then prefers to the handler's.
  const before = writtenHeaders(c.newResponse(null));
  const from = c.req.routeIndex;
  let hasRun = false;
  const run: RunHandler = async (signal, call) => {
    signal.throwIfAborted();
    underway.add(c.req);
    const asTheClient = forTheRun(c, signal, call);
    // `next` runs the handlers once, and for the client whose answer is awaited.
    const isOther = call.behind || hasRun;
    hasRun = true;
    const running = (isOther ? runBehind(c, { from, before }) : runHere(c, next)).finally(asTheClient);
    const ended = Promise.withResolvers<void>();
    running.catch(() => ended.resolve());
    // A runtime that ends with its last response is asked to stay for the answer, which others may wait for.
    executionOf(c)?.waitUntil(ended.promise);
    return runAnswer(await running, { method: request.method, signal, before, ended: ended.resolve });
  };
  const leaving = new AbortController();
  const left = () => leaving.abort();
  request.signal?.addEventListener('abort', left, { once: true });
  if (request.signal?.aborted) left();
  try {
    const reply = await endpoint.answer({ ...request, signal: leaving.signal }, run);
    // With a response in place, the setter would lay its headers over those of the new one.
    c.res = undefined;
    const response = clientResponse(reply, before);
    c.res = reply.head === undefined ? response : sentResponse(c, response, reply.head);
  } catch (error) {
    if (error === alreadySent) {
      // The client whose handler has run has its answer. Each of the others gets one of its own.
      if (!hasRun) await next();
    } else if (request.signal?.aborted) {
      // The client has left: no error of the application, and nothing to say.
      c.res = undefined;
      c.res = new Response(null, { status: 499 });
    } else throw error;
  } finally {
    // A client that leaves later cancels the body that it is sent, which is no failure of that body.
    request.signal?.removeEventListener('abort', left);
  }
}

async function runHere(c: Context, next: Next): Promise<Response> {
  await next();
  return answered(c);
}

async function wrote<E extends Env>(
  endpoint: EndpointCache<Context<E>>,
  request: EndpointRequest<Context<E>>,
  c: Context<E>,
): Promise<void> {
  const answer = { status: c.res.status, headers: writtenHeaders(c.res) };
  try {
    const response = await writtenResponse(c.res, () => endpoint.wrote(request, answer));
    if (response === c.res) return;
    // With a response in place, the setter would lay its headers over those of the new one.
    c.res = undefined;
    c.res = response;
  } catch (error) {
    // The write's own answer is not sent: its `Location`, say, would be taken for success.
    c.res = undefined;
    throw asHttp(error);
  }
}

/** A failure of the cache itself for `onError`, with a response of its own for an application that has no such handler. */
function asHttp(error: unknown): unknown {
  if (!AskonceError.isInstance(error)) return error;
  const res = webResponse(endpointError(error));
  return new HTTPException(503, { message: error.message, cause: error, res });
}
