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
import { storeOperations } from '../names.ts';

/** The tiers, or the store itself if it is no stack; none before the stores have answered once. */
function tiersOf({ cache }: View): readonly StoreStatistics[] {
  if (cache === undefined) return [];
  return cache.store.tiers ?? [cache.store];
}

const ofTier =
  (figure: (tier: StoreStatistics) => number) =>
  (view: View): (readonly [string, number])[] =>
    tiersOf(view).map((tier) => [tier.name, figure(tier)]);

type Pairs = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * Pairs with a zero for each of those that are not counted yet: a rate must find where a figure began, and a panel must not
 * be empty because nothing went wrong so far.
 */
function withZeros(counts: Pairs, first: readonly string[], second: readonly string[]): Pairs {
  const names = [...new Set([...first, ...counts.keys()])];
  return new Map(
    names.map((name) => {
      const zeros = first.includes(name) ? second.map((other) => [other, 0] as const) : [];
      return [name, new Map([...zeros, ...(counts.get(name) ?? [])])] as const;
    }),
  );
}

/** The store that gateways share has the only breaker; without it there is none that could open. */
const breakerSides = ['reads', 'writes'] as const;

/** The tiers, and the stack of them, which reports trouble as a whole. */
function storesOf(view: View): readonly string[] {
  const own = view.cache?.store.name;
  return [...new Set([...tiersOf(view).map(({ name }) => name), ...(own === undefined ? [] : [own])])];
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
  gaugeBy('tier_limit_bytes', 'Bound of the bytes of a tier; absent if it has none.', 'tier', (view) =>
    tiersOf(view).flatMap(({ name, maxBytes }) =>
      maxBytes === undefined ? [] : [[name, maxBytes] as const],
    ),
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
  counterByTwo('store_failures', 'Calls of a tier that failed.', ['tier', 'operation'], (view) =>
    withZeros(
      view.figures.storeFailures.counts,
      tiersOf(view).map(({ name }) => name),
      storeCalls,
    ),
  ),
  counterByTwo(
    'store_trouble',
    'Failures and time-outs of a store that requests went on without, by what it was asked for.',
    ['store', 'operation'],
    (view) => withZeros(view.figures.storeTrouble.counts, storesOf(view), storeOperations),
  ),
  gaugeByTwo(
    'breaker_open',
    'Whether the breaker of a store is open: 1, or 0.',
    ['store', 'side'],
    ({ figures }) => withZeros(figures.breakers, ['redis'], breakerSides),
  ),
  counterByTwo(
    'breaker_opened',
    'How often the breaker of a store has opened.',
    ['store', 'side'],
    ({ figures }) => withZeros(figures.breakersOpened.counts, ['redis'], breakerSides),
  ),
];
