/**
 * The HTTP server: limits, what every request must pass, and the routes.
 */
import {
  createServer,
  type IncomingMessage,
  METHODS,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { AskonceError } from 'askonce';
import Fastify, { type FastifyInstance, type RouteHandlerMethod } from 'fastify';
import { answerClientError } from './client-error.ts';
import { cachedHandler } from './routes/cached.ts';
import { replyError } from './routes/error-reply.ts';
import type { Gate } from './routes/gate.ts';
import { writeHealth } from './routes/health.ts';
import { passThrough } from './routes/pass-through.ts';
import { cachedRoutes, familyOf, spokenProtocol } from './routes/table.ts';
import { discardBody } from './routes/unread-body.ts';
import { admission } from './security/admission.ts';
import type { GatewaySettings } from './settings/table.ts';

/** Longer than what clients and load balancers commonly keep an idle connection, so that they close it first. */
const keepAliveTimeoutMs = 75_000;

const healthPath = '/healthz';

export interface GatewayServer {
  readonly server: Server;
  readonly app: FastifyInstance;
}

export async function createGatewayServer(settings: GatewaySettings, gate: Gate): Promise<GatewayServer> {
  const server = limitedServer(settings);
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    serverFactory: (handler) => withAdmission(server, handler, settings, gate),
    frameworkErrors: (_, request, reply) => {
      reply.hijack();
      refuse(request.raw, reply.raw, new AskonceError('invalid_path', 'The path is malformed.'), gate);
    },
  });
  addRoutes(app, gate);
  await app.ready();
  return { server, app };
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
  app.setNotFoundHandler(
    onRaw((request, response) =>
      refuse(
        request,
        response,
        new AskonceError('route_unknown', 'The gateway has no such route; providers are below /v1/.'),
        gate,
      ),
    ),
  );
}

function onRaw(handle: (request: IncomingMessage, response: ServerResponse) => void): RouteHandlerMethod {
  return (request, reply) => {
    reply.hijack();
    handle(request.raw, reply.raw);
  };
}

function limitedServer(settings: GatewaySettings): Server {
  const server = createServer({
    noDelay: true,
    keepAliveTimeout: keepAliveTimeoutMs,
    headersTimeout: settings.requestTimeoutMs,
    // Bodies have their own time-outs: an upload that goes on may take as long as it takes.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(30_000, Math.ceil(settings.requestTimeoutMs / 4)),
    maxHeaderSize: settings.maxHeaderBytes,
    // Checked with the other rules of admission, which answer in the protocol's shape.
    requireHostHeader: false,
  });
  // Beyond this number Node would drop header lines in silence; admission refuses the request instead.
  server.maxHeadersCount = 0;
  server.maxRequestsPerSocket = 0;
  server.maxConnections = settings.maxConnections;
  return server;
}

function withAdmission(
  server: Server,
  handler: RequestListener,
  settings: GatewaySettings,
  gate: Gate,
): Server {
  const refusalOf = admission(settings);
  const admit = (request: IncomingMessage, response: ServerResponse): void => {
    const refusal = refusalOf(request) ?? shuttingDown(request, gate);
    if (refusal === undefined) handler(request, response);
    else refuse(request, response, refusal, gate);
  };
  server.on('request', admit);
  server.on('checkContinue', admit);
  server.on('clientError', (error, socket) => answerClientError(error, socket));
  return server;
}

function shuttingDown(request: IncomingMessage, gate: Gate): AskonceError | undefined {
  if (!gate.traffic.draining || request.url === healthPath) return undefined;
  return new AskonceError('shutting_down', 'The gateway is shutting down.');
}

function refuse(request: IncomingMessage, response: ServerResponse, error: AskonceError, gate: Gate): void {
  const url = request.url ?? '';
  const requestId = replyError(response, spokenProtocol(url, request.headers), error, gate.traffic.draining);
  discardBody(request, gate.clock);
  gate.log.failed(url, requestId, error, false);
}
