/**
 * The HTTP servers: the main one with the routes of the proxy, and the one for admin calls alone.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { AskonceError } from 'askonce';
import { cachedRoutes } from 'askonce/gateway-kit';
import Fastify, { type FastifyInstance, type RouteHandlerMethod } from 'fastify';
import { isAdminCall } from '../admin/answering.ts';
import { isFeedback } from '../admin/feedback.ts';
import type { AdminHandler } from '../admin/listener.ts';
import { isScrape, metricsPath } from '../admin/scrape.ts';
import { isSubscription } from '../admin/subscription.ts';
import { cachedHandler } from '../proxy/cached.ts';
import type { ProxyContext } from '../proxy/context.ts';
import { passThrough } from '../proxy/pass-through.ts';
import { familyOf } from '../proxy/routing.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { answerProbe, guardedServer, http, isProbe, noSuchRoute, probePaths, refuse } from './guarded.ts';

export interface GatewayServer {
  readonly server: Server;
  readonly app: FastifyInstance;
}

/** What is served below `/cache/`, and the metrics. */
export interface OwnCalls {
  /** Handles the admin calls, if they are served on this port. */
  readonly admin: AdminHandler | undefined;
  readonly feedback: AdminHandler;
  /** Serves answers by their keys. */
  readonly subscription: AdminHandler;
  /** Serves the metrics, if they are served on this port. */
  readonly scrape: AdminHandler | undefined;
}

export async function createGatewayServer(
  settings: GatewaySettings,
  proxy: ProxyContext,
  own: OwnCalls,
): Promise<GatewayServer> {
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    serverFactory: (handler) => guardedServer(settings, settings.host, proxy, beside(own, handler)),
    frameworkErrors: (_, request, reply) => {
      reply.hijack();
      refuse(
        request.raw,
        reply.raw,
        new AskonceError('invalid_path', 'The path is malformed; check its percent-encoding.'),
        proxy,
      );
    },
  });
  addRoutes(app, proxy, own.scrape);
  await app.ready();
  return { server: app.server, app };
}

/** Calls below `/cache/` bypass the framework, which would answer a malformed path in a shape of its own. */
function beside({ admin, feedback, subscription }: OwnCalls, handler: RequestListener): RequestListener {
  return (request, response) => {
    if (!isAdminCall(request)) handler(request, response);
    else if (isFeedback(request)) feedback(request, response);
    else if (isSubscription(request)) subscription(request, response);
    else if (admin !== undefined) admin(request, response);
    else handler(request, response);
  };
}

/** No route has a schema of the framework's, whose compilers take 4 MB. */
function noSchemas(): never {
  throw new Error('a route has a schema that nothing compiles');
}

function addRoutes(app: FastifyInstance, proxy: ProxyContext, scrape: AdminHandler | undefined): void {
  const methods = http.METHODS.filter((method) => method !== 'CONNECT');
  // The framework reads no body: the routes read theirs, or pass it on.
  for (const method of methods) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  for (const route of cachedRoutes) {
    if (proxy.directory.serves(route.family)) app.post(route.path, onRaw(cachedHandler(route, proxy)));
  }
  for (const url of proxy.directory.serves('azure') ? ['/v1/*', '/openai/*'] : ['/v1/*']) {
    app.route({
      method: methods,
      url,
      handler: onRaw((request, response) =>
        passThrough(request, response, proxy, { family: familyOf(request.url ?? '', request.headers) }),
      ),
    });
  }
  if (scrape !== undefined) app.route({ method: methods, url: metricsPath, handler: onRaw(scrape) });
  for (const url of probePaths)
    app.get(
      url,
      onRaw((request, response) => answerProbe(request, response, proxy.traffic.draining)),
    );
  app.setNotFoundHandler(onRaw((request, response) => refuse(request, response, noSuchRoute(), proxy)));
}

function onRaw(handle: (request: IncomingMessage, response: ServerResponse) => void): RouteHandlerMethod {
  return (request, reply) => {
    reply.hijack();
    handle(request.raw, reply.raw);
  };
}

/** The server for admin calls and metrics at an address of their own. */
export function createAdminServer(
  settings: GatewaySettings,
  host: string,
  proxy: ProxyContext,
  { admin, feedback, scrape }: Omit<OwnCalls, 'subscription'>,
): Server {
  return guardedServer(settings, host, proxy, (request, response) => {
    // Without the admin key there are no calls below /cache/ at all.
    if (admin !== undefined && isFeedback(request)) feedback(request, response);
    else if (admin !== undefined && isAdminCall(request)) admin(request, response);
    else if (scrape !== undefined && isScrape(request)) scrape(request, response);
    else if (isProbe(request) && request.method === 'GET')
      answerProbe(request, response, proxy.traffic.draining);
    else refuse(request, response, noSuchRoute(), proxy);
  });
}
