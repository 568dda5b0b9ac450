/**
 * The HTTP server that clients ask: what every request must pass, and the routes.
 */
import {
  type IncomingMessage,
  METHODS,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { AskonceError } from 'askonce';
import Fastify, { type FastifyInstance, type RouteHandlerMethod } from 'fastify';
import { type AdminListener, isAdminCall } from '../admin/listener.ts';
import { cachedHandler } from '../proxy/cached.ts';
import type { Gate } from '../proxy/gate.ts';
import { healthPath, writeHealth } from '../proxy/health.ts';
import { passThrough } from '../proxy/pass-through.ts';
import { cachedRoutes, familyOf } from '../proxy/table.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { guardedServer, noSuchRoute, refuse } from './guarded.ts';

export interface GatewayServer {
  readonly server: Server;
  readonly app: FastifyInstance;
}

/** `admin` takes the admin calls, where they are on this port. */
export async function createGatewayServer(
  settings: GatewaySettings,
  gate: Gate,
  admin: AdminListener | undefined,
): Promise<GatewayServer> {
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    serverFactory: (handler) => guardedServer(settings, settings.host, gate, beside(admin, handler)),
    frameworkErrors: (_, request, reply) => {
      reply.hijack();
      refuse(request.raw, reply.raw, new AskonceError('invalid_path', 'The path is malformed.'), gate);
    },
  });
  addRoutes(app, gate);
  await app.ready();
  return { server: app.server, app };
}

/** Admin calls have no use for the framework, which would answer what it cannot decode in a shape of its own. */
function beside(admin: AdminListener | undefined, handler: RequestListener): RequestListener {
  if (admin === undefined) return handler;
  return (request, response) =>
    isAdminCall(request) ? admin(request, response) : handler(request, response);
}

function addRoutes(app: FastifyInstance, gate: Gate): void {
  const methods = METHODS.filter((method) => method !== 'CONNECT');
  // No body is read by the framework: the routes read theirs themselves, or pass it on.
  for (const method of methods) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  for (const route of cachedRoutes) app.post(route.path, onRaw(cachedHandler(route, gate)));
  app.route({
    method: methods,
    url: '/v1/*',
    handler: onRaw((request, response) =>
      passThrough(request, response, gate, { family: familyOf(request.url ?? '', request.headers) }),
    ),
  });
  app.get(
    healthPath,
    onRaw((_, response) => writeHealth(response, gate.traffic.draining)),
  );
  app.setNotFoundHandler(onRaw((request, response) => refuse(request, response, noSuchRoute(), gate)));
}

function onRaw(handle: (request: IncomingMessage, response: ServerResponse) => void): RouteHandlerMethod {
  return (request, reply) => {
    reply.hijack();
    handle(request.raw, reply.raw);
  };
}
