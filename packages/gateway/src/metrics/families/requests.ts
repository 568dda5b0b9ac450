/**
 * Requests: how they ended, where hits came from, and what else a request can meet.
 */
import { counter, counterBy, counterByTwo, type Family, gauge, histogramOf, type View } from '../family.ts';
import { all } from '../figures.ts';
import type { Tally } from '../tally.ts';

/** The count of a name that is always there. */
export function countOf({ counts }: Tally, name: string): number {
  return counts.get(name) ?? 0;
}

/** Leases where gateways share a store; a gateway alone has none, and leads by each call that followers may wait for. */
function locksAcquired({ hasLeases, figures: { leases, calls } }: View): number {
  if (hasLeases) return countOf(leases, 'acquired') + countOf(leases, 'taken-over');
  return ['leader', 'refresh', 'audit', 'warm'].reduce((sum, cause) => sum + countOf(calls, cause), 0);
}

function locksInFlight({ hasLeases, figures: { leases }, cache }: View): number {
  if (!hasLeases) return cache?.flights ?? 0;
  const held =
    countOf(leases, 'acquired') +
    countOf(leases, 'taken-over') -
    countOf(leases, 'released') -
    countOf(leases, 'lost');
  return Math.max(0, held);
}

export const requestFamilies: readonly Family[] = [
  counterBy(
    'requests',
    'Requests that have ended, by what answered them.',
    'outcome',
    ({ totals: { counts } }) => [
      ['hit', counts.hits],
      ['shared', counts.shared],
      ['miss', counts.misses],
      ['negative', counts.negative],
      ['bypass', counts.bypasses],
    ],
  ),
  counter(
    'cache_hit_fresh',
    'Requests that a fresh entry answered.',
    ({ totals: { counts } }) => counts.hits - counts.staleHits,
  ),
  counter(
    'cache_hit_stale',
    'Requests that a stale entry answered, which is then refreshed.',
    ({ totals }) => totals.counts.staleHits,
  ),
  counter(
    'cache_hit_exact',
    'Requests that the entry of the same question answered.',
    ({ totals: { counts } }) => counts.hits - counts.semanticHits,
  ),
  counter(
    'cache_hit_semantic',
    'Requests that the entry of the same question in other words answered.',
    ({ totals }) => totals.counts.semanticHits,
  ),
  counter(
    'cache_miss',
    'Requests that no entry and no flight of another request answered.',
    ({ totals }) => totals.counts.misses,
  ),
  counter(
    'cache_shared',
    'Requests that followed the flight of another request, in this process or elsewhere.',
    ({ totals }) => totals.counts.shared,
  ),
  counterBy(
    'cache_hit_tier',
    'Hits by the tier that had the entry.',
    'tier',
    ({ figures }) => figures.hitsByTier.counts,
  ),
  counterBy(
    'cache_miss_reason',
    'Lookups that found no entry to serve, by reason; requests that then follow a flight are among them.',
    'reason',
    ({ figures }) => figures.missReasons.counts,
  ),
  counterBy(
    'cache_bypass',
    'Requests that bypassed the cache, by reason.',
    'reason',
    ({ figures }) => figures.bypassReasons.counts,
  ),
  counterBy(
    'answered',
    'Missed requests that have ended, by what answered them.',
    'by',
    ({ figures }) => figures.answeredBy.counts,
  ),
  counterBy(
    'fallback',
    'Requests that got a stale entry or the fallback of the settings because the provider failed.',
    'by',
    ({ figures }) => figures.fallbacks.counts,
  ),
  counterBy(
    'followers',
    'Requests that joined a flight, in this process or in another.',
    'flight',
    ({ figures }) => figures.followers.counts,
  ),
  counter('cut_off', 'Readers that were cut off because they were too slow.', ({ figures }) =>
    countOf(figures.cutOff, all),
  ),
  histogramOf(
    'hit_duration_seconds',
    'Time from the arrival of a request to the end of the lookup that made it a hit.',
    ({ figures }) => figures.hitSeconds,
  ),
  histogramOf(
    'miss_duration_seconds',
    'Time from the arrival of a missed request until its answer had ended, without those that followed a flight.',
    ({ figures }) => figures.missSeconds,
  ),
  counter(
    'lock_acquired',
    'Rights to lead that were acquired: leases where gateways share a store, else calls of providers but for bypasses.',
    locksAcquired,
  ),
  counter(
    'lock_contended',
    'Requests that found the right to lead taken, and followed.',
    ({ hasLeases, figures: { leases, followers } }) =>
      hasLeases ? countOf(leases, 'contended') : countOf(followers, 'here'),
  ),
  counter(
    'lock_taken_over',
    'Leases that were taken over because the holder had stopped renewing them.',
    ({ figures }) => countOf(figures.leases, 'taken-over'),
  ),
  counter('lock_lost', 'Leases that were lost while they were held.', ({ figures }) =>
    countOf(figures.leases, 'lost'),
  ),
  gauge('locks_in_flight', 'Rights to lead that are held now.', locksInFlight),
  gauge('flights', 'Generations in progress in this process.', ({ cache }) => cache?.flights),
  counter('refresh_started', 'Refreshes of stale entries that were started.', ({ figures }) =>
    countOf(figures.refreshes, 'started'),
  ),
  counter(
    'refresh_skipped_locked',
    'Refreshes that were skipped because another one was under way.',
    ({ figures }) => countOf(figures.refreshes, 'skipped'),
  ),
  counter('refresh_success', 'Refreshes whose answer was stored.', ({ figures }) =>
    countOf(figures.refreshes, 'succeeded'),
  ),
  counter('refresh_fail', 'Refreshes that failed.', ({ figures }) => countOf(figures.refreshes, 'failed')),
  counterBy(
    'provider_calls',
    'Calls of providers, by cause.',
    'cause',
    ({ figures }) => figures.calls.counts,
  ),
  counterByTwo(
    'provider_answers',
    'Answers of providers that have ended, by the cause of the call and the class of the status.',
    ['cause', 'status'],
    ({ figures }) => figures.answers.counts,
  ),
  counterByTwo(
    'provider_failures',
    'Calls of providers that failed, by the cause of the call and the error code.',
    ['cause', 'code'],
    ({ figures }) => figures.failures.counts,
  ),
  counter(
    'provider_limited',
    'Answers of providers with the status 429: a rate limit or a quota is reached.',
    ({ figures }) => countOf(figures.limited, all),
  ),
  counter(
    'provider_errors',
    'Calls of providers that failed or were answered with an error.',
    ({ totals }) => totals.counts.errors,
  ),
  histogramOf(
    'provider_duration_seconds',
    'Time from the call of a provider to the end of its answer.',
    ({ figures }) => figures.providerSeconds,
  ),
];
