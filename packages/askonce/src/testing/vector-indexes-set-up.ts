/** A cache's store with the vectors of its entries, as vector indexes see it. */
import { entryHooks } from '../engine/entry-hooks.ts';
import { encodeVector } from '../entry/vector.ts';
import type { VectorIndexes, VectorIndexesOpener } from '../semantic/indexes/contract.ts';
import type { Place, Searched } from '../semantic/indexes/place-table.ts';
import type { Store } from '../store/contract.ts';
import { memoryStore } from '../store/memory/store.ts';
import type { StoredVector, Vectors } from '../store/vectors.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { sampleEntry } from './sample-entry.ts';

const embedder = 'static-1/8';
const dimension = 8;

export const home: Place = { partition: 'p', frame: 'f', language: 'en' };

interface EmbeddedEntry {
  /** Default: {@link home}. */
  readonly place?: Place | undefined;
  /** The vector of its question lies at this angle from the first axis, in degrees; undefined for no vector. */
  readonly degrees?: number | undefined;
  /** Default: an hour. */
  readonly lifetimeMs?: number | undefined;
  /** Default: the embedder of the indexes. */
  readonly embedder?: string | undefined;
  /** Default: 8. */
  readonly dimension?: number | undefined;
}

export interface IndexedCache {
  readonly clock: FakeClock;
  /** Opens the indexes as a process does that starts. They are closed with the cache. */
  open(options?: { readonly maxBytes?: number | undefined }): VectorIndexes;
  /** This process stores an entry. */
  put(key: string, entry?: EmbeddedEntry): Promise<void>;
  /** This process removes an entry. */
  erase(key: string): Promise<void>;
  /** Another process stores an entry; the vector that it stored. */
  putElsewhere(key: string, entry?: EmbeddedEntry): Promise<readonly StoredVector[]>;
  /** Another process removes an entry. */
  eraseElsewhere(key: string): Promise<void>;
  /** Keys of the entries nearest to the first axis. */
  found(indexes: VectorIndexes, searched?: Searched, count?: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A vector at an angle from the first axis, in degrees, in the plane of the first two. */
export function vectorAt(degrees: number, components: number = dimension): Float32Array {
  const radians = (degrees * Math.PI) / 180;
  const vector = new Float32Array(components);
  vector[0] = Math.cos(radians);
  vector[1] = Math.sin(radians);
  return vector;
}

export function indexedCache(opener: VectorIndexesOpener): IndexedCache {
  const clock = fakeClock();
  const memory = memoryStore({ clock, maxBytes: 64 * 1024 * 1024 });
  const written = new Map<string, StoredVector>();
  const store: Store = { ...memory, vectors: vectorsOf(memory, written) };
  const hooks = entryHooks(store);
  const opened: VectorIndexes[] = [];

  function entryOf(key: string, { place = home, degrees, lifetimeMs = 3_600_000, ...other }: EmbeddedEntry) {
    const now = clock.now();
    const vector = degrees === undefined ? undefined : encodeVector(vectorAt(degrees, other.dimension));
    const made = vector === undefined ? {} : { embedder: other.embedder ?? embedder, vector };
    return sampleEntry({ key, now, expires: now + lifetimeMs, ...place, ...made });
  }

  async function write(key: string, embedded: EmbeddedEntry) {
    const entry = entryOf(key, embedded);
    await store.set(entry);
    const { lease, partition, frame, language, expires, embedder: maker, vector } = entry.meta;
    if (maker === undefined || vector === undefined) written.delete(key);
    else written.set(key, { key, lease, partition, frame, language, expires, embedder: maker, vector });
    return entry;
  }

  return {
    clock,
    open({ maxBytes = 64 * 1024 * 1024 } = {}) {
      const indexes = opener({ hooks, store, clock, embedder, dimension, maxBytes });
      opened.push(indexes);
      return indexes;
    },
    async put(key, entry = { degrees: 0 }) {
      hooks.stored(await write(key, entry));
    },
    async erase(key) {
      written.delete(key);
      if (await store.delete(key)) hooks.removed([key], 'invalidated');
    },
    async putElsewhere(key, entry = { degrees: 0 }) {
      await write(key, entry);
      const vector = written.get(key);
      return vector === undefined ? [] : [vector];
    },
    async eraseElsewhere(key) {
      written.delete(key);
      await store.delete(key);
    },
    async found(indexes, searched = home, count = 50) {
      await indexes.built();
      return (await indexes.nearest(searched, vectorAt(0), count)).map(({ id }) => id);
    },
    async close() {
      for (const indexes of opened) await indexes.close();
      await memory.close();
    },
  };
}

/** Vectors beside the entries of a store, as long as the entries are there. */
function vectorsOf(store: Pick<Store, 'get'>, written: ReadonlyMap<string, StoredVector>): Vectors {
  const get = async (key: string) => ((await store.get(key)) === undefined ? undefined : written.get(key));
  return {
    getMany: (keys) => Promise.all(keys.map(get)),
    async *walk() {
      for (const key of [...written.keys()]) {
        const vector = await get(key);
        if (vector !== undefined) yield [vector];
      }
    },
    put: async () => false,
  };
}
