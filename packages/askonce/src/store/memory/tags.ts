/**
 * Finds entries in memory: by tag in an index, and by a pattern, by partition or all by examining every entry, in pieces,
 * so that the event loop is never held for long.
 */
import { AskonceError } from '../../errors.ts';
import type { EntryFilter, FoundKeys, Scan, SearchOptions, TagIndex, WalkedEntry } from '../contract.ts';
import { fitOf, keysAtOnce, keyTest, nextTurn } from '../filter.ts';
import type { EntriesInMemory } from './held-entry.ts';
import type { KeysByTag } from './tagged-keys.ts';

/** Entries examined in one turn of the event loop: some hundred microseconds. */
const entriesAtOnce = 2_000;
/** Most tags that may be added to one entry. Beyond it, adding fails, and the hit becomes a miss. */
const mostAdded = 4_096;

export function memoryTags(entries: EntriesInMemory, byTag: Pick<KeysByTag, 'withAnyOf'>): TagIndex & Scan {
  async function* find(
    filter: EntryFilter,
    { thorough = false }: SearchOptions = {},
  ): AsyncGenerator<FoundKeys> {
    const clauses = filter.clauses.map((clause) => new Set(clause));
    const isMeant = keyTest(filter);
    let keys: string[] = [];
    let added: string[] = [];
    let looked = 0;
    const isByTag = filter.keys === undefined && clauses.length > 0 && !thorough;
    const candidates = isByTag ? await byTag.withAnyOf(clauses) : new Set(filter.keys ?? entries.keys());
    for (const key of candidates) {
      looked += 1;
      if (looked % entriesAtOnce === 0) await nextTurn();
      const found = isMeant(key) ? entries.live(key) : undefined;
      if (found === undefined) continue;
      const fit = fitOf(clauses, found.entry.meta.tagDigests ?? [], [...(found.added?.keys() ?? [])]);
      if (fit === undefined) continue;
      keys.push(key);
      if (fit === 'added') added.push(key);
      if (keys.length < keysAtOnce) continue;
      yield { keys, added };
      keys = [];
      added = [];
    }
    if (keys.length > 0) yield { keys, added };
  }

  async function* walk(): AsyncGenerator<readonly WalkedEntry[]> {
    for await (const { keys } of find({ clauses: [] })) {
      yield keys.flatMap((key) => {
        const held = entries.live(key);
        if (held === undefined) return [];
        const { entry, hits, lastHit } = held;
        return [{ key, meta: entry.meta, hits, ...(lastHit > 0 && { lastHit }) }];
      });
    }
  }

  return {
    /** An entry that is not there needs no tag: it can be neither served nor invalidated. */
    add(key, tagDigests, expires) {
      const found = entries.live(key);
      if (found === undefined) return;
      const added = new Map(found.added);
      for (const digest of tagDigests) added.set(digest, Math.max(expires, added.get(digest) ?? 0));
      if (added.size > mostAdded) {
        throw new AskonceError(
          'store_failed',
          `An entry in memory already has ${mostAdded} added tags, which is the most.`,
        );
      }
      entries.replace(key, { ...found, places: undefined, added });
    },
    find,
    async *keys(pattern) {
      for await (const { keys } of find({ clauses: [], pattern })) yield keys;
    },
    walk,
  };
}
