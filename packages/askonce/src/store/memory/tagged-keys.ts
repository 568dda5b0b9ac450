/**
 * The keys of entries in memory by the digests of their tags.
 *
 * The first search by tag makes it, and every write and removal keeps it exact from then on: a process that never
 * searches by tag spends neither memory nor time on it. An entry under several tags has a place under each, and knows
 * these places, so that a removal need not decode the entry's metadata.
 */
import { nextTurn } from '../filter.ts';
import type { HeldEntry, TaggedKeys } from './held-entry.ts';

/** Entries that are added in one turn of the event loop: a millisecond or two. */
const addedAtOnce = 250;

/** Memory of one entry's place under one tag, in bytes: measured on 64-bit V8, where it is 60 to 120, rounded up. */
const placeBytes = 128;

/** The entries that are indexed. */
interface IndexedEntries {
  keys(): Iterable<string>;
  /** The entry under the key, expired or not, counted neither as a use nor as a hit. */
  peek(key: string): HeldEntry | undefined;
  /** Evicts entries as long as they and the index have more bytes than they may. */
  makeRoom(): void;
}

export interface KeysByTag {
  /** Estimate of the memory of all places, in bytes. */
  readonly bytes: number;
  /** What an entry with so many tags adds to `bytes`. */
  bytesFor(tags: number): number;
  /** Notes an entry that has just been stored. */
  add(key: string, held: HeldEntry): void;
  /** Notes that an entry is stored no more, before another is noted under its key. */
  remove(key: string, held: HeldEntry): void;
  /** Drops everything, together with all entries. */
  forget(): void;
  /**
   * Keys of all entries that have any digest of the clause that has the fewest keys; of the others, some. Stays as it is
   * while entries come and go. There must be a clause.
   */
  withAnyOf(clauses: readonly ReadonlySet<string>[]): Promise<ReadonlySet<string>>;
}

export function keysByTag(entries: IndexedEntries): KeysByTag {
  /** Undefined until the first search. Incomplete until `made` has resolved. */
  let byDigest: Map<string, TaggedKeys> | undefined;
  let made: Promise<ReadonlyMap<string, TaggedKeys>> | undefined;
  let placeCount = 0;

  function place(index: Map<string, TaggedKeys>, key: string, held: HeldEntry): void {
    held.places = placesOf(index, key, held);
    placeCount += held.places.length;
  }

  /** Entries that are written meanwhile are added by their writes. */
  async function make(): Promise<ReadonlyMap<string, TaggedKeys>> {
    const making = new Map<string, TaggedKeys>();
    byDigest = making;
    let looked = 0;
    for (const key of [...entries.keys()]) {
      looked += 1;
      if (looked % addedAtOnce === 0) await nextTurn();
      // The entries of this index have been forgotten, and another index may have begun.
      if (byDigest !== making) break;
      const held = entries.peek(key);
      if (held === undefined || held.places !== undefined) continue;
      place(making, key, held);
      held.entry.release();
      entries.makeRoom();
    }
    return making;
  }

  return {
    get bytes() {
      return placeCount * placeBytes;
    },
    bytesFor: (tags) => (byDigest === undefined ? 0 : tags * placeBytes),
    add(key, held) {
      if (byDigest !== undefined) place(byDigest, key, held);
    },
    remove(key, held) {
      if (byDigest === undefined || held.places === undefined) return;
      for (const tagged of held.places) removePlace(byDigest, tagged, key);
      placeCount -= held.places.length;
      held.places = undefined;
    },
    forget() {
      byDigest = undefined;
      made = undefined;
      placeCount = 0;
    },
    async withAnyOf(clauses) {
      made ??= make();
      const index = await made;
      const [smallest = []] = clauses
        .map((clause) => [...clause].map((digest) => index.get(digest)?.keys ?? noKeys))
        .sort((one, other) => countOf(one) - countOf(other));
      const keys = new Set<string>();
      for (const some of smallest)
        if (typeof some === 'string') keys.add(some);
        else for (const key of some) keys.add(key);
      return keys;
    },
  };
}

const nowhere: readonly TaggedKeys[] = [];
const noKeys: ReadonlySet<string> = new Set();

function countOf(alternatives: readonly (string | ReadonlySet<string>)[]): number {
  return alternatives.reduce((sum, keys) => sum + (typeof keys === 'string' ? 1 : keys.size), 0);
}

function placesOf(
  byDigest: Map<string, TaggedKeys>,
  key: string,
  { entry, added }: HeldEntry,
): readonly TaggedKeys[] {
  const own = entry.meta.tagDigests ?? [];
  const digests = added === undefined ? own : [...own, ...added.keys()];
  return digests.length === 0 ? nowhere : digests.map((digest) => placeUnder(byDigest, digest, key));
}

function placeUnder(byDigest: Map<string, TaggedKeys>, digest: string, key: string): TaggedKeys {
  const there = byDigest.get(digest);
  if (there === undefined) {
    const tagged: TaggedKeys = { digest, keys: key };
    byDigest.set(digest, tagged);
    return tagged;
  }
  if (typeof there.keys !== 'string') there.keys.add(key);
  else if (there.keys !== key) there.keys = new Set([there.keys, key]);
  return there;
}

function removePlace(byDigest: Map<string, TaggedKeys>, tagged: TaggedKeys, key: string): void {
  if (typeof tagged.keys === 'string') {
    if (tagged.keys === key) byDigest.delete(tagged.digest);
    return;
  }
  tagged.keys.delete(key);
  if (tagged.keys.size > 1) return;
  for (const only of tagged.keys) tagged.keys = only;
}
