/**
 * Answers on the bare socket if no request could be read: the input is not HTTP, too large, or late.
 */
import type { Duplex } from 'node:stream';
import { type ErrorInfo, protocols } from 'askonce/gateway-kit';
import { isBusy } from '../proxy/live-reply.ts';

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
};

export function answerClientError(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNRESET' || !socket.writable || isBusy(socket)) {
    socket.destroy();
    return;
  }
  const info = infoOf(code);
  // The protocol is not known yet; most clients read this shape.
  const body = protocols['openai-chat'].errorBody(info);
  socket.end(
    [
      `HTTP/1.1 ${info.status} ${reasons[info.status] ?? 'Error'}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function infoOf(code: unknown): ErrorInfo {
  if (code === 'HPE_HEADER_OVERFLOW')
    return {
      status: 431,
      code: 'invalid_request',
      message: 'The request headers are too large (maxHeaderBytes); send less, or raise the limit.',
    };
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return {
      status: 413,
      code: 'body_too_large',
      message: 'The chunk extensions of the request body are too large; send none.',
    };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return {
      status: 408,
      code: 'request_timeout',
      message: 'The request did not arrive in time (requestTimeoutMs); send it faster, or raise the limit.',
    };
  return {
    status: 400,
    code: 'invalid_request',
    message: 'This is not an HTTP/1.1 request; check the URL and its scheme.',
  };
}
