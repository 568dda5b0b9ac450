/**
 * Entries that were removed, here or elsewhere, after a page of the store was read: at a slow rate a page takes minutes, and
 * the text of an entry that was erased meanwhile must not go to an embedder any more.
 */
import type { EntryHooks } from '../../engine/entry-hooks.ts';

export interface Gone {
  /** Whether the entry has been removed since the page before the present one, or that is not certain. */
  has(key: string): boolean;
  /** Begins the next page. */
  turn(): void;
  /** Forgets all, and notes nothing until the next page. */
  rest(): void;
}

/** Keys that are noted of one page. Beyond it, the rest of the page counts as removed, and is for another pass. */
const mostKeys = 65_536;

export function goneEntries(hooks: Pick<EntryHooks, 'onRemoved'>): Gone {
  let isNoting = false;
  // Two: a store may have read its next page before the present one is done.
  let [older, newer] = [new Set<string>(), new Set<string>()];
  hooks.onRemoved((keys, cause) => {
    if (!isNoting || cause === 'replaced') return;
    for (const key of keys) if (newer.size < mostKeys) newer.add(key);
  });
  return {
    has: (key) => older.has(key) || newer.has(key) || newer.size >= mostKeys || older.size >= mostKeys,
    turn() {
      isNoting = true;
      [older, newer] = [newer, new Set()];
    },
    rest() {
      isNoting = false;
      [older, newer] = [new Set(), new Set()];
    },
  };
}
