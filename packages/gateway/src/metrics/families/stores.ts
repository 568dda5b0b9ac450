/**
 * Stores: what is stored and what is not, what is removed, and how the tiers do.
 */
import type { StoreStatistics } from 'askonce';
import {
  counter,
  counterBy,
  counterByTwo,
  type Family,
  gaugeBy,
  gaugeByTwo,
  histogramOf,
  type View,
} from '../family.ts';
import { storeCalls } from '../minute.ts';

/** The tiers, or the store itself if it is no stack; none before the stores have answered once. */
function tiersOf({ cache }: View): readonly StoreStatistics[] {
  if (cache === undefined) return [];
  return cache.store.tiers ?? [cache.store];
}

const ofTier =
  (figure: (tier: StoreStatistics) => number) =>
  (view: View): (readonly [string, number])[] =>
    tiersOf(view).map((tier) => [tier.name, figure(tier)]);

/** The breaker of the store that gateways share is there, and closed, before it has opened once. */
function breakersOf({ figures: { breakers }, hasLeases }: View): View['figures']['breakers'] {
  if (!hasLeases) return breakers;
  const closed = [
    ['reads', 0],
    ['writes', 0],
  ] as const;
  return new Map([['redis', new Map([...closed, ...(breakers.get('redis') ?? [])])]]);
}

const storeDurations: Family = {
  name: 'store_duration_seconds',
  type: 'histogram',
  help: 'Time of one call of a tier below memory.',
  labels: ['tier', 'operation'],
  // The tiers that this gateway has; each is there before its first call, so that a rate finds where it began.
  histograms: (view) =>
    tiersOf(view).flatMap(({ name }) => {
      const own = view.figures.storeSeconds.get(name);
      if (own === undefined) return [];
      return storeCalls.map((operation) => ({
        labels: { tier: name, operation },
        histogram: own[operation],
      }));
    }),
};

export const storeFamilies: readonly Family[] = [
  counter('stored', 'Answers that were stored.', ({ totals }) => totals.counts.stores),
  counterBy(
    'refused',
    'Answers that were not stored, by the rule of the write gate or the result of the store.',
    'reason',
    ({ figures }) => figures.refusals.counts,
  ),
  histogramOf(
    'value_size_bytes',
    'Size of the answers that were stored, before compression.',
    ({ figures }) => figures.valueBytes,
  ),
  counterBy(
    'encoded_bytes',
    'Bytes of stored answers before and after encoding: their bodies, and the compressed entries with their metadata.',
    'side',
    ({ figures }) => figures.encoding.counts,
  ),
  counterBy(
    'removed_entries',
    'Entries that are gone as far as this process knows, by cause; an eviction is one to make room.',
    'cause',
    ({ figures }) => figures.removed.counts,
  ),
  counterBy(
    'invalidations',
    'Invalidations that have completed, by cause.',
    'cause',
    ({ figures }) => figures.invalidations.counts,
  ),
  counterBy(
    'invalidated_entries',
    'Entries that invalidations have removed, by cause.',
    'cause',
    ({ figures }) => figures.invalidated.counts,
  ),
  gaugeBy(
    'tier_entries',
    'Entries of a tier; an estimate where a server is asked.',
    'tier',
    ofTier(({ entries }) => entries),
  ),
  gaugeBy(
    'tier_bytes',
    'Bytes of a tier that count against its bound.',
    'tier',
    ofTier(({ bytes }) => bytes),
  ),
  counterBy(
    'tier_hits',
    'Lookups in a tier that found an entry.',
    'tier',
    ofTier(({ hits }) => hits),
  ),
  counterBy(
    'tier_misses',
    'Lookups in a tier that found none.',
    'tier',
    ofTier(({ misses }) => misses),
  ),
  counterBy(
    'tier_evictions',
    'Entries that a tier removed to make room.',
    'tier',
    ofTier(({ evictions }) => evictions),
  ),
  counterBy(
    'tier_unreadable',
    'Entries of a tier that could not be read, and were removed.',
    'tier',
    ofTier(({ unreadable }) => unreadable),
  ),
  storeDurations,
  counterByTwo(
    'store_failures',
    'Calls of a tier that failed.',
    ['tier', 'operation'],
    ({ figures }) => figures.storeFailures.counts,
  ),
  counterByTwo(
    'store_trouble',
    'Failures and time-outs of a store that requests went on without, by what it was asked for.',
    ['store', 'operation'],
    ({ figures }) => figures.storeTrouble.counts,
  ),
  gaugeByTwo(
    'breaker_open',
    'Whether the breaker of a store is open: 1, or 0.',
    ['store', 'side'],
    breakersOf,
  ),
  counterByTwo(
    'breaker_opened',
    'How often the breaker of a store has opened.',
    ['store', 'side'],
    ({ figures }) => figures.breakersOpened.counts,
  ),
];
