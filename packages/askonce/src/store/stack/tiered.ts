/**
 * Two stores as one, the faster above: a hit below fills the upper tier, writes go to both.
 *
 * An entry that is too large for the lower tier is stored in neither, so that one limit holds for both.
 *
 * A failing, lying or slow tier counts as empty. If nothing is found because the lower tier failed, the lookup rejects, so
 * that its caller can distinguish that from an absent entry. A deletion that is not certain rejects, since the caller of
 * an invalidation must know. Three tiers are a stack of a stack.
 */
import { type Awaitable, andThen, type Clock, isPending, systemClock } from '../../clock.ts';
import type { Entry } from '../../entry/entry.ts';
import { AskonceError } from '../../errors.ts';
import { type OnTrouble, ReportedError } from '../../observe/report.ts';
import { writeLimitMs } from '../calls.ts';
import type { DeletionOptions, Found, Store, StoreStatistics, WriteResult } from '../contract.ts';
import { stackedBrowse } from './browse.ts';
import { Fills } from './fills.ts';
import { stackedScan, stackedTags } from './finding.ts';
import { stackedLook } from './leased-look.ts';
import { limitedTier, unavailable } from './limited-tier.ts';
import { stackedMaintenance } from './maintenance.ts';
import { stackedRemovals } from './removals.ts';
import { holdsClasses } from './size-class.ts';

export interface TieredStoreOptions {
  readonly upper: Store;
  readonly lower: Store;
  /** Whether a body of so many bytes is stored above, too. Default: small and medium ones (below 65 536). */
  readonly upperHolds?: ((payloadBytes: number) => boolean) | undefined;
  /** Time limit of a read of one tier, in ms; beyond it the tier counts as empty. Default 50. */
  readonly budgetMs?: number | undefined;
  /** Time limit of a write or a deletion in one tier, in ms. Default 5 000. */
  readonly deleteBudgetMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly onTrouble?: OnTrouble | undefined;
}

const tieredStoreDefaults = { budgetMs: 50, deleteBudgetMs: writeLimitMs } as const;
/** Entries that are deleted at a time, so that a memory tier does not hold the event loop. */
const deletedAtOnce = 1_000;

export function tieredStore(options: TieredStoreOptions): Store {
  const { upperHolds = holdsClasses(), clock = systemClock, onTrouble } = options;
  const { budgetMs = tieredStoreDefaults.budgetMs, deleteBudgetMs = tieredStoreDefaults.deleteBudgetMs } =
    options;
  const settings = { clock, budgetMs, deleteBudgetMs, onTrouble };
  const upper = limitedTier(options.upper, settings);
  const lower = limitedTier(options.lower, settings);
  const fills = new Fills();
  const removals = stackedRemovals(options.upper, options.lower);
  const isHeldAbove = (entry: Entry) => upperHolds(entry.recording.body.length);

  /** The error of a lookup that the lower tier failed: reported already, if there is a listener. */
  function troubled(): AskonceError {
    const message = `The ${options.lower.name} tier failed, so that its entries are unknown.`;
    return onTrouble === undefined ? new AskonceError('store_failed', message) : new ReportedError(message);
  }

  function getBelow(key: string): Awaitable<Found | undefined> {
    const begun = fills.begin([key]);
    return andThen(lower.get(key), (found) => {
      const mayFill = fills.end(begun, key);
      if (found === unavailable) return Promise.reject(troubled());
      if (mayFill && found !== undefined && isHeldAbove(found.entry)) void upper.set(found.entry);
      return found;
    });
  }

  function getManyBelow(keys: readonly string[], above: readonly (Found | undefined)[]) {
    const missing = keys.filter((_key, index) => above[index] === undefined);
    if (missing.length === 0) return keys.map((_key, index) => above[index]);
    const begun = fills.begin(missing);
    return andThen(lower.getMany(missing), (below) => {
      const fillable = missing.filter((key) => fills.end(begun, key));
      if (below === unavailable) {
        const hasAny = missing.length < keys.length;
        return hasAny ? keys.map((_key, index) => above[index]) : Promise.reject(troubled());
      }
      const found = new Map(missing.map((key, index) => [key, below[index]]));
      const filling: Entry[] = [];
      for (const key of fillable) {
        const there = found.get(key);
        if (there !== undefined && isHeldAbove(there.entry)) filling.push(there.entry);
      }
      if (filling.length > 0) void upper.setMany(filling);
      return keys.map((key, index) => above[index] ?? found.get(key));
    });
  }

  /** Below first: memory above shares the bytes that are encoded there. Neither waits for the other. */
  const set = (entry: Entry) => write(entry, () => lower.set(entry));

  function write(entry: Entry, writeBelow: () => Awaitable<WriteResult>): Awaitable<WriteResult> {
    fills.changed(entry.key);
    const writingBelow = writeBelow();
    const writingAbove = isHeldAbove(entry) ? upper.set(entry) : undefined;
    if (!isPending(writingBelow) && !isPending(writingAbove))
      return settle(entry, writingAbove, writingBelow);
    return andThen<WriteResult | undefined, WriteResult>(writingAbove, (above) =>
      andThen(writingBelow, (below) => settle(entry, above, below)),
    );
  }

  function setMany(entries: readonly Entry[]): Awaitable<readonly WriteResult[]> {
    for (const entry of entries) fills.changed(entry.key);
    const held = entries.filter(isHeldAbove);
    const writingBelow = lower.setMany(entries);
    const writingAbove = held.length === 0 ? [] : upper.setMany(held);
    return andThen(writingAbove, (above) =>
      andThen(writingBelow, (below) => {
        const written = new Map(held.map((entry, index) => [entry, above[index] ?? 'failed']));
        return entries.map((entry, index) => settle(entry, written.get(entry), below[index] ?? 'failed'));
      }),
    );
  }

  /** The result of one write, once both tiers have answered. */
  function settle(entry: Entry, above: WriteResult | undefined, below: WriteResult): WriteResult {
    fills.changed(entry.key);
    // The upper tier must not hold an entry that is newer below, or too large there, or that this write replaced.
    const isNewAbove = above === 'stored' || above === 'superseded';
    const isFinalBelow = below === 'superseded' || below === 'too-large';
    const isNowhere = below === 'off' && above === undefined;
    if (isFinalBelow || !(isNewAbove || isNowhere)) void upper.tryDelete(entry.key);
    if (above === 'stored' && below !== 'stored' && !isFinalBelow) removals.onlyAbove(entry.key);
    else removals.notOnlyAbove(entry.key);
    if (isFinalBelow || below === 'stored') return below;
    return above === 'stored' ? 'stored' : below;
  }

  /**
   * Above first, so that it takes effect here at once. Above again at the end: a lookup that had read the old entry below
   * before it was removed may have filled it in again meanwhile.
   */
  async function remove(key: string): Promise<boolean> {
    fills.changed(key);
    removals.notOnlyAbove(key);
    const outcomes = await Promise.allSettled([upper.remove(key), lower.remove(key)]);
    fills.changed(key);
    const [again] = await Promise.allSettled([upper.remove(key)]);
    const failure = [outcomes[1], again].find((outcome) => outcome.status === 'rejected');
    if (failure?.status === 'rejected') {
      const message = 'An entry could not be deleted in every tier.';
      throw new AskonceError('store_failed', message, { cause: failure.reason });
    }
    return [...outcomes, again].some((outcome) => outcome.status === 'fulfilled' && outcome.value);
  }

  async function removeMany(keys: readonly string[], options?: DeletionOptions): Promise<number> {
    let count = 0;
    for (let from = 0; from < keys.length; from += deletedAtOnce)
      count += await removeSome([...new Set(keys.slice(from, from + deletedAtOnce))], options);
    return count;
  }

  /**
   * In the order of `remove`, for the same reasons. An entry of either tier counts once: entries above are deleted one by
   * one, and of the lower tier's count only those that were not above are added.
   */
  async function removeSome(keys: readonly string[], options?: DeletionOptions): Promise<number> {
    for (const key of keys) {
      fills.changed(key);
      removals.notOnlyAbove(key);
    }
    const above = await Promise.allSettled(keys.map((key) => upper.remove(key)));
    const wasAbove = (index: number) => {
      const outcome = above[index];
      return outcome?.status === 'fulfilled' && outcome.value;
    };
    const both = keys.filter((_key, index) => wasAbove(index));
    const belowOnly = keys.filter((_key, index) => !wasAbove(index));
    const outcomes = await Promise.allSettled([
      lower.removeMany(belowOnly, options),
      lower.removeMany(both, options),
    ]);
    for (const key of keys) fills.changed(key);
    const [again] = await Promise.allSettled([upper.removeMany(keys)]);
    const failure = [...outcomes, again].find((outcome) => outcome.status === 'rejected');
    if (failure?.status === 'rejected') {
      const message = 'Not all entries could be deleted in every tier.';
      throw new AskonceError('store_failed', message, { cause: failure.reason });
    }
    const [below] = outcomes;
    return both.length + (below.status === 'fulfilled' ? below.value : 0);
  }

  /** A hit above, which is reported to the tier below. */
  function noted(key: string, found: Found | undefined | typeof unavailable): Found | undefined {
    if (found === undefined || found === unavailable) return undefined;
    options.lower.noteHit?.(key);
    return found;
  }

  const { setAndRelease } = lower;
  const lookAndLease = stackedLook({
    upper,
    lower,
    fills,
    isHeldAbove,
    noted: (key, found) => noted(key, found) ?? found,
    troubled,
  });
  const isHeld = (key: string) => [options.upper, options.lower].some(({ holds }) => holds?.(key) === true);
  const tags = stackedTags(upper, lower);
  const scan = stackedScan(options.upper.scan, options.lower.scan);
  const maintenance = stackedMaintenance(options.upper.maintenance, options.lower.maintenance, (keys) => {
    for (const key of keys) fills.changed(key);
  });
  const browse = stackedBrowse(options.upper.browse, options.lower.browse);
  return {
    name: `${options.upper.name}+${options.lower.name}`,
    ...(tags && { tags }),
    ...(scan && { scan }),
    ...(browse && { browse }),
    // The lower tier has every entry: what the upper lost would be missing among its vectors.
    ...(options.lower.vectors && { vectors: options.lower.vectors }),
    ...(maintenance && { maintenance }),
    // Each service is the lower tier's, which more processes share, or else the upper tier's.
    shared: { ...options.upper.shared, ...options.lower.shared },
    ...(removals.onRemoved && { onRemoved: removals.onRemoved }),
    ...(options.upper.holds && options.lower.holds && { holds: (key) => isHeld(key) }),
    budgetMs,
    get: (key) => andThen(upper.get(key), (found) => noted(key, found) ?? getBelow(key)),
    getShared: getBelow,
    sharedTier: options.lower.sharedTier ?? options.lower.name,
    getMany(keys) {
      return andThen(upper.getMany(keys), (found) => {
        const above = found === unavailable ? [] : found;
        for (const [index, key] of keys.entries()) noted(key, above[index]);
        return getManyBelow(keys, above);
      });
    },
    ...(lookAndLease && { lookAndLease }),
    set,
    ...(setAndRelease && {
      setAndRelease: (entry, lease) => write(entry, () => setAndRelease(entry, lease)),
    }),
    setMany,
    delete: remove,
    deleteMany: removeMany,
    forget() {
      fills.allChanged();
      options.upper.forget?.();
    },
    async sweep(isDead) {
      const gone = [await options.upper.sweep?.(isDead), await options.lower.sweep?.(isDead)];
      return gone.reduce((sum: number, count = 0) => sum + count, 0);
    },
    statistics: async () => stacked(await options.upper.statistics(), await options.lower.statistics()),
    flush: () => both(options.upper.flush(), options.lower.flush()),
    close: () => both(options.upper.close(), options.lower.close()),
  };
}

/** The stack's own figures: the entries of the lowest tier, which has them all, and the hits of any tier. */
function stacked(upper: StoreStatistics, lower: StoreStatistics): StoreStatistics {
  const { entriesEstimated } = lower;
  const began = [upper.since, lower.since].filter((since) => since !== undefined);
  return {
    name: `${upper.name}+${lower.name}`,
    ...(began.length > 0 && { since: Math.min(...began) }),
    entries: Math.max(upper.entries, lower.entries),
    ...(entriesEstimated && { entriesEstimated }),
    bytes: upper.bytes + lower.bytes,
    hits: upper.hits + lower.hits,
    misses: lower.misses,
    evictions: lower.evictions,
    unreadable: upper.unreadable + lower.unreadable,
    refused: lower.refused,
    tiers: [...(upper.tiers ?? [upper]), ...(lower.tiers ?? [lower])],
  };
}

/** Waits for both, then rejects with the first failure. */
async function both(upper: Promise<void>, lower: Promise<void>): Promise<void> {
  for (const outcome of await Promise.allSettled([upper, lower])) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}
