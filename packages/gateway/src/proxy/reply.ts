/**
 * Writes the cache's reply as an HTTP response.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Protocol, Reply } from 'askonce';
import { type Framing, replyHeaders } from 'askonce/gateway-kit';
import { atEndOfTurn } from './end-of-turn.ts';
import { errorInfo } from './error-reply.ts';
import { markBusy, writeLive } from './live-reply.ts';

export interface ReplyOptions {
  readonly protocol: Pick<Protocol, 'framing' | 'errorEvent'>;
  /** Ends the connection after the reply: the server is shutting down. */
  readonly closes: boolean;
  /** Called once after the last write, with the error that cut the body short, if one did. */
  readonly ended: (error?: Error) => void;
}

export function writeReply(response: ServerResponse, reply: Reply, options: ReplyOptions): void {
  const { body } = reply;
  if (body instanceof Uint8Array) {
    atEndOfTurn(() => {
      response.writeHead(reply.status, head(reply, options.closes, body.byteLength));
      response.end(body);
      options.ended();
    });
    return;
  }
  response.writeHead(reply.status, head(reply, options.closes, undefined));
  markBusy(response);
  const { protocol } = options;
  const framing = framingOf(reply, protocol);
  writeLive(response, {
    body,
    stream: framing && {
      ending: framing.ending(),
      errorEvent: (error) => protocol.errorEvent(errorInfo(error, reply.requestId), framing, reply.sent?.()),
    },
    ended: options.ended,
  });
}

/** `length` is absent for a body that is still arriving: its length is unknown, and an error may follow it. */
function head(reply: Reply, closes: boolean, length: number | undefined): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = replyHeaders(reply);
  if (length === undefined || reply.status === 204 || reply.status === 304) {
    Reflect.deleteProperty(headers, 'content-length');
  } else headers['content-length'] = length;
  if (closes) headers['connection'] = 'close';
  return headers;
}

/** A reply that bypassed the cache does not say how it is framed; its content type does. */
function framingOf(reply: Reply, { framing }: Pick<Protocol, 'framing'>): Framing | undefined {
  return reply.framing ?? (framing.isStream(reply, undefined) ? framing : undefined);
}
