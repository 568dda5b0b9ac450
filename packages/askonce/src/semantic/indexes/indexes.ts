/**
 * The vector indexes of one cache in the memory of this process. They follow what is stored and removed, and are built from
 * the store at the start.
 */
import { decodeVector } from '../../entry/vector.ts';
import type { RemovalCause } from '../../observe/causes.ts';
import type { StoredVector } from '../../store/vectors.ts';
import type { VectorIndexes, VectorIndexesOptions } from './contract.ts';
import { placedVectors } from './places.ts';
import { type Rebuild, rebuild } from './rebuild.ts';
import { type Sweep, sweep } from './sweep.ts';
import { loadUsearch, type Usearch, usearchOnce } from './usearch.ts';
import { vectorIn } from './walked-vectors.ts';

/** The options of indexes in this process. */
export interface ProcessIndexesOptions extends VectorIndexesOptions {
  /** Loads the package `usearch`. If it rejects, vectors are scanned, and fewer can be held. */
  readonly usearch?: (() => Promise<Usearch>) | undefined;
}

export function openVectorIndexes(options: ProcessIndexesOptions): VectorIndexes {
  const { hooks, store, clock, embedder, maxBytes, onTrouble = () => {} } = options;
  const usearch = usearchOnce(options.usearch ?? loadUsearch, onTrouble);
  const isFilling = () => building.isRunning;
  const places = placedVectors({ clock, maxBytes, usearch, isFilling, onTrouble });
  let isClosed = false;
  let skipped = 0;
  let changes = 0;
  /** The last vector that was decoded: the next one is written over it. */
  let decoded: Float32Array | undefined;
  /** Undefined while nothing was there before the walk. */
  let sweeping: Sweep | undefined;
  let building = build();

  function build(): Rebuild {
    const built = rebuild({
      store,
      clock,
      add: (vector) => {
        addIfLater(vector);
        sweeping?.seen(vector.key);
      },
      finish: sweeping?.finish,
      onTrouble,
    });
    void built.done.then(places.settled);
    return built;
  }

  /** A vector under a key does not change, but for its entry's expiry. */
  function addIfLater(vector: StoredVector): void {
    if ((places.expiresAt(vector.key) ?? 0) < vector.expires) add(vector);
  }

  function add({ key, embedder: maker, vector: text, expires, ...place }: StoredVector): void {
    changes += 1;
    const vector = maker === embedder ? decodeVector(text, decoded) : undefined;
    decoded = vector ?? decoded;
    const isAdded = vector !== undefined && places.add(key, place, vector, expires);
    if (isAdded) return;
    places.remove(key);
    if (expires > clock.now()) skipped += 1;
  }

  function touch(keys: readonly string[]): void {
    building.touched(keys);
    if (building.isRunning) for (const key of keys) sweeping?.seen(key);
  }

  function remove(keys: readonly string[]): void {
    changes += 1;
    for (const key of keys) places.remove(key);
  }

  /** What is reported may be out of date: the key may have an entry again. Of a replacement, `onStored` is the report. */
  function removed(keys: readonly string[], cause: RemovalCause): void {
    if (isClosed || cause === 'replaced') return;
    touch(keys);
    remove(keys.filter((key) => store.holds?.(key) !== true));
  }

  function begin(): void {
    building.stop();
    changes += 1;
    skipped = 0;
    building = build();
  }

  function readAnew(): void {
    if (isClosed) return;
    sweeping = sweep({ store, keys: places.keys, remove: (key) => remove([key]) });
    begin();
  }

  hooks.onStored(({ key, meta }) => {
    if (isClosed) return;
    const vector = vectorIn(key, meta);
    // The vector that the store has for the entry is left beside it: what a walk brings is right.
    if (vector === undefined && meta.embedder !== undefined && store.vectors !== undefined)
      return places.renew(key, meta.expires);
    touch([key]);
    if (vector === undefined) remove([key]);
    else add(vector);
  });
  hooks.onRemoved(removed);
  hooks.onForgotten(() => {
    if (isClosed) return;
    // What other processes hold as well is still there.
    if (store.vectors !== undefined) return readAnew();
    places.clear();
    sweeping = undefined;
    begin();
  });

  return {
    nearest: places.nearest,
    add(vectors) {
      if (isClosed) return;
      touch(vectors.map(({ key }) => key));
      vectors.forEach(addIfLater);
    },
    remove(keys) {
      if (isClosed) return;
      touch(keys);
      remove(keys);
    },
    readAnew,
    changes: () => (building.isRunning ? Number.NaN : changes),
    progress: () => ({
      building: building.isRunning,
      walked: building.walked,
      of: building.of,
      indexed: places.size,
      places: places.places,
      skipped,
      dropped: places.dropped,
      bytes: places.bytes,
      trouble: building.trouble ?? usearch.trouble(),
    }),
    async built() {
      for (let last = building; ; last = building) {
        await last.done;
        await places.settled();
        if (last === building) return;
      }
    },
    close() {
      isClosed = true;
      building.stop();
      places.clear();
    },
  };
}
