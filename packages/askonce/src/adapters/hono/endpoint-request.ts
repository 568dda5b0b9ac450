/**
 * A request as Hono has it, for the cache.
 */
import type { Context, Env } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { EndpointRequest } from '../endpoint/contract.ts';
import { headersOf } from './responses.ts';

export function endpointRequest<E extends Env>(c: Context<E>): EndpointRequest<Context<E>> {
  const { raw } = c.req;
  return {
    raw: c,
    method: raw.method.toUpperCase(),
    url: targetOf(raw.url),
    route: patternOf(c),
    headers: headersOf(raw.headers),
    signal: raw.signal,
  };
}

/** Path and query of a URL. */
function targetOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const target = start < 0 ? '/' : url.slice(start);
  const end = target.indexOf('#');
  return end < 0 ? target : target.slice(0, end);
}

/**
 * The pattern of the route that will answer. Hono knows all routes that match, in their order: the middleware, the handler, and
 * those that a handler before them leaves nothing to do. A handler takes the context alone.
 */
function patternOf(c: Context): string | undefined {
  const routes = matchedRoutes(c).slice(c.req.routeIndex + 1);
  const answering =
    routes.find(({ method, handler }) => method !== 'ALL' && handler.length < 2) ??
    routes.find(({ method }) => method !== 'ALL') ??
    routes.find(({ handler }) => handler.length < 2) ??
    routes.at(-1);
  return answering?.path;
}
