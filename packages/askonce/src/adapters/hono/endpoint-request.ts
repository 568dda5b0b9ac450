/**
 * A request as Hono has it, for the cache and for a run of the handlers.
 */
import type { Context, Env, MiddlewareHandler } from 'hono';
import type { EndpointRequest, HandlerCall } from '../endpoint/contract.ts';
import { conditionalHeaders } from '../endpoint/run-headers.ts';
import { endpointRequest } from '../endpoint/web-messages.ts';

export function honoRequest<E extends Env>(c: Context<E>): EndpointRequest<Context<E>> {
  return { ...endpointRequest(c.req.raw), raw: c, route: patternOf(c), reportsHead: true };
}

/**
 * The pattern of the route that will answer. Hono knows all routes that match, in their order: the middleware, the handler, and
 * those that a handler before them leaves nothing to do. A handler takes the context alone.
 */
function patternOf(c: Context): string | undefined {
  // Not by `hono/route`, which can't read the request of an application that has loaded Hono as CommonJS.
  const routes = c.req.matchedRoutes.slice(c.req.routeIndex + 1);
  const answering =
    routes.find(({ method, handler }) => method !== 'ALL' && handler.length < 2) ??
    routes.find(({ method }) => method !== 'ALL') ??
    routes.find(({ handler }) => handler.length < 2) ??
    routes.at(-1);
  return answering?.path;
}

/** Every middleware of ours. */
const ours = new WeakSet<object>();

export function markOurs<E extends Env>(middleware: MiddlewareHandler<E>): MiddlewareHandler<E> {
  ours.add(middleware);
  return middleware;
}

/** Whether a middleware of ours stands between this one and the handler that will answer. */
export function hasNearer(c: Context): boolean {
  for (const { handler } of c.req.matchedRoutes.slice(c.req.routeIndex + 1)) {
    // Of a sub-application that has an error handler of its own, Hono registers another function, which names the one it is for.
    const composed: unknown = Reflect.get(handler, '__COMPOSED_HANDLER');
    const own = typeof composed === 'function' ? composed : handler;
    if (ours.has(own)) return true;
    // What takes the context alone calls nothing behind it.
    if (own.length < 2) return false;
  }
  return false;
}

/**
 * Lets the handlers see the flight's signal in place of the client's, and the cache's conditions in place of the client's.
 * The object stays the same, since servers hang their own state on it. Returns what shows the client's headers again.
 */
export function forTheRun(c: Context, signal: AbortSignal, { conditions = {} }: HandlerCall): () => void {
  const { raw } = c.req;
  const headers = new Headers(raw.headers);
  for (const name of conditionalHeaders) headers.delete(name);
  for (const [name, value] of Object.entries(conditions)) headers.set(name, value);
  Object.defineProperty(raw, 'signal', { value: signal, configurable: true });
  Object.defineProperty(raw, 'headers', { value: headers, configurable: true });
  return () => {
    Reflect.deleteProperty(raw, 'headers');
  };
}
