/**
 * Routes of Express behind the cache.
 *
 * ```ts
 * app.get('/users/:id', askonceEndpoint(cache, { ttl: 60 }), handler);
 * ```
 */
import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import type { Cache } from '../../contract.ts';
import type { EndpointOptions } from '../endpoint/contract.ts';
import { endpointCache } from '../endpoint/endpoints.ts';
import { endpointMiddleware, type Middleware } from './middleware.ts';

export type { Middleware } from './middleware.ts';

/**
 * Makes a middleware that answers GET and HEAD requests from the cache, or by the handlers behind it, which then run once
 * for all who ask the same at a time; and that holds the answer of a write that succeeded until the answers which it makes
 * outdated are invalidated. It serves one route, a router, or the whole application; a route's pattern is part of the keys.
 *
 * The handlers see a request without preconditions (`If-None-Match`), and hear that the client has left only once no client
 * waits for their answer. Middleware before this one runs for each request, middleware behind it with the handler.
 *
 * Where middleware of this kind stands behind another, the first answers.
 */
export function askonceEndpoint<Raw extends IncomingMessage = Request>(
  cache: Cache,
  options: EndpointOptions<Raw> = {},
): Middleware {
  return endpointMiddleware(endpointCache(cache, options));
}
