/**
 * An HTTP server with limits, whose every request has passed admission before it is handled.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { AskonceError } from 'askonce';
import { discardBody } from '../proxy/body.ts';
import { replyError } from '../proxy/error-reply.ts';
import type { Gate } from '../proxy/gate.ts';
import { healthPath } from '../proxy/health.ts';
import { spokenProtocol } from '../proxy/table.ts';
import { admission } from '../security/admission.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { answerClientError } from './client-error.ts';

/** Longer than what clients and load balancers commonly keep an idle connection, so that they close it first. */
const keepAliveTimeoutMs = 75_000;

/** `host` is the address that it is going to listen on. */
export function guardedServer(
  settings: GatewaySettings,
  host: string,
  gate: Gate,
  handler: RequestListener,
): Server {
  const server = limitedServer(settings);
  const refusalOf = admission({ ...settings, host });
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

function shuttingDown(request: IncomingMessage, gate: Gate): AskonceError | undefined {
  if (!gate.traffic.draining || request.url === healthPath) return undefined;
  return new AskonceError('shutting_down', 'The gateway is shutting down.');
}

/** Answers a request that no route takes, in the shape of the protocol that it seems to speak. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: AskonceError,
  gate: Gate,
): void {
  const url = request.url ?? '';
  const requestId = replyError(response, spokenProtocol(url, request.headers), error, gate.traffic.draining);
  discardBody(request, gate.clock);
  gate.log.failed(url, requestId, error, false);
}

export function noSuchRoute(): AskonceError {
  return new AskonceError('route_unknown', 'The gateway has no such route; providers are below /v1/.');
}
