/**
 * Passes a request to its provider and the answer back, both as they arrive: nothing is buffered, decoded or stored.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { PassThrough, pipeline } from 'node:stream';
import { AskonceError, type BypassReason } from 'askonce';
import {
  addStreamHeaders,
  answerHeaders,
  invalidateDeleted,
  isEventStream,
  newRequestId,
  type ProviderFamily,
  passedHeaders,
  withCacheStatus,
} from 'askonce/gateway-kit';
import type { UpstreamAnswer } from '../upstream/client.ts';
import { discardBody } from './body.ts';
import { ClientSignal } from './client-signal.ts';
import { idsOf, type ProxyContext } from './context.ts';
import { replyError } from './error-reply.ts';
import { markBusy } from './live-reply.ts';
import { errorProtocol, passedTarget } from './routing.ts';

export interface Passage {
  readonly family: ProviderFamily;
  /** Why a request to a cached route bypasses the cache; absent on other routes. */
  readonly bypass?: BypassReason | undefined;
}

export function passThrough(
  request: IncomingMessage,
  response: ServerResponse,
  proxy: ProxyContext,
  passage: Passage,
): void {
  const { url = '/', method = 'GET', headers } = request;
  const upstream = proxy.directory.usual(passage.family);
  const upload = hasBody(request) ? startUpload(request, response, proxy) : undefined;
  proxy.traffic.begin();
  const { origin } = upstream;
  const path = upstream.basePath + passedTarget(passage.family, url);
  const sent = passedHeaders(request.rawHeaders, headers);
  const traced = proxy.tracing?.passes(request, { method, origin, path, headers: sent });
  proxy.client
    .send({
      origin,
      path,
      method,
      headers: traced?.headers ?? sent,
      body: upload?.stream ?? null,
      // What is being deleted is probably gone even if the client leaves, and then the answers must go, too.
      signal: method === 'DELETE' ? undefined : new ClientSignal(response, proxy.clock).signal,
    })
    .then(writeAnswer)
    .catch(fail);

  async function writeAnswer(answer: UpstreamAnswer): Promise<void> {
    if (method === 'DELETE') await invalidateFor(answer);
    response.writeHead(answer.status, head(answer, passage, proxy.traffic.draining));
    response.flushHeaders();
    markBusy(response);
    pipeline(answer.body, response, (error) => {
      upload?.stop();
      proxy.traffic.end();
      traced?.ended(answer.status, error ?? undefined);
      discardBody(request, proxy.clock);
      if (error) proxy.replies.failed(brokenOff(error), isDisconnect(error));
      else proxy.replies.answered();
      const requestId = newRequestId();
      proxy.log.passed(method, url, answer.status, error ?? undefined, {
        requestId,
        ...idsOf(request, proxy),
      });
    });
  }

  /** The client learns that something is deleted once no stored answer depends on it. */
  async function invalidateFor({ status, body }: UpstreamAnswer): Promise<void> {
    try {
      await invalidateDeleted(proxy.cache, { method, upstream: upstream.url, path: url, status });
    } catch (error) {
      body.destroy();
      throw error;
    }
  }

  function fail(error: unknown): void {
    proxy.traffic.end();
    upload?.stop();
    const gone = response.destroyed;
    const failure = upload?.timedOut ? uploadTimeout() : error;
    traced?.ended(undefined, failure);
    const requestId = replyError(response, errorProtocol(url, headers), failure, upload?.timedOut ?? false);
    discardBody(request, proxy.clock);
    proxy.replies.failed(failure, gone);
    proxy.log.failed(url, requestId, failure, gone, idsOf(request, proxy));
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

interface Upload {
  readonly stream: PassThrough;
  readonly timedOut: boolean;
  stop(): void;
}

/**
 * The request body as a separate stream. The sender destroys its stream when the provider fails; destroying the
 * request itself would close the client's connection before the error is sent.
 */
function startUpload(request: IncomingMessage, response: ServerResponse, proxy: ProxyContext): Upload {
  const stream = new PassThrough();
  const { socket } = request;
  let timedOut = false;
  // A provider that reads slowly also makes the socket idle; that is not the client's fault.
  const onIdle = (): void => {
    if (stream.writableNeedDrain) return;
    timedOut = true;
    stream.destroy(uploadTimeout());
  };
  const stop = (): void => {
    request.off('timeout', onIdle);
    socket.setTimeout(0);
    request.unpipe(stream);
  };
  if (request.headers.expect !== undefined) response.writeContinue();
  socket.setTimeout(proxy.requestTimeoutMs);
  // Without a listener on the request itself, the server closes the connection.
  request.on('timeout', onIdle);
  // The sender listens for errors only once it begins to send.
  stream.on('error', () => {});
  request.once('end', stop);
  request.once('close', () => {
    stop();
    if (!request.complete) stream.destroy(new Error('the client disconnected'));
  });
  request.pipe(stream);
  return {
    stream,
    get timedOut() {
      return timedOut;
    },
    stop,
  };
}

function head(answer: UpstreamAnswer, { bypass }: Passage, closes: boolean): OutgoingHttpHeaders {
  const given = answerHeaders(answer.headers);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(given))
    headers[name] = typeof value === 'string' ? value : [...value];
  headers['cache-status'] = withCacheStatus(given['cache-status'], {
    kind: 'forward',
    reason: 'bypass',
    detail: bypass,
  });
  if (isEventStream(given['content-type'])) addStreamHeaders(headers);
  if (closes) headers['connection'] = 'close';
  return headers;
}

/** A pipeline that ends early names the side that closed: the response, without an error of its own, or the answer. */
function isDisconnect(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function brokenOff(cause: Error): AskonceError {
  return new AskonceError(
    'provider_broke_off',
    'The provider broke off in the middle of its answer; try again.',
    {
      cause,
    },
  );
}

function uploadTimeout(): AskonceError {
  return new AskonceError(
    'request_timeout',
    'The request body stalled (requestTimeoutMs); send it faster, or raise the limit.',
  );
}
