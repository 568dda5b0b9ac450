/**
 * What the call's own headers ask of the cache: Cache-Control (RFC 9111, section 5.2.1) and Last-Event-ID.
 */
import { parseCacheControl } from '../../identity/cache-control.ts';
import type { Directives } from '../../identity/request.ts';

export function directivesOf(headers: Headers): Directives {
  const cacheControl = headers.get('cache-control');
  const lastEventId = headers.get('last-event-id') ?? undefined;
  return { ...(cacheControl === null ? {} : parseCacheControl(cacheControl)), lastEventId };
}
