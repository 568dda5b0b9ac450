/**
 * The headers of replies and of askonce's own errors: Cache-Status, Age, Askonce-Key, the request id, those of semantic
 * hits, and what makes the proxies on the way pass a stream on event by event.
 */
import { type CacheStatus, cacheStatusHeader, type Reply } from '../../engine/reply.ts';
import type { CommonProtocolName, ErrorInfo } from '../../protocol/contract.ts';
import { protocols } from '../../protocol/protocols.ts';
import { addSemanticHeaders } from './semantic-headers.ts';

/** The reply's headers with what the cache adds; the lists are copies that the caller may change. */
export function replyHeaders(reply: Reply): Record<string, string | string[]> {
  const { headers: given, cacheStatus, age, key, framing } = reply;
  const headers: Record<string, string | string[]> = {};
  for (const name in given) {
    const value = given[name];
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : [...value];
  }
  headers['cache-status'] = withCacheStatus(headers['cache-status'], cacheStatus);
  if (age !== undefined) headers['age'] = String(age);
  if (key !== undefined) headers['askonce-key'] = key;
  if (reply.similarity !== undefined) addSemanticHeaders(headers, reply);
  if (framing !== undefined || isEventStream(headers['content-type'])) addStreamHeaders(headers);
  return headers;
}

/** Content types whose body a client reads as it arrives. */
const streamType = /^(?:text\/event-stream|application\/(?:x-)?(?:ndjson|jsonl|stream\+json))\b/i;

/** Whether a content type is that of a stream of events. */
export function isEventStream(contentType: string | readonly string[] | undefined): boolean {
  return typeof contentType === 'string' && streamType.test(contentType);
}

/**
 * Adds what keeps proxies from holding a stream back: nginx and its like buffer a response unless `X-Accel-Buffering`
 * says no, and what compresses on the way collects bytes unless the response is `no-transform` (RFC 9111, section
 * 5.2.2.6). What the provider itself says stays.
 */
export function addStreamHeaders(headers: Record<string, unknown>): void {
  headers['x-accel-buffering'] ??= 'no';
  headers['cache-control'] ??= 'no-transform';
}

/** Appends our Cache-Status to those before: the cache nearest to the origin comes first (RFC 9211, section 2). */
export function withCacheStatus(
  before: string | readonly string[] | undefined,
  cacheStatus: CacheStatus,
): string {
  const own = cacheStatusHeader(cacheStatus);
  if (before === undefined) return own;
  return `${typeof before === 'string' ? before : before.join(', ')}, ${own}`;
}

export interface ErrorReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** An error of askonce's own, in the shape of the protocol that the client speaks. */
export function errorReply(
  protocolName: CommonProtocolName,
  info: ErrorInfo & { readonly requestId: string },
): ErrorReply {
  const protocol = protocols[protocolName];
  return {
    status: info.status,
    headers: {
      'content-type': protocol.errorType ?? 'application/json',
      [protocol.requestIdHeader || 'x-request-id']: info.requestId,
      ...(info.code === 'not_cached' ? { 'cache-status': 'askonce; detail="only-if-cached"' } : {}),
    },
    body: protocol.errorBody(info),
  };
}
