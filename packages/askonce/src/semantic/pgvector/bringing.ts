/**
 * Brings rows up to date with the store, which alone says what is right: a vector that the store has is written, one that it
 * lacks is removed.
 */
import { type Clock, tooSlow, within } from '../../clock.ts';
import { decodeVector } from '../../entry/vector.ts';
import type { Run } from '../../postgres/connections.ts';
import type { StoredVector, Vectors } from '../../store/vectors.ts';
import type { IndexDatabase } from './database.ts';
import type { Placed, VectorRows } from './vector-rows.ts';

export interface BringingOptions {
  readonly database: Pick<IndexDatabase, 'transaction'>;
  readonly clock: Clock;
  /** Fingerprint of the embedder: vectors of another one have no row. */
  readonly embedder: string;
  /** Undefined for a store that cannot be asked: then what was reported counts. */
  readonly vectors: Pick<Vectors, 'getMany'> | undefined;
}

/** What was reported of keys: their vectors, or undefined for those that are to be read or are gone. */
type Reported = ReadonlyMap<string, StoredVector | undefined>;

export interface Bringing {
  /**
   * Reads keys from the store and brings their rows up to date. Resolves with the keys that have changed meanwhile.
   *
   * @param skips whether a row of the same lease and expiry is left as it is
   */
  keys(rows: VectorRows, reported: Reported, skips: boolean): Promise<readonly string[]>;
  /** Writes vectors that were read from the store just now, where they are missing; as `keys` does. */
  missing(rows: VectorRows, read: readonly StoredVector[]): Promise<Brought>;
}

interface Brought {
  readonly written: number;
  readonly changed: readonly string[];
}

/** Components of one statement: some milliseconds of this process. */
const componentsAtOnce = 32_768;
/** How long the store may take, in ms. While rows are locked it is asked again. */
const storeMs = 5_000;
const checkMs = 1_000;
/**
 * Held by each transaction that writes, and by an erasure alone: so an erasure waits for those that may have read the store
 * before it. The number has no meaning.
 */
export const writeLock = 7_010_413_620_020;

/** Vectors of one transaction. */
export function vectorsAtOnce(dimension: number): number {
  return Math.max(1, Math.floor(componentsAtOnce / dimension));
}

export function bringing({ database, clock, embedder, vectors }: BringingOptions): Bringing {
  async function inTime<T>(ms: number, pending: Promise<T>): Promise<T> {
    const outcome = await within(clock, ms, pending);
    if (outcome === tooSlow) throw new Error(`the store took more than ${ms} ms to read vectors`);
    return outcome;
  }

  function placed(vector: StoredVector | undefined, { dimension }: VectorRows): Placed | undefined {
    if (vector === undefined || vector.embedder !== embedder || vector.expires <= clock.now())
      return undefined;
    const components = decodeVector(vector.vector);
    if (components?.length !== dimension) return undefined;
    const { key, lease, partition, frame, language, expires } = vector;
    return { key, lease, partition, frame, language, expires, vector: components };
  }

  /**
   * What is written is looked up in the store once more, before it is committed. Deleting an entry comes before deleting its
   * row: so either this finds the entry gone, or the other deletion finds the row.
   */
  async function write(run: Run, rows: VectorRows, fresh: readonly Placed[]): Promise<Brought> {
    if (fresh.length === 0) return { written: 0, changed: [] };
    await rows.write(run, fresh);
    if (vectors === undefined) return { written: fresh.length, changed: [] };
    const keys = fresh.map(({ key }) => key);
    const now = await inTime(checkMs, vectors.getMany(keys));
    const changed = fresh.filter(({ lease }, index) => now[index]?.lease !== lease).map(({ key }) => key);
    if (changed.length > 0) await rows.remove(run, changed);
    return { written: fresh.length - changed.length, changed };
  }

  async function lacking(run: Run, rows: VectorRows, wanted: readonly Placed[]): Promise<readonly Placed[]> {
    const stamps = await rows.stamps(
      run,
      wanted.map(({ key }) => key),
    );
    return wanted.filter(({ key, lease, expires }) => {
      const there = stamps.get(key);
      return there === undefined || there.lease !== lease || there.expires !== expires;
    });
  }

  function transaction<T>(work: (run: Run) => Promise<T>): Promise<T> {
    return database.transaction(async (run) => {
      await run(`SELECT pg_advisory_xact_lock_shared(${writeLock})`);
      return work(run);
    });
  }

  return {
    async keys(rows, reported, skips) {
      const keys = [...reported.keys()];
      const read =
        vectors === undefined
          ? keys.map((key) => reported.get(key))
          : await inTime(storeMs, vectors.getMany(keys));
      const wanted = read.flatMap((vector) => placed(vector, rows) ?? []);
      const there = new Set(wanted.map(({ key }) => key));
      const gone = keys.filter((key) => !there.has(key));
      const { changed } = await transaction(async (run) => {
        if (gone.length > 0) await rows.remove(run, gone);
        return write(run, rows, skips ? await lacking(run, rows, wanted) : wanted);
      });
      return changed;
    },
    missing(rows, read) {
      const wanted = read.flatMap((vector) => placed(vector, rows) ?? []);
      return transaction(async (run) => write(run, rows, await lacking(run, rows, wanted)));
    },
  };
}
