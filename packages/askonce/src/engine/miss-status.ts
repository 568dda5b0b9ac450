/**
 * How `Cache-Status` describes a miss.
 */
import type { MissReason } from '../observe/causes.ts';
import type { CacheStatus } from './reply.ts';

/** The reason that RFC 9211 has for it (section 2.2). */
export function forwardReason(missed: MissReason): 'miss' | 'stale' | 'request' {
  if (missed === 'repeat') return 'request';
  return missed === 'stale' || missed === 'request' ? missed : 'miss';
}

/**
 * Misses that say more than that nothing was there. A caller that may not be served an answer must not learn that there is
 * one, so the others carry no detail.
 */
export const missesWithDetail: ReadonlySet<MissReason> = new Set([
  'ceiling',
  'form',
  'repeat',
  'tags',
  'audit',
  'feed-behind',
  'shadow',
  'store-trouble',
]);

/** The status of a request that asks the provider after a miss. */
export function missStatus(missed: MissReason): CacheStatus {
  const detail = missesWithDetail.has(missed) ? missed : undefined;
  return { kind: 'forward', reason: forwardReason(missed), detail };
}
