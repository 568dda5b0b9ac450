/**
 * The contract of the vector indexes of one cache: derived from its entries, and never read for anything but their keys.
 *
 * An index finds earlier questions within a place: one partition, frame and language. A key that it returns may be that of
 * an entry that is gone by now: a candidate is always read again through the store.
 */
import type { Awaitable, Clock } from '../../clock.ts';
import type { EntryHooks } from '../../engine/entry-hooks.ts';
import type { Store } from '../../store/contract.ts';
import type { StoredVector } from '../../store/vectors.ts';
import type { Neighbour } from '../contract.ts';
import type { Feed } from '../feed/contract.ts';
import type { Searched } from './place-table.ts';

/** What indexes are made from. */
export interface VectorIndexesOptions {
  /** What this process stores and removes. */
  readonly hooks: Pick<EntryHooks, 'onStored' | 'onRemoved' | 'onForgotten'>;
  readonly store: Pick<Store, 'scan' | 'statistics' | 'holds' | 'vectors' | 'getMany' | 'shared'>;
  readonly clock: Clock;
  /** Fingerprint of the embedder, as in `EntryMeta.embedder`. Vectors of another one are left out. */
  readonly embedder: string;
  /** Components of the embedder's vectors; undefined if it states none. */
  readonly dimension?: number | undefined;
  /** What other processes store and remove. Absent: there are none. */
  readonly feed?: Feed | undefined;
  /** Bound on all indexes in the memory of this process together, in bytes. */
  readonly maxBytes: number;
  /** Called with one sentence for the operator. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

export interface IndexProgress {
  /** Whether the indexes are being built from the store. Lookups find what is there so far. */
  readonly building: boolean;
  /** Entries of the store that have been looked at, and how many it has; undefined if that is not known. */
  readonly walked: number;
  readonly of: number | undefined;
  /** Vectors in the indexes, as far as this process knows. */
  readonly indexed: number;
  /** Partitions, frames and languages with vectors. */
  readonly places: number;
  /** Entries whose vectors another embedder made, or that cannot be read. */
  readonly skipped: number;
  /** Vectors that were dropped to stay within the bounds. */
  readonly dropped: number;
  /** Estimated memory in this process. */
  readonly bytes: number;
  /** What is wrong now, in one sentence; undefined if nothing is. */
  readonly trouble?: string | undefined;
}

export interface VectorIndexes {
  /**
   * Keys of the entries with the nearest questions within a place, nearest first. None for a vector of another dimension.
   * At once where that is quick. Rejects if the index cannot be searched: that costs a hit.
   */
  nearest(place: Searched, vector: Float32Array, count: number): Awaitable<readonly Neighbour[]>;
  /** Adds vectors that another process stored, as the store has them now. Never throws. */
  add(vectors: readonly StoredVector[]): void;
  /** Removes entries that are gone: another process removed them, or a candidate turned out to be. Never throws. */
  remove(keys: readonly string[]): void;
  /** Reads all vectors of the store again. What is held meanwhile is still found, and goes if the store no longer has it. */
  readAnew(): void;
  /** Equal to an earlier number if what is found has not changed since. Not a number if that is not known. */
  changes(): number;
  progress(): IndexProgress;
  /** Resolves once the indexes are built from the store, and everything that was added lies where it stays. */
  built(): Promise<void>;
  close(): Awaitable<void>;
}

/** Opens the indexes of a cache, once the embedder's fingerprint is known. Reaches nothing before it returns. */
export interface VectorIndexesOpener {
  (options: VectorIndexesOptions): VectorIndexes;
  /** Whether vectors lie outside the process in the clear: a cache whose entries are encrypted refuses it. */
  readonly isClear?: boolean | undefined;
  /**
   * Removes what lies outside the store of entries that an erasure has deleted, whether or not the indexes are open. Resolves
   * once it is gone. Absent: nothing does.
   *
   * @throws AskonceError `invalidation_failed` if that is not certain
   */
  readonly erase?: ((keys: readonly string[]) => Promise<void>) | undefined;
}
