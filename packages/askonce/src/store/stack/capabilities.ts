/** What a stack of two tiers can do beyond keeping entries. */
import type { EntryFilter, FoundKeys, Scan, Store, StoreCapability, TagIndex } from '../contract.ts';
import type { GuardedTier } from './guard.ts';

type Capabilities = Pick<Store, StoreCapability | 'capabilities'>;

/**
 * What all processes share is the lower tier's, or else the upper's. Entries are found in both, where the lower tier,
 * which has them all, can find them.
 */
export function stackedCapabilities(upper: GuardedTier, lower: GuardedTier): Capabilities {
  const { tier: above } = upper;
  const { tier: below } = lower;
  const able = {
    marks: lower.marks ?? upper.marks,
    notices: below.notices ?? above.notices,
    log: below.log ?? above.log,
    leases: below.leases ?? above.leases,
    following: below.following ?? above.following,
    tags: stackedTags(upper, lower),
    scan: below.scan && stackedScan(above.scan, below.scan),
  };
  const { marks, notices, log, leases, following, tags, scan } = able;
  const names = ['marks', 'notices', 'log', 'leases', 'following', 'tags', 'scan'] as const;
  return {
    capabilities: new Set(names.filter((name) => able[name] !== undefined)),
    ...(marks && { marks }),
    ...(notices && { notices }),
    ...(log && { log }),
    ...(leases && { leases }),
    ...(following && { following }),
    ...(tags && { tags }),
    ...(scan && { scan }),
  };
}

function stackedTags(upper: GuardedTier, lower: GuardedTier): TagIndex | undefined {
  const above = upper.tier.tags;
  const below = lower.tier.tags;
  const addBelow = lower.addTags;
  if (below === undefined || addBelow === undefined) return undefined;

  /**
   * The lower tier's word first: other processes see its entries, so that what fits there only by an added tag must be
   * told as that; an entry above knows its own.
   */
  async function* find(
    filter: EntryFilter,
    options?: { readonly thorough?: boolean },
  ): AsyncGenerator<FoundKeys> {
    const seen = new Set<string>();
    for (const index of [below, above]) {
      if (index === undefined) continue;
      for await (const { keys, added } of index.find(filter, options)) {
        const fresh = new Set(keys.filter((key) => !seen.has(key)));
        for (const key of fresh) seen.add(key);
        // All that the lower tier tells: others may be making what it has no entry of.
        const told = index === below ? added : added.filter((key) => fresh.has(key));
        if (fresh.size + told.length > 0) yield { keys: [...fresh], added: told };
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

function stackedScan(above: Scan | undefined, below: Scan): Scan {
  return {
    async *keys(pattern) {
      yield* below.keys(pattern);
      if (above !== undefined) yield* above.keys(pattern);
    },
  };
}
