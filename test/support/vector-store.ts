/** The part of a store that indexes read: a map of vectors, which a test changes as an owner of entries does. */
import { entryHooks } from '../../packages/askonce/src/engine/entry-hooks.ts';
import { encodeVector } from '../../packages/askonce/src/entry/vector.ts';
import type { VectorIndexesOptions } from '../../packages/askonce/src/semantic/indexes/contract.ts';
import type { StoredVector } from '../../packages/askonce/src/store/vectors.ts';
import { sampleEntry } from '../../packages/askonce/src/testing/sample-entry.ts';

const generation = 'a store of the test';

export interface GivenVector extends Partial<Omit<StoredVector, 'vector' | 'key'>> {
  readonly vector: Float32Array;
}

/** Entries that several processes of a test share. */
export function vectorStore(name = generation) {
  const entries = new Map<string, StoredVector>();
  let walking = 0;
  let mostWalking = 0;
  let walked = 0;
  let onRead: (keys: readonly string[]) => void | Promise<void> = () => {};
  const store: VectorIndexesOptions['store'] = {
    getMany: async (keys) => keys.map(() => undefined),
    statistics: async () => ({
      ...{ name: 'vectors', hits: 0, misses: 0, evictions: 0, expirations: 0, unreadable: 0, refused: {} },
      ...{ entries: entries.size, bytes: 0 },
    }),
    shared: {
      log: {
        read: async () => ({ generation: name, last: 0, floor: 1, rows: [] }),
        append: async () => ({ generation: name, last: 0, floor: 1, rows: [] }),
        onAppended: () => () => {},
      },
    },
    vectors: {
      async getMany(keys) {
        await onRead(keys);
        return keys.map((key) => entries.get(key));
      },
      async *walk() {
        walked += 1;
        walking += 1;
        mostWalking = Math.max(mostWalking, walking);
        try {
          const all = [...entries.values()];
          for (let from = 0; from < all.length; from += 1_000) yield all.slice(from, from + 1_000);
        } finally {
          walking -= 1;
        }
      },
      put: async () => false,
    },
  };

  function given(key: string, { vector, ...stored }: GivenVector): StoredVector {
    return {
      ...{ key, lease: 1, partition: 'one', frame: 'frame', language: 'en', embedder: 'words' },
      expires: Date.now() + 3_600_000,
      ...stored,
      vector: encodeVector(vector),
    };
  }

  /** What one process does: its entries are in the store that all share, and its own hooks hear of them. */
  function process() {
    const hooks = entryHooks({});
    return {
      hooks,
      put(key: string, vector: GivenVector): void {
        const stored = given(key, vector);
        entries.set(key, stored);
        hooks.stored(sampleEntry({ ...stored, key }));
      },
      remove(key: string): void {
        entries.delete(key);
        hooks.removed([key], 'invalidated');
      },
    };
  }

  return {
    store,
    entries,
    process,
    /** Adds an entry that no process reports. */
    putUnseen(key: string, vector: GivenVector): void {
      entries.set(key, given(key, vector));
    },
    /** How often all vectors were walked, and how many walked at a time. */
    walks: { count: () => walked, most: () => mostWalking },
    beforeReading(does: typeof onRead): void {
      onRead = does;
    },
  };
}
