/**
 * Warming: a request whose answer is stored for callers to come.
 */

import { AskonceError } from '../errors.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { BypassReason } from '../observe/causes.ts';

/** A request that warms, with what that implies: one that only looks calls no provider, and no stale answer stands in. */
export function asWarming(request: CacheRequest): CacheRequest {
  const { directives } = request;
  const onlyIfCached = directives.warm === 'look' || directives.onlyIfCached;
  return { ...request, directives: { ...directives, onlyIfCached, staleIfError: 0 } };
}

export function notWarmable(reason: BypassReason): AskonceError {
  return new AskonceError(
    'not_warmable',
    `The request bypasses the cache (${reason}), so no answer can be stored for it; leave it out.`,
  );
}
