/**
 * The request as a handler sees it whose answer is shared: without the client's preconditions, since the answer must be a
 * complete one, and without the client's end, since others may wait for the answer.
 */
import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import type { HandlerCall } from '../endpoint/contract.ts';
import { runHeaders } from '../endpoint/run-headers.ts';
import type { ClientConnection } from './client-connection.ts';
import { handlerEvents } from './handler-events.ts';
import { overlay } from './overlay.ts';

const clientEvents: ReadonlySet<string> = new Set(['aborted', 'close']);

export interface HandlerRequestOptions {
  readonly connection: ClientConnection;
  readonly stream: Writable;
  readonly signal: AbortSignal;
  /** Preconditions of the cache's own, for an answer that may be the stored one still. */
  readonly conditions?: HandlerCall['conditions'];
}

export interface HandlerRequest {
  /** Reports that the request has ended, once the handler's answer has. */
  close(): void;
}

export function handlerRequest(
  request: IncomingMessage,
  { connection, stream, signal, conditions }: HandlerRequestOptions,
): HandlerRequest {
  const { socket: client } = request;
  const events = handlerEvents(request, { names: clientEvents, real: (run) => sides.real(run) });
  const isAborted = (): boolean => stream.destroyed && !stream.writableFinished;

  const sides = overlay(request, {
    ...events.members,
    headers: { value: runHeaders(request.headers, conditions) },
    // `on-finished` keeps its listeners here.
    __onFinished: { value: undefined },
    signal: { value: signal },
    aborted: { get: isAborted },
    destroyed: { get: isAborted },
    closed: { get: () => stream.closed },
    errored: { get: () => null },
    socket: { get: () => connection.socket },
    connection: { get: () => connection.socket },
    destroy: {
      value(error?: Error) {
        // Node destroys a request that has been read, and that of a client that has left.
        if (client.destroyed || request.readableEnded) sides.real(() => request.destroy(error));
        else stream.destroy(error);
        return request;
      },
    },
  });

  return {
    close() {
      if (isAborted()) events.emit('aborted');
      events.emit('close');
      events.close();
    },
  };
}
