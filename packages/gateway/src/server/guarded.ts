/**
 * An HTTP server with limits that admits a request before it is handled, and says whether it takes requests at all.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { AskonceError } from 'askonce';
import { discardBody } from '../proxy/body.ts';
import { idsOf, type ProxyContext } from '../proxy/context.ts';
import { replyError } from '../proxy/error-reply.ts';
import { errorProtocol } from '../proxy/routing.ts';
import { admission } from '../security/admission.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { answerClientError } from './client-error.ts';

// Not by an import: as a module, `node:http` has all of its exports read, and one of them loads Node's whole fetch (14 MB).
const http: Pick<typeof import('node:http'), 'createServer' | 'METHODS'> =
  process.getBuiltinModule('node:http');

/** Longer than clients and load balancers usually hold an idle connection, so that they close it first. */
const keepAliveTimeoutMs = 75_000;

/** `host` is the address that it will listen on. */
export function guardedServer(
  settings: GatewaySettings,
  host: string,
  proxy: ProxyContext,
  handler: RequestListener,
): Server {
  const server = limitedServer(settings);
  const refusalOf = admission({ ...settings, host });
  const admit = (request: IncomingMessage, response: ServerResponse): void => {
    proxy.tracing?.begin(request, response);
    const refusal = refusalOf(request) ?? shuttingDown(request, proxy);
    if (refusal === undefined) handler(request, response);
    else refuse(request, response, refusal, proxy);
  };
  server.on('request', admit);
  server.on('checkContinue', admit);
  server.on('clientError', (error, socket) => answerClientError(error, socket));
  return server;
}

function limitedServer(settings: GatewaySettings): Server {
  const server = http.createServer({
    noDelay: true,
    keepAliveTimeout: keepAliveTimeoutMs,
    headersTimeout: settings.requestTimeoutMs,
    // Bodies have time-outs of their own: an upload that makes progress may take any time.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(30_000, Math.ceil(settings.requestTimeoutMs / 4)),
    maxHeaderSize: settings.maxHeaderBytes,
    // Admission checks it, and answers in the protocol's shape.
    requireHostHeader: false,
  });
  // Above a maximum Node drops header lines silently; admission refuses the request instead.
  server.maxHeadersCount = 0;
  // A client may end its side once its request is sent, and wait for the answer. The property has no type.
  Reflect.set(server, 'httpAllowHalfOpen', true);
  server.maxRequestsPerSocket = 0;
  server.maxConnections = settings.maxConnections;
  return server;
}

function shuttingDown(request: IncomingMessage, proxy: ProxyContext): AskonceError | undefined {
  if (!proxy.traffic.draining || isProbe(request)) return undefined;
  return new AskonceError(
    'shutting_down',
    'The gateway is shutting down; ask another instance, or try later.',
  );
}

/** Refuses a request that no route takes, in the shape of the protocol that it seems to speak. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: AskonceError,
  proxy: ProxyContext,
): void {
  const url = request.url ?? '';
  const requestId = replyError(response, errorProtocol(url, request.headers), error, proxy.traffic.draining);
  discardBody(request, proxy.clock);
  proxy.replies.failed(error, false);
  proxy.log.failed(url, requestId, error, false, idsOf(request, proxy));
}

export function noSuchRoute(): AskonceError {
  return new AskonceError(
    'route_unknown',
    'The gateway has no such route; providers are below /v1/, and Azure below /openai/ (azureOpenaiEndpoint).',
  );
}

/** Whether the process is alive: 503 while it shuts down. */
const healthPath = '/healthz';

/**
 * Whether a load balancer may send requests: 503 while the gateway shuts down. Before it is ready, it does not listen.
 * Trouble of a part costs hits, not answers, so a gateway in trouble is ready.
 */
const readyPath = '/readyz';

export const probePaths = [healthPath, readyPath] as const;

/** Bodies are constants: any client may ask, and must not learn more than this. */
const probes: Readonly<Record<string, { readonly running: string; readonly draining: string }>> = {
  [healthPath]: { running: '{"status":"ok"}', draining: '{"status":"shutting down"}' },
  [readyPath]: { running: '{"status":"ready"}', draining: '{"status":"not ready"}' },
};

export function isProbe({ url = '' }: IncomingMessage): boolean {
  return Object.hasOwn(probes, url);
}

/** Answers the probe of a load balancer or a process supervisor. */
export function answerProbe(
  { url = '' }: IncomingMessage,
  response: ServerResponse,
  draining: boolean,
): void {
  const bodies = probes[url.split('?', 1)[0] ?? ''];
  const body = (draining ? bodies?.draining : bodies?.running) ?? '';
  response.writeHead(draining ? 503 : 200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(draining ? { connection: 'close' } : {}),
  });
  response.end(body);
}
