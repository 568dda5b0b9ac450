/**
 * Puts a handler's answer aside: what the handlers behind the middleware do to the response becomes the provider's answer,
 * and the response itself stays free for the reply.
 *
 * Node's own methods, and those by which earlier middleware has replaced them (compression, sessions), work on the same
 * object at any time. So the handler's side covers only what handlers use, Node's private state stays the reply's, and a
 * property that both read (`finished`) is the handler's until its answer has ended, from then on the reply's.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { LiveBody } from '../../body/live-body.ts';
import { AskonceError } from '../../errors.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import { clientConnection } from './client-connection.ts';
import { handlerBody } from './handler-body.ts';
import { handlerEvents } from './handler-events.ts';
import { handlerHead, linesOf, takeCookies } from './handler-head.ts';
import { type HandlerRequestOptions, handlerRequest } from './handler-request.ts';
import { handlerWriting } from './handler-writing.ts';
import { type Overlay, overlay } from './overlay.ts';

/** The response as it was when the request came to the middleware. */
export interface Before {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
}

export interface AsideOptions {
  readonly before: Before;
  /**
   * Of an answer that is shared: aborted once nothing waits for it. The handler then sees no preconditions and hears of no
   * client that leaves. Absent: the answer is for its own client alone.
   */
  readonly shared?: Pick<HandlerRequestOptions, 'signal' | 'conditions'> | undefined;
}

interface HandlerAnswer extends ProviderAnswer {
  readonly body: LiveBody;
}

export interface Aside {
  /** Resolves once the handler's head is known. */
  readonly answer: Promise<HandlerAnswer>;
  /** Runs code that writes the reply. */
  real<Result>(run: () => Result): Result;
  /** The handler's code, called while the reply is written. */
  handlers<Result>(run: () => Result): Result;
  /** Whether the handler has written all of its answer. */
  hasEnded(): boolean;
  /** Whether the handler has destroyed its response. */
  isBroken(): boolean;
  /** Ends the handler's answer before its own end. */
  breakOff(error?: Error): void;
}

const answerEvents: ReadonlySet<string> = new Set(['close', 'drain', 'error', 'finish', 'prefinish']);

export function putAside(
  request: IncomingMessage,
  response: ServerResponse,
  { before, shared }: AsideOptions,
): Aside {
  const { promise: answer, resolve, reject } = Promise.withResolvers<HandlerAnswer>();
  const head = handlerHead(response, before.headers);
  const { stream, body } = handlerBody({
    highWaterMark: response.writableHighWaterMark,
    statedLength: () => (hasBody() ? head.statedLength() : undefined),
  });
  const real: Overlay['real'] = (run) => sides.real(run);
  const events = handlerEvents(response, { names: answerEvents, real });
  const connection = clientConnection(request.socket, stream);
  let isClosed = false;

  const hasBody = (): boolean =>
    request.method !== 'HEAD' && response.statusCode !== 204 && response.statusCode !== 304;
  /** A property that Node reads for the reply too, once the handler's answer has ended. */
  const until = (name: string, own: () => unknown) => ({
    get: () => (stream.writableEnded ? sides.realValue(name) : own()),
  });

  const sides = overlay(response, {
    ...head.members,
    ...handlerWriting(response, { head, stream, real, hasBody, sent }),
    ...events.members,
    ...events.reports,
    statusCode: { value: before.status },
    statusMessage: { value: undefined },
    sendDate: { value: true },
    strictContentLength: { value: false },
    // `on-finished` keeps its listeners here, by which a file is closed once its response has finished.
    __onFinished: { value: undefined },
    writableEnded: { get: () => stream.writableEnded },
    writableFinished: until('writableFinished', () => false),
    writableNeedDrain: until('writableNeedDrain', () => stream.writableNeedDrain),
    finished: until('finished', () => false),
    destroyed: until('destroyed', () => isClosed || stream.destroyed),
    closed: until('closed', () => isClosed),
    errored: until('errored', () => stream.errored),
    // Express and others ask it whether the head is sent; Node sends what the reply's own holds.
    _header: until('_header', () => (head.isSent() ? (sides.realValue('_header') ?? 'HTTP/1.1') : null)),
    socket: until('socket', () => connection.socket),
    connection: until('connection', () => connection.socket),
    cork: until('cork', () => () => stream.cork()),
    uncork: until('uncork', () => () => stream.uncork()),
    destroy: until('destroy', () => (error?: Error) => {
      stream.destroy(error);
      return response;
    }),
    // Called for a response whose turn on the connection has come, with what Node has still to send of it.
    assignSocket: { value: (socket: Socket) => real(() => response.assignSocket(socket)) },
  });
  const asked = shared && handlerRequest(request, { connection, stream, ...shared });

  /** The handler has sent its head. */
  function sent(status: number): void {
    const fields = head.fields();
    const cookies = new Set([
      ...linesOf(fields['set-cookie']),
      ...sides.real(() => takeCookies(response, before.headers)),
    ]);
    resolve({
      status,
      headers: cookies.size === 0 ? fields : { ...fields, 'set-cookie': [...cookies] },
      body,
    });
  }

  function close(): void {
    if (isClosed) return;
    isClosed = true;
    events.emit('close');
    events.close();
    asked?.close();
    connection.close();
  }

  stream.on('drain', () => events.emit('drain'));
  stream.on('finish', () => events.emit('finish'));
  stream.on('close', () => {
    shared?.signal.removeEventListener('abort', abort);
    if (!head.isSent()) reject(shared?.signal.aborted ? shared.signal.reason : unanswered());
    close();
  });
  // The handler hears that the client has left, and may answer all the same: what it has written counts.
  if (shared === undefined)
    real(() =>
      response.once('close', () => {
        if (!head.isSent()) close();
      }),
    );

  function abort(): void {
    stream.destroy();
  }
  shared?.signal.addEventListener('abort', abort, { once: true });

  return {
    answer,
    real,
    handlers: (run) => sides.handlers(run),
    hasEnded: () => stream.writableEnded,
    isBroken: () => stream.destroyed && !stream.writableFinished,
    breakOff: (error) => void stream.destroy(error),
  };
}

function unanswered(): AskonceError {
  return new AskonceError('provider_broke_off', 'The handler destroyed its response and did not answer.');
}
