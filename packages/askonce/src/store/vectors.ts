/**
 * The contract of vectors beside entries: what builds an index of questions without reading the answers.
 *
 * A vector belongs to one entry. It is written with it (`EntryMeta.vector`), encrypted as it is, and gone when it is gone;
 * where it lies is the store's own business.
 */

/** The vector of an entry's question, and where it may be looked for. */
export interface StoredVector {
  /** Key of the entry. */
  readonly key: string;
  /** Number of the entry's lease (`EntryMeta.lease`). */
  readonly lease: number;
  readonly partition: string;
  readonly frame: string;
  readonly language: string;
  /** Instant in ms since the epoch at which the entry expires. */
  readonly expires: number;
  /** Fingerprint of the embedder that made it. */
  readonly embedder: string;
  /** The vector as text (`entry/vector.ts`). */
  readonly vector: string;
}

/** What a new vector of an entry states. */
export type NewVector = Pick<StoredVector, 'key' | 'lease' | 'embedder' | 'vector'>;

export interface Vectors {
  /**
   * One answer for each key, in the order of the keys: undefined for an entry that is gone, has expired, or has no vector.
   * Counts neither as a hit nor as a miss. Rejects if the store fails.
   */
  getMany(keys: readonly string[]): Promise<readonly (StoredVector | undefined)[]>;
  /**
   * All vectors, in batches of at most 1 000. Reads no answer, and never holds the event loop for long. A vector that is
   * written meanwhile may be missed or come twice; one that cannot be read is left out. A batch may be empty: that says that
   * a long walk goes on.
   */
  walk(): AsyncIterable<readonly StoredVector[]>;
  /**
   * Replaces the vector of an entry and leaves its answer and its expiry as they are, in one step: an entry that is being
   * deleted or replaced gets none. False if the entry is gone, or was stored under another lease. Rejects if the store
   * fails.
   */
  put(vector: NewVector): Promise<boolean>;
}
