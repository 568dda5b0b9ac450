/** Finds entries in memory by walking them all, a piece at a time, so that the event loop is never held for long. */
import { AskonceError } from '../../errors.ts';
import type { EntryFilter, Found, FoundKeys, Scan, TagIndex, WalkedEntry } from '../contract.ts';
import { fitOf, keysAtOnce, keyTest, nextTurn } from '../filter.ts';

/** Entries looked at in one go: some hundred microseconds. */
const entriesAtOnce = 2_000;
/** Tags that may be added to one entry; beyond them adding fails, which makes the hit a miss. */
const mostAdded = 4_096;

/** The entries of a memory tier. */
export interface EntriesInMemory {
  keys(): Iterable<string>;
  /** What is there under the key, which counts neither as use nor as hit. */
  live(key: string): Found | undefined;
  replace(key: string, found: Found): void;
}

export function memoryTags(entries: EntriesInMemory): TagIndex & Scan {
  async function* find(filter: EntryFilter): AsyncGenerator<FoundKeys> {
    const clauses = filter.clauses.map((clause) => new Set(clause));
    const isMeant = keyTest(filter);
    let keys: string[] = [];
    let added: string[] = [];
    let looked = 0;
    for (const key of new Set(filter.keys ?? entries.keys())) {
      looked += 1;
      if (looked % entriesAtOnce === 0) await nextTurn();
      const found = isMeant(key) ? entries.live(key) : undefined;
      if (found === undefined) continue;
      const fit = fitOf(clauses, found.entry.meta.tagDigests ?? [], found.added?.keys() ?? []);
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
        const found = entries.live(key);
        return found === undefined ? [] : [{ key, meta: found.entry.meta }];
      });
    }
  }

  return {
    /** What is not there needs no tag: nothing of it can be served, nor taken back. */
    add(key, tagDigests, expires) {
      const found = entries.live(key);
      if (found === undefined) return;
      const added = new Map(found.added);
      for (const digest of tagDigests) added.set(digest, Math.max(expires, added.get(digest) ?? 0));
      if (added.size > mostAdded) {
        throw new AskonceError(
          'store_failed',
          'An entry in memory has too many added tags to be given another.',
        );
      }
      entries.replace(key, { ...found, added });
    },
    find,
    async *keys(pattern) {
      for await (const { keys } of find({ clauses: [], pattern })) yield keys;
    },
    walk,
  };
}
