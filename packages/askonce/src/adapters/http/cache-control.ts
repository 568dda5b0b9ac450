/**
 * Parses the request's Cache-Control header (RFC 9111, section 5.2.1; RFC 5861, section 4).
 */
import type { Directives } from '../../identity/request.ts';
import { cacheDirectives, deltaSeconds } from '../../protocol/endpoint/cache-directives.ts';

/**
 * How far the `Cache-Control` of requests is heeded.
 *
 * - `heed`: every directive.
 * - `narrow`: only what still lets the cache answer, and asks for no older answer than usual: `max-age`, `min-fresh` and
 *   `only-if-cached`.
 * - `ignore`: none.
 */
export const requestCacheControls = ['heed', 'narrow', 'ignore'] as const;
export type RequestCacheControl = (typeof requestCacheControls)[number];

type FromCacheControl = Pick<
  Directives,
  'noStore' | 'noCache' | 'onlyIfCached' | 'maxAge' | 'maxStale' | 'minFresh' | 'staleIfError'
>;

/** The directives of a header that are heeded. */
export function heededDirectives(text: string, heeded: RequestCacheControl): FromCacheControl {
  if (heeded === 'ignore' || text === '') return {};
  const parsed = parseCacheControl(text);
  if (heeded === 'heed') return parsed;
  const { onlyIfCached, maxAge, minFresh } = parsed;
  return { onlyIfCached, maxAge, minFresh };
}

/**
 * Reads the directives that a cache obeys in a request. Malformed and unknown directives are ignored; of a repeated
 * one, the stricter counts. An argument in quotes means the same as one without.
 */
export function parseCacheControl(text: string): FromCacheControl {
  const found: { -readonly [Name in keyof FromCacheControl]: FromCacheControl[Name] } = {};
  for (const { name, argument, isMalformed } of cacheDirectives(text)) {
    if (isMalformed) continue;
    const seconds = deltaSeconds(argument);
    if (name === 'no-store') found.noStore = true;
    else if (name === 'no-cache') found.noCache = true;
    else if (name === 'only-if-cached') found.onlyIfCached = true;
    else if (name === 'max-age' && seconds !== undefined)
      found.maxAge = Math.min(seconds, found.maxAge ?? Number.POSITIVE_INFINITY);
    else if (name === 'min-fresh' && seconds !== undefined)
      found.minFresh = Math.max(seconds, found.minFresh ?? 0);
    else if (name === 'stale-if-error' && seconds !== undefined)
      found.staleIfError = Math.min(seconds, found.staleIfError ?? Number.POSITIVE_INFINITY);
    else if (name === 'max-stale' && (seconds !== undefined || argument === undefined))
      found.maxStale = Math.min(
        seconds ?? Number.POSITIVE_INFINITY,
        found.maxStale ?? Number.POSITIVE_INFINITY,
      );
  }
  return found;
}
