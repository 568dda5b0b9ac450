/**
 * Endpoints of a Fastify application behind the cache.
 *
 * A cached route's handler runs for the cache, once for all who ask the same meanwhile. Each request runs through the
 * application's hooks up to `preHandler` by itself first: one that authentication, validation or a rate limit refuses never
 * comes to a stored answer, and `user` finds what those hooks have put on the request.
 */
import type { FastifyPluginCallback, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Cache } from '../../contract.ts';
import type {
  EndpointCache,
  EndpointOptions,
  EndpointRequest,
  EndpointRouteOptions,
} from '../endpoint/contract.ts';
import { endpointCache } from '../endpoint/endpoints.ts';
import { watchHead } from '../endpoint/watched-response.ts';
import { earlyRoutes } from './early-routes.ts';
import { routeTable } from './route-table.ts';
import { runHandler } from './run.ts';
import { type SentReplies, sentReplies } from './sent-reply.ts';
import { safeMethods, writeHooks } from './write-hooks.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How the cache treats this route; false leaves it out. Takes precedence over the plugin's `routes`. */
    askonce?: EndpointRouteOptions<FastifyRequest> | false;
  }
}

/**
 * A plugin that answers `GET` and `HEAD` routes from the cache, and lets writes invalidate. Register it with `await` before the
 * routes; it applies to the scope in which it is registered, and to all scopes within.
 */
export function askonceEndpoint(
  cache: Cache,
  options: EndpointOptions<FastifyRequest> = {},
): FastifyPluginCallback {
  const plugin: FastifyPluginCallback = (app, _options, done) => {
    const table = routeTable(options.routes);
    let made: EndpointCache<FastifyRequest> | undefined;
    const endpoint = () => {
      made ??= endpointCache(cache, { ...options, routes: table.all() });
      return made;
    };
    const replies = sentReplies();
    const early = earlyRoutes();
    const writes = writeHooks(endpoint, endpointRequest);
    app.addHook('onRoute', (route) => {
      early.mark(route);
      table.add(route);
      const methods = [route.method].flat();
      if (methods.some((method) => !safeMethods.has(method))) route.handler = writes.handler(route.handler);
      const isRead = methods.some((method) => method === 'GET' || method === 'HEAD');
      if (isRead && route.config?.askonce !== false) serveFromCache(route, endpoint, replies);
    });
    // Wrong options stop the application from starting, rather than its first request.
    app.addHook('onReady', async () => {
      endpoint();
    });
    app.addHook('onSend', (request, _reply, payload, next) => {
      if (request.method === 'GET') early.look(request);
      next(null, payload);
    });
    app.addHook('onSend', writes.onSend);
    app.addHook('onResponse', writes.onResponse);
    done();
  };
  // What `fastify-plugin` sets: the plugin's hooks apply to the scope that registers it, and not to a scope of its own.
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'askonce',
    [Symbol.for('plugin-meta')]: { name: 'askonce', fastify: '5.x' },
  });
}

function serveFromCache(
  route: RouteOptions,
  endpoint: () => EndpointCache<FastifyRequest>,
  replies: SentReplies,
): void {
  const { handler } = route;
  route.handler = function cached(request, reply) {
    const leaving = leavingOf(reply);
    const asked = endpointRequest(request, leaving.signal);
    // Neither an upgrade to a web socket nor a request that the cache leaves alone concerns it further.
    if (request.headers.upgrade !== undefined || endpoint().roleOf(asked) !== 'reads')
      return handler.call(this, request, reply);
    const before = { status: reply.statusCode, headers: reply.getHeaders() };
    const run = { app: this, handler, request, reply, before };
    endpoint()
      .answer(asked, (signal, call) => runHandler(run, signal, call))
      .then((answer) => {
        leaving.stop();
        if (answer.head !== undefined) watchHead(reply.raw, answer.head);
        return replies.send(reply, answer);
      })
      .catch((error: unknown) => {
        // To a client that has left there is nothing to say.
        if (!reply.sent && !reply.raw.destroyed) reply.send(error);
      });
    return undefined;
  };
  route.onSend = [route.onSend ?? [], replies.onSend].flat();
  route.onError = [route.onError ?? [], replies.onError].flat();
}

function endpointRequest(request: FastifyRequest, signal?: AbortSignal): EndpointRequest<FastifyRequest> {
  const { method, url, headers } = request;
  const { host, protocol: scheme } = request;
  const { url: route } = request.routeOptions;
  return { raw: request, method, scheme, host, url, route, headers, reportsHead: true, signal };
}

/**
 * Aborts when the client leaves before there is an answer. Then `stop`: a client that leaves later ends the body that it is
 * sent, which is no failure of that body.
 */
function leavingOf({ raw }: FastifyReply): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const left = () => controller.abort();
  raw.once('close', left);
  return { signal: controller.signal, stop: () => void raw.off('close', left) };
}
