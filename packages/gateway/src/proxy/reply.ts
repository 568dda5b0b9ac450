/**
 * Writes the cache's reply as an HTTP response.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import {
  type BuiltInProtocolName,
  type CacheStatus,
  cacheStatusHeader,
  type Framing,
  type Protocol,
  protocols,
  type Reply,
} from 'askonce';
import { errorInfo } from './error-reply.ts';
import { markBusy, writeLive } from './live-reply.ts';

export interface ReplyOptions {
  readonly protocol: BuiltInProtocolName;
  /** Ends the connection behind the reply: the server is shutting down. */
  readonly closes: boolean;
  /** Called once, when nothing more will be written; with the error that cut the body short, if one did. */
  readonly ended: (error?: Error) => void;
}

export function writeReply(response: ServerResponse, reply: Reply, options: ReplyOptions): void {
  const { body } = reply;
  if (body instanceof Uint8Array) {
    response.writeHead(reply.status, head(reply, options.closes, body.byteLength));
    endWith(response, body);
    options.ended();
    return;
  }
  response.writeHead(reply.status, head(reply, options.closes, undefined));
  markBusy(response);
  const protocol = protocols[options.protocol];
  const framing = framingOf(reply, protocol);
  writeLive(response, {
    body,
    stream: framing && {
      ending: framing.ending(),
      errorEvent: (error) => protocol.errorEvent(errorInfo(error, reply.requestId), framing),
    },
    ended: options.ended,
  });
}

/** Bodies up to this size are copied to save a system call. */
const joinedBytes = 64 * 1024;

// Node writes head and body at once only where both are text; in Latin-1 each byte is one character, and stays it.
function endWith(response: ServerResponse, body: Uint8Array): void {
  if (body.byteLength > joinedBytes) response.end(body);
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), 'latin1');
}

/** `length` is absent for a body that is still coming: nobody knows it, and an error must not be cut by it. */
function head(reply: Reply, closes: boolean, length: number | undefined): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const name in reply.headers) {
    const value = reply.headers[name];
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : [...value];
  }
  if (length === undefined || reply.status === 204 || reply.status === 304) {
    Reflect.deleteProperty(headers, 'content-length');
  } else headers['content-length'] = length;
  headers['cache-status'] = withOwnStatus(headers['cache-status'], reply.cacheStatus);
  if (reply.age !== undefined) headers['age'] = String(reply.age);
  if (reply.key !== undefined) headers['askonce-key'] = reply.key;
  if (closes) headers['connection'] = 'close';
  return headers;
}

/** The cache nearest to the origin comes first (RFC 9211, section 2). */
export function withOwnStatus(before: OutgoingHttpHeaders[string], cacheStatus: CacheStatus): string {
  const own = cacheStatusHeader(cacheStatus);
  if (before === undefined) return own;
  return `${Array.isArray(before) ? before.join(', ') : before}, ${own}`;
}

/** A reply that bypassed the cache does not say how it is framed: its content type does. */
function framingOf(reply: Reply, { framing }: Protocol): Framing | undefined {
  return reply.framing ?? (framing.isStream(reply, undefined) ? framing : undefined);
}
