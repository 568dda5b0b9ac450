/** Pages of the entries in memory, in the order of their keys: the order of use changes with every hit. */
import type { Browse, BrowsedEntry, PageTerms } from '../browse.ts';
import { nextTurn } from '../filter.ts';
import type { EntriesInMemory, HeldEntry } from './held-entry.ts';

/** Entries examined in one turn of the event loop: some hundred microseconds. */
const entriesAtOnce = 2_000;

export function memoryBrowse(entries: EntriesInMemory): Browse {
  /** The first entries behind `from` that are wanted, sorted by key. Each page looks at every key. */
  async function firstAfter(from: string, { limit, wants }: PageTerms): Promise<readonly BrowsedEntry[]> {
    const first: BrowsedEntry[] = [];
    let looked = 0;
    for (const key of [...entries.keys()]) {
      looked += 1;
      if (looked % entriesAtOnce === 0) await nextTurn();
      const last = first.at(-1)?.key;
      if (key <= from || (first.length > limit && last !== undefined && key > last)) continue;
      const held = entries.live(key);
      const entry = held && browsed(key, held);
      if (entry === undefined || !wants(entry)) continue;
      first.splice(placeOf(key, first), 0, entry);
      // One more than the page holds, to know whether there is another page.
      if (first.length > limit + 1) first.pop();
    }
    return first;
  }

  return {
    async page(from, terms) {
      const first = await firstAfter(from, terms);
      const page = first.slice(0, terms.limit);
      return { entries: page, next: first.length > terms.limit ? page.at(-1)?.key : undefined };
    },
    look(key) {
      const held = entries.live(key);
      return held && { entry: held.entry, ...heatOf(held) };
    },
  };
}

function browsed(key: string, held: HeldEntry): BrowsedEntry {
  return { key, meta: held.entry.meta, bytes: held.entry.recording.body.length, ...heatOf(held) };
}

function heatOf({ hits, lastHit }: HeldEntry): Pick<BrowsedEntry, 'hits' | 'lastHit'> {
  return { hits, ...(lastHit > 0 && { lastHit }) };
}

/** Where a key belongs in a sorted list, by bisection. */
function placeOf(key: string, sorted: readonly BrowsedEntry[]): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.key ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
