/** Finding entries in a stack of two tiers: the lower has them all, the upper may have some that it lost. */
import type { EntryFilter, FoundKeys, Scan, SearchOptions, TagIndex, WalkedEntry } from '../contract.ts';
import { keysAtOnce } from '../filter.ts';
import { seenKeys } from '../seen-keys.ts';
import type { LimitedTier } from './limited-tier.ts';

/** Absent if the lower tier, which has all entries, cannot find them. */
export function stackedTags(upper: LimitedTier, lower: LimitedTier): TagIndex | undefined {
  const above = upper.tier.tags;
  const below = lower.tier.tags;
  const addBelow = lower.addTags;
  if (below === undefined || addBelow === undefined) return undefined;

  /**
   * The lower tier comes first: other processes see its entries, so an entry that fits there only by an added tag must
   * be reported as added, although the entry above knows the tag as its own.
   */
  async function* find(filter: EntryFilter, options?: SearchOptions): AsyncGenerator<FoundKeys> {
    const seen = seenKeys();
    for (const index of [below, above]) {
      if (index === undefined) continue;
      for await (const { keys, added } of index.find(filter, options)) {
        const fresh = seen.fresh(keys);
        const unmet = new Set(fresh);
        // All of the lower tier's: they include keys without an entry, for which an answer is being generated elsewhere.
        const reported = index === below ? added : added.filter((key) => unmet.has(key));
        yield { keys: fresh, added: reported };
      }
    }
  }

  return {
    async add(key, tagDigests, expires) {
      await Promise.all([upper.addTags?.(key, tagDigests, expires), addBelow(key, tagDigests, expires)]);
    },
    find,
  };
}

/** Absent if the lower tier has no scan. */
export function stackedScan(above: Scan | undefined, below: Scan | undefined): Scan | undefined {
  return (
    below && {
      async *keys(pattern) {
        yield* below.keys(pattern);
        if (above !== undefined) yield* above.keys(pattern);
      },
      walk: () => walked(above, below),
    }
  );
}

/** The lower tier's entries, which have the hits, and then those that only the upper tier has. */
async function* walked(above: Scan | undefined, below: Scan): AsyncGenerator<readonly WalkedEntry[]> {
  const onlyAbove = new Map<string, WalkedEntry>();
  if (above !== undefined)
    for await (const entries of above.walk()) for (const entry of entries) onlyAbove.set(entry.key, entry);
  for await (const entries of below.walk()) {
    for (const { key } of entries) onlyAbove.delete(key);
    yield entries;
  }
  const left = [...onlyAbove.values()];
  for (let from = 0; from < left.length; from += keysAtOnce) yield left.slice(from, from + keysAtOnce);
}
