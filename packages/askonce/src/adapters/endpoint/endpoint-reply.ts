/**
 * The cache's reply as the client gets it: `Age`, `Cache-Status`, a validator, and 304 if the client has the answer.
 */
import type { CacheStatus, Reply } from '../../engine/reply.ts';
import type { AskonceError } from '../../errors.ts';
import { ownEtag } from '../../protocol/endpoint/own-etag.ts';
import { hopByHopHeaders } from '../../protocol/headers.ts';
import { withCacheStatus } from '../http/reply-headers.ts';
import { isNotModified, notModifiedHeaders } from './conditions.ts';
import type { EndpointReply, EndpointRequest } from './contract.ts';

/** Our own validators of answers that came piece by piece, by the stored bytes. */
const etags = new WeakMap<Uint8Array, string>();

/** @param validates whether an answer without `ETag` gets one */
export function endpointReply(
  { method, headers: asked }: Pick<EndpointRequest<unknown>, 'method' | 'headers'>,
  reply: Pick<Reply, 'status' | 'headers' | 'body' | 'cacheStatus' | 'age'>,
  validates: boolean,
): EndpointReply {
  const { status, body, cacheStatus, age } = reply;
  const headers: Record<string, string | readonly string[]> = {};
  for (const name in reply.headers) {
    const value = reply.headers[name];
    if (value !== undefined && !hopByHopHeaders.has(name)) headers[name] = value;
  }
  if (age !== undefined) headers['age'] = String(age);
  headers['cache-status'] = withCacheStatus(headers['cache-status'], cacheStatus);
  const isHit = cacheStatus.kind === 'hit';
  if (isHit && validates && status === 200 && headers['etag'] === undefined && body instanceof Uint8Array)
    headers['etag'] = digestOf(body, headers);
  if (status === 200 && isNotModified(asked, headers)) {
    leave(body);
    return { status: 304, headers: notModifiedHeaders(headers), body: null, cacheStatus };
  }
  if (status === 204 || status === 304) {
    leave(body);
    return { status, headers, body: null, cacheStatus };
  }
  if (body instanceof Uint8Array) headers['content-length'] = String(body.length);
  if (method !== 'HEAD') return { status, headers, body, cacheStatus };
  leave(body);
  return { status, headers, body: null, cacheStatus };
}

/** An error of the cache's own, for a client: JSON that names its code. It is stored nowhere. */
export function endpointError({ code, status, message }: AskonceError): EndpointReply {
  const body = Buffer.from(JSON.stringify({ error: { code, message } }));
  const detail = code === 'not_cached' ? 'only-if-cached' : code;
  const cacheStatus: CacheStatus = { kind: 'forward', reason: 'request', detail };
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      'cache-control': 'no-store',
      'cache-status': `askonce; detail="${detail}"`,
    },
    body,
    cacheStatus,
  };
}

function digestOf(body: Uint8Array, headers: Readonly<Record<string, string | readonly string[]>>): string {
  const known = etags.get(body);
  if (known !== undefined) return known;
  const made = ownEtag(body, String(headers['content-encoding'] ?? ''));
  etags.set(body, made);
  return made;
}

/** Ends a body that will not be read. */
export function leave(body: Reply['body']): void {
  if (body instanceof Uint8Array) return;
  body[Symbol.asyncIterator]()
    .return?.()
    ?.catch(() => {});
}
