/**
 * A request of Express as the cache reads it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EndpointCache, EndpointRequest } from '../endpoint/contract.ts';
import type { Before } from './aside.ts';

/** One request that a middleware answers. */
export interface Exchange<Raw> {
  readonly endpoint: EndpointCache<Raw>;
  readonly asked: EndpointRequest<Raw>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The response as it was when the request came. */
  readonly before: Before;
  /** Runs the handlers behind the middleware. */
  readonly next: () => void;
}

/**
 * `middleware` is the one that the request came to: only if it stands in a route is that route's pattern the request's
 * (Express leaves the last route that it has matched in `request.route`).
 */
export function endpointRequest<Raw extends IncomingMessage>(
  request: Raw,
  response: ServerResponse,
  middleware: unknown,
): EndpointRequest<Raw> {
  let controller: AbortController | undefined;
  const original: unknown = Reflect.get(request, 'originalUrl');
  const scheme: unknown = Reflect.get(request, 'protocol');
  return {
    raw: request,
    method: request.method ?? 'GET',
    host: hostOf(request),
    scheme: typeof scheme === 'string' ? scheme : undefined,
    url: typeof original === 'string' ? original : (request.url ?? '/'),
    route: routeOf(request, middleware),
    headers: request.headers,
    reportsHead: true,
    // Made when it is asked for.
    get signal() {
      controller ??= abortsWhenClosed(response);
      return controller.signal;
    },
  };
}

/** With its port in Express 5; in Express 4, which has `param`, `host` has none either, and warns. */
function hostOf(request: IncomingMessage): string | undefined {
  const host: unknown = Reflect.get(request, 'param' in request ? 'hostname' : 'host');
  return typeof host === 'string' ? host : undefined;
}

function abortsWhenClosed(response: ServerResponse): AbortController {
  const controller = new AbortController();
  const closed = (): void => {
    if (!response.writableFinished) controller.abort();
  };
  if (response.closed || response.destroyed) closed();
  else response.once('close', closed);
  return controller;
}

function routeOf(request: IncomingMessage, middleware: unknown): string | undefined {
  const route: unknown = Reflect.get(request, 'route');
  if (typeof route !== 'object' || route === null) return undefined;
  const path: unknown = Reflect.get(route, 'path');
  const stack: unknown = Reflect.get(route, 'stack');
  const isInRoute =
    Array.isArray(stack) &&
    stack.some(
      (layer: unknown) =>
        typeof layer === 'object' && layer !== null && Reflect.get(layer, 'handle') === middleware,
    );
  if (typeof path !== 'string' || !isInRoute) return undefined;
  const base = mountPath(request, path);
  if (base === '') return path;
  return path === '/' ? base : base + path;
}

/**
 * The path at which the router is mounted, with the names of its parameters in place of their values, which are for no key. A
 * router knows those of the routers before it if it merges parameters (`mergeParams`).
 */
function mountPath(request: IncomingMessage, path: string): string {
  const base: unknown = Reflect.get(request, 'baseUrl');
  const params: unknown = Reflect.get(request, 'params');
  if (typeof base !== 'string') return '';
  const segments = base.split('/');
  const values = segments.map(decoded);
  const named = Object.entries(typeof params === 'object' && params !== null ? params : {});
  for (const [name, value] of named.toReversed()) {
    const at = typeof value === 'string' && value !== '' ? values.lastIndexOf(value) : -1;
    if (at < 0 || hasParameter(path, name)) continue;
    segments[at] = `:${name}`;
    values[at] = '';
  }
  return segments.join('/');
}

function hasParameter(path: string, name: string): boolean {
  return path.split(/[^:\w$]+/).some((part) => part.split(':').slice(1).includes(name));
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
