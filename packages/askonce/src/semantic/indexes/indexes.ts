/**
 * The vector indexes of one cache: derived from its entries, and never read for anything but their keys.
 *
 * An entry's metadata hold the vector of its question, so that it is written, encrypted and erased with the entry. The
 * indexes follow what is stored and removed, and are built from the store at the start. A key that they return may be
 * that of an entry that is gone by now: a candidate is always read again through the store.
 */
import type { Clock } from '../../clock.ts';
import type { EntryHooks } from '../../engine/entry-hooks.ts';
import type { EntryMeta } from '../../entry/entry.ts';
import { decodeVector } from '../../entry/vector.ts';
import type { RemovalCause } from '../../observe/causes.ts';
import { messageOf } from '../../observe/report.ts';
import type { Store } from '../../store/contract.ts';
import type { Neighbour } from '../contract.ts';
import type { Searched } from './place-table.ts';
import { placedVectors } from './places.ts';
import { rebuild } from './rebuild.ts';
import { loadUsearch, type Usearch } from './usearch.ts';

export interface VectorIndexesOptions {
  readonly hooks: Pick<EntryHooks, 'onStored' | 'onRemoved' | 'onForgotten'>;
  readonly store: Pick<Store, 'scan' | 'statistics' | 'holds'>;
  readonly clock: Clock;
  /** Fingerprint of the embedder, as in `EntryMeta.embedder`. Vectors of another one are left out. */
  readonly embedder: string;
  /** Bound on all indexes together, in bytes. */
  readonly maxBytes: number;
  /** Called with one sentence for the operator. */
  readonly onTrouble?: ((message: string) => void) | undefined;
  /** Loads the package `usearch`. If it rejects, vectors are scanned, and fewer can be held. */
  readonly usearch?: (() => Promise<Usearch>) | undefined;
}

interface IndexProgress {
  /** Whether the indexes are being built from the store. Lookups find what is there so far. */
  readonly building: boolean;
  /** Entries of the store that have been looked at, and how many it has; undefined if that is not known. */
  readonly walked: number;
  readonly of: number | undefined;
  /** Vectors in the indexes. */
  readonly indexed: number;
  /** Partitions, frames and languages with vectors. */
  readonly places: number;
  /** Entries whose vectors another embedder made, or that cannot be read. */
  readonly skipped: number;
  /** Vectors that were dropped to stay within the bounds. */
  readonly dropped: number;
  /** Estimated memory of all indexes. */
  readonly bytes: number;
}

export interface VectorIndexes {
  /** Keys of the entries with the nearest questions within a place, nearest first. None for a vector of another dimension. */
  nearest(place: Searched, vector: Float32Array, count: number): readonly Neighbour[];
  /** Removes entries that turned out to be gone. */
  remove(keys: readonly string[]): void;
  progress(): IndexProgress;
  /** Whether they are being built: the part of `progress` that costs nothing. */
  isBuilding(): boolean;
  /** Resolves once the indexes are built from the store, and everything that was added lies where it stays. */
  built(): Promise<void>;
  close(): void;
}

export function openVectorIndexes(options: VectorIndexesOptions): VectorIndexes {
  const { hooks, store, clock, embedder, maxBytes, onTrouble = () => {} } = options;
  const usearch = loadedOnce(options.usearch ?? loadUsearch, onTrouble);
  const places = placedVectors({ clock, maxBytes, usearch, onTrouble });
  let isClosed = false;
  let skipped = 0;
  let building = build();

  function build() {
    return rebuild({
      store,
      clock,
      add: ({ key, meta }) => {
        if (!places.has(key)) add(key, meta);
      },
      settled: places.settled,
      onTrouble,
    });
  }

  function add(key: string, meta: EntryMeta): void {
    const { embedder: maker, vector: text, expires, partition, frame, language } = meta;
    const vector = text === undefined || maker !== embedder ? undefined : decodeVector(text);
    const isAdded = vector !== undefined && places.add(key, { partition, frame, language }, vector, expires);
    if (isAdded) return;
    places.remove(key);
    if (text !== undefined && expires > clock.now()) skipped += 1;
  }

  /** What is reported may be out of date: the key may have an entry again. Of a replacement, `onStored` is the report. */
  function removed(keys: readonly string[], cause: RemovalCause): void {
    if (isClosed || cause === 'replaced') return;
    building.touched(keys);
    for (const key of keys) if (store.holds?.(key) !== true) places.remove(key);
  }

  hooks.onStored(({ key, meta }) => {
    if (isClosed) return;
    building.touched([key]);
    add(key, meta);
  });
  hooks.onRemoved(removed);
  hooks.onForgotten(() => {
    if (isClosed) return;
    building.stop();
    places.clear();
    skipped = 0;
    building = build();
  });

  return {
    nearest: places.nearest,
    remove(keys) {
      for (const key of keys) places.remove(key);
    },
    isBuilding: () => building.isRunning,
    progress: () => ({
      building: building.isRunning,
      walked: building.walked,
      of: building.of,
      indexed: places.size,
      places: places.places,
      skipped,
      dropped: places.dropped,
      bytes: places.bytes,
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

/** Loads the package when it is first needed. Resolves with undefined, and reports it once, if that fails. */
function loadedOnce(
  load: () => Promise<Usearch>,
  onTrouble: (message: string) => void,
): () => Promise<Usearch | undefined> {
  let loading: Promise<Usearch | undefined> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      onTrouble(
        `the package usearch could not be loaded (${messageOf(error)}): semantic lookups scan at most 20 000 vectors a place; install usearch to hold more`,
      );
      return undefined;
    });
    return loading;
  };
}
