/** Entries as the memory tier holds them. */
import type { OwnEntry } from '../../entry/own-entry.ts';
import type { Found } from '../contract.ts';

/** The keys under one tag. A single one is held without a set, which takes five times the memory. */
export interface TaggedKeys {
  readonly digest: string;
  keys: string | Set<string>;
}

/** An entry in memory, with the hits on it. */
export interface HeldEntry extends Found {
  readonly entry: OwnEntry;
  /** Where the index of tags has its key. Undefined if the index does not have it. */
  places: readonly TaggedKeys[] | undefined;
  hits: number;
  /** In ms since the epoch; 0 if it was never found. */
  lastHit: number;
}

/** The entries of a memory tier. */
export interface EntriesInMemory {
  keys(): Iterable<string>;
  /** The entry under the key, counted neither as a use nor as a hit. */
  live(key: string): HeldEntry | undefined;
  replace(key: string, held: HeldEntry): void;
}
