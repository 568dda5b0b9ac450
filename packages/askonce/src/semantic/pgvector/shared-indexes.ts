/** The indexes of one cache in a database that it shares: lookups search it, and the background brings it up to date. */
import { systemClock } from '../../clock.ts';
import type { EntryMeta } from '../../entry/entry.ts';
import type { StoredVector } from '../../store/vectors.ts';
import type { VectorIndexes, VectorIndexesOpener, VectorIndexesOptions } from '../indexes/contract.ts';
import { background } from './background.ts';
import { type DatabaseOptions, indexDatabase } from './database.ts';
import { erasing } from './erasing.ts';
import { searching } from './searching.ts';
import type { FindVectorKind } from './vector-kind.ts';

export interface SharedIndexesOptions extends DatabaseOptions {
  /** How vectors are stored. Default: by pgvector. */
  readonly findKind?: FindVectorKind | undefined;
  readonly budgetMs?: number | undefined;
  /** Vectors of a place up to which all are compared. Default 4 000. */
  readonly mostScanned?: number | undefined;
}

/** Searches at a time, for each connection. */
const searchesOfConnection = 8;

/** @throws AskonceError `invalid_settings` if the URL cannot be read. */
export function sharedIndexes(options: SharedIndexesOptions): VectorIndexesOpener {
  // An erasure has connections of its own, whether or not the index is open: it must reach what another process wrote.
  const connect = () => indexDatabase({ ...options, poolSize: 1 }, options.findKind);
  // Connects to nothing: a URL that cannot be read is refused now.
  void connect().close();
  const { erase } = erasing({ connect, clock: systemClock });
  return Object.assign((given: VectorIndexesOptions) => opened(given, options), { erase, isClear: true });
}

function opened(given: VectorIndexesOptions, options: SharedIndexesOptions): VectorIndexes {
  const { hooks, store, clock, embedder, dimension, onTrouble = () => {} } = given;
  const { poolSize = 4, budgetMs = 100, mostScanned = 4_000 } = options;
  const database = indexDatabase(options, options.findKind);
  const search = searching({
    ...{ database, clock, budgetMs, mostScanned },
    mostAtOnce: poolSize * searchesOfConnection,
    onOpened(message) {
      onTrouble(`the index in PostgreSQL is not asked for some seconds: ${message}`);
      kept.doubt();
    },
  });
  const kept = background({
    ...{ database, store, clock, embedder, dimension, onTrouble },
    onOrder: () => search.recovered(),
  });
  let closing: Promise<void> | undefined;

  hooks.onStored(({ key, meta }) => {
    // One without a vector may replace one that had one.
    kept.mark([key], store.vectors === undefined ? vectorOf(key, meta) : undefined);
  });
  // Of a replacement, `onStored` is the report.
  hooks.onRemoved((keys, cause) => {
    if (cause !== 'replaced') kept.mark(keys);
  });
  hooks.onForgotten(() => kept.want());

  return {
    nearest(place, vector, count) {
      kept.learn(vector.length);
      const current = kept.current();
      return current === undefined ? [] : search.nearest(current, place, vector, count);
    },
    add: (vectors) => kept.markLater(vectors.map(({ key }) => key)),
    remove: (keys) => kept.mark(keys),
    readAnew: () => kept.want(),
    // Other processes change what is found.
    changes: () => Number.NaN,
    progress() {
      const { isBuilding, walked, of, skipped, indexed, trouble } = kept.status();
      return {
        ...{ building: isBuilding, walked, of, skipped, indexed },
        ...{ places: 0, dropped: 0, bytes: 0 },
        trouble: search.trouble() ?? trouble,
      };
    },
    built: () => kept.caughtUp(),
    close() {
      closing ??= kept.stop().then(() => database.close());
      return closing;
    },
  };
}

function vectorOf(key: string, meta: EntryMeta): StoredVector | undefined {
  const { lease, partition, frame, language, expires, embedder, vector } = meta;
  if (embedder === undefined || vector === undefined) return undefined;
  return { key, lease, partition, frame, language, expires, embedder, vector };
}
