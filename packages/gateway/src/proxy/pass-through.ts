/**
 * Passes a request on to its provider and the answer back, both as they come: nothing is buffered, decoded or kept.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { PassThrough, pipeline } from 'node:stream';
import { AskonceError, type BypassReason } from 'askonce';
import type { Family } from '../settings/providers.ts';
import type { UpstreamAnswer } from '../upstream/client.ts';
import { answerHeaders, passedRequestHeaders } from '../upstream/headers.ts';
import { discardBody } from './body.ts';
import { Departure } from './departure.ts';
import { replyError } from './error-reply.ts';
import type { Gate } from './gate.ts';
import { markBusy } from './live-reply.ts';
import { withOwnStatus } from './reply.ts';
import { passedTarget, spokenProtocol } from './table.ts';

export interface Passage {
  readonly family: Family;
  /** Why a cached route does not meet the cache; absent where the route is not a cached one. */
  readonly bypass?: BypassReason | undefined;
}

export function passThrough(
  request: IncomingMessage,
  response: ServerResponse,
  gate: Gate,
  passage: Passage,
): void {
  const { url = '/', method = 'GET', headers } = request;
  const upstream = gate.directory.usual(passage.family);
  const upload = hasBody(request) ? startUpload(request, response, gate) : undefined;
  gate.traffic.begin();
  gate.client
    .send({
      origin: upstream.origin,
      path: upstream.basePath + passedTarget(passage.family, url),
      method,
      headers: passedRequestHeaders(request.rawHeaders, headers),
      body: upload?.stream ?? null,
      signal: new Departure(response).signal,
    })
    .then(writeAnswer)
    .catch(fail);

  function writeAnswer(answer: UpstreamAnswer): void {
    response.writeHead(answer.status, head(answer, passage, gate.traffic.draining));
    response.flushHeaders();
    markBusy(response);
    pipeline(answer.body, response, (error) => {
      upload?.stop();
      gate.traffic.end();
      discardBody(request, gate.clock);
      gate.log.passed(method, url, answer.status, error ?? undefined);
    });
  }

  function fail(error: unknown): void {
    gate.traffic.end();
    upload?.stop();
    const gone = response.destroyed;
    const failure = upload?.timedOut ? uploadTimeout() : error;
    const requestId = replyError(response, spokenProtocol(url, headers), failure, upload?.timedOut ?? false);
    discardBody(request, gate.clock);
    gate.log.failed(url, requestId, failure, gone);
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
 * The request body as a stream of its own: whoever sends it destroys it when the provider fails, and destroying
 * the request itself would take the client's connection along before it was told.
 */
function startUpload(request: IncomingMessage, response: ServerResponse, gate: Gate): Upload {
  const stream = new PassThrough();
  const { socket } = request;
  let timedOut = false;
  // A provider that reads slowly keeps the socket still, too: that is not the client's fault.
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
  socket.setTimeout(gate.requestTimeoutMs);
  // Without a listener on the request itself, the server would close the connection.
  request.on('timeout', onIdle);
  // The sender listens for errors only from when it begins to send.
  stream.on('error', () => {});
  request.once('end', stop);
  request.once('close', () => {
    stop();
    if (!request.complete) stream.destroy(new Error('the client has left'));
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
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(answerHeaders(answer.headers)))
    headers[name] = typeof value === 'string' ? value : [...value];
  headers['cache-status'] = withOwnStatus(headers['cache-status'], {
    kind: 'forward',
    reason: 'bypass',
    detail: bypass,
  });
  if (closes) headers['connection'] = 'close';
  return headers;
}

function uploadTimeout(): AskonceError {
  return new AskonceError('request_timeout', 'The request body came to a halt (requestTimeoutMs).');
}
