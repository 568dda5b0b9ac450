/**
 * The vector indexes of one cache in the memory of this process. They follow what is stored and removed, and are built from
 * the store at the start.
 */
import type { EntryMeta } from '../../entry/entry.ts';
import { decodeVector } from '../../entry/vector.ts';
import type { RemovalCause } from '../../observe/causes.ts';
import { messageOf } from '../../observe/report.ts';
import type { StoredVector } from '../../store/vectors.ts';
import type { VectorIndexes, VectorIndexesOptions } from './contract.ts';
import { placedVectors } from './places.ts';
import { rebuild } from './rebuild.ts';
import { loadUsearch, type Usearch } from './usearch.ts';

/** The options of indexes in this process. */
export interface ProcessIndexesOptions extends VectorIndexesOptions {
  /** Loads the package `usearch`. If it rejects, vectors are scanned, and fewer can be held. */
  readonly usearch?: (() => Promise<Usearch>) | undefined;
}

export function openVectorIndexes(options: ProcessIndexesOptions): VectorIndexes {
  const { hooks, store, clock, embedder, maxBytes, onTrouble = () => {} } = options;
  const usearch = loadedOnce(options.usearch ?? loadUsearch, onTrouble);
  const places = placedVectors({ clock, maxBytes, usearch, onTrouble });
  let isClosed = false;
  let skipped = 0;
  let changes = 0;
  let building = build();

  function build() {
    return rebuild({
      store,
      clock,
      add: ({ key, meta }) => {
        if (!places.has(key)) add(vectorIn(key, meta));
      },
      settled: places.settled,
      onTrouble,
    });
  }

  function add({ key, embedder: maker, vector: text, expires, ...place }: Followed): void {
    changes += 1;
    const vector = text === undefined || maker !== embedder ? undefined : decodeVector(text);
    const isAdded = vector !== undefined && places.add(key, place, vector, expires);
    if (isAdded) return;
    places.remove(key);
    if (text !== undefined && expires > clock.now()) skipped += 1;
  }

  function remove(keys: readonly string[]): void {
    changes += 1;
    for (const key of keys) places.remove(key);
  }

  /** What is reported may be out of date: the key may have an entry again. Of a replacement, `onStored` is the report. */
  function removed(keys: readonly string[], cause: RemovalCause): void {
    if (isClosed || cause === 'replaced') return;
    building.touched(keys);
    remove(keys.filter((key) => store.holds?.(key) !== true));
  }

  function begin(): void {
    changes += 1;
    building.stop();
    skipped = 0;
    building = build();
  }

  hooks.onStored(({ key, meta }) => {
    if (isClosed) return;
    building.touched([key]);
    add(vectorIn(key, meta));
  });
  hooks.onRemoved(removed);
  hooks.onForgotten(() => {
    if (isClosed) return;
    places.clear();
    begin();
  });

  return {
    nearest: places.nearest,
    add(vectors) {
      if (isClosed) return;
      for (const vector of vectors) {
        building.touched([vector.key]);
        add(vector);
      }
    },
    remove,
    readAnew() {
      if (!isClosed) begin();
    },
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

/** An entry, as far as the indexes follow it. */
type Followed = Pick<StoredVector, 'key' | 'partition' | 'frame' | 'language' | 'expires'> &
  Pick<EntryMeta, 'embedder' | 'vector'>;

function vectorIn(key: string, meta: EntryMeta): Followed {
  const { partition, frame, language, expires, embedder, vector } = meta;
  return { key, partition, frame, language, expires, embedder, vector };
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
