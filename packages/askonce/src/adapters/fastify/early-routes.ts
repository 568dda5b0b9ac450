/**
 * Routes that were declared before the plugin was there, which it cannot cache. That is easily overlooked: without `await`,
 * `register` loads a plugin after the routes that follow it.
 */
import type { FastifyRequest, RouteOptions } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    [seenByAskonce]?: true;
  }
}

const seenByAskonce = Symbol('askonce.seen');

export interface EarlyRoutes {
  /** Marks a route that was declared in time. */
  mark(route: RouteOptions): void;
  /** Warns once for each route without a mark. */
  look(request: FastifyRequest): void;
}

export function earlyRoutes(): EarlyRoutes {
  const warned = new Set<string>();
  return {
    mark(route) {
      route.config = { ...route.config, [seenByAskonce]: true };
    },
    look(request) {
      const { url, config } = request.routeOptions;
      if (url === undefined || config[seenByAskonce] || warned.has(url)) return;
      warned.add(url);
      process.emitWarning(
        `GET ${url} is not cached, since it was declared before askonceEndpoint was there; write \`await app.register(askonceEndpoint(…))\` before it.`,
        { code: 'ASKONCE_EARLY_ROUTE' },
      );
    },
  };
}
