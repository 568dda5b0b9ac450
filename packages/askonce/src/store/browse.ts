/**
 * Entries a page at a time, from a position that outlives the call: for lists that people page through.
 */
import type { Awaitable } from '../clock.ts';
import type { Entry, EntryMeta } from '../entry/entry.ts';

/** How often an entry was found, as far as the store has counted. */
interface Heat {
  /** Absent if the store does not count. */
  readonly hits?: number | undefined;
  /** When it was last found, in ms since the epoch. Absent if that is unknown, or it never was. */
  readonly lastHit?: number | undefined;
}

/** An entry of a page. */
export interface BrowsedEntry extends Heat {
  readonly key: string;
  readonly meta: EntryMeta;
  /** Bytes of the answer's body. */
  readonly bytes: number;
}

export interface BrowsedPage {
  readonly entries: readonly BrowsedEntry[];
  /** Position of the next page; undefined after the last. */
  readonly next: string | undefined;
}

export interface PageTerms {
  /** Most entries of the page: from 1 to 1 000. */
  readonly limit: number;
  /** Whether an entry belongs on the page. Called once for each entry that the page looks at. */
  wants(entry: BrowsedEntry): boolean;
}

/** An entry with its recording, as a lookup by key finds it. */
export interface LookedAt extends Heat {
  readonly entry: Entry;
}

/** None of the calls counts as a use of an entry. */
export interface Browse {
  /**
   * The entries from a position on, '' for the first page. A page ends at its limit, or after a bounded amount of work: it may be
   * short, even empty, and still have a next one. An entry that is there throughout is in one of the pages, and may be in
   * two of them if the store moves it meanwhile; one that is written meanwhile may be missed. Undefined if the position is
   * none of this store's, or no longer one.
   */
  page(from: string, terms: PageTerms): Promise<BrowsedPage | undefined>;
  /** The entry under a key. */
  look(key: string): Awaitable<LookedAt | undefined>;
}
