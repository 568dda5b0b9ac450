/**
 * Vectors in the file: a row beside each entry that has one, which is written, removed and replaced with it.
 *
 * A release before had them in the values of entries. The first walk moves them out, a page at a time.
 */
import type { Clock } from '../../../clock.ts';
import { openEntry } from '../../../entry/codec.ts';
import type { EntryMeta } from '../../../entry/entry.ts';
import type { KeyRing } from '../../../entry/key-ring.ts';
import { AskonceError } from '../../../errors.ts';
import { nextTurn } from '../../filter.ts';
import { decodeVectorRecord, encodeVectorRecord } from '../../vector-record.ts';
import type { NewVector, StoredVector, Vectors } from '../../vectors.ts';
import type { Connection } from '../file/connection.ts';
import type { Operation } from '../write/messages.ts';
import type { Settled, WriteQueue } from '../write/queue.ts';
import type { Writing } from '../write/writing.ts';
import type { VectorRow } from './reader.ts';

export interface FileVectorsOptions {
  readonly queue: WriteQueue;
  readonly connection: Connection;
  readonly writing: Writing;
  readonly clock: Clock;
  readonly keys: KeyRing | undefined;
  /** Whether the last write of a key is not in the file yet. */
  readonly isWaiting: (key: string) => boolean;
  /** Resolves once everything that was accepted is in the file. */
  readonly flush: () => Promise<void>;
}

/** Keys that are looked up in one turn of the event loop: about a millisecond. */
const lookedUpAtOnce = 128;
/** Values that are read in one turn of the event loop, to find the vectors in them. */
const openedAtOnce = 32;

/** What is known of the entry of a vector. */
type Place = Pick<EntryMeta, 'partition' | 'frame' | 'language' | 'lease'>;

export function fileVectors(options: FileVectorsOptions): Vectors {
  const { queue, connection, writing, clock, keys, isWaiting, flush } = options;

  /** Later steps must see what this process has written. */
  async function caughtUp(wanted: readonly string[]): Promise<void> {
    if (wanted.some(isWaiting)) await flush();
  }

  function stored({ record, ...row }: VectorRow): StoredVector | undefined {
    const read = decodeVectorRecord(row.key, record, keys);
    return read && { ...row, ...read };
  }

  /** The metadata in the value of an entry, which an earlier release may have written; undefined if it is gone or cannot be read. */
  async function metaOf(key: string): Promise<EntryMeta | undefined> {
    const value = connection.demand((reader) => reader.value(key, clock.now()));
    try {
      const entry = value && (await openEntry(key, value, keys));
      const meta = entry?.read().meta;
      return meta !== undefined && meta.expires > clock.now() ? meta : undefined;
    } catch {
      return undefined;
    }
  }

  async function unmovedVector(key: string): Promise<StoredVector | undefined> {
    const meta = await metaOf(key);
    if (meta?.vector === undefined || meta.embedder === undefined) return undefined;
    const { lease, partition, frame, language, expires, embedder, vector } = meta;
    return { key, lease, partition, frame, language, expires, embedder, vector };
  }

  async function getOne(key: string): Promise<StoredVector | undefined> {
    const row = connection.demand(({ vectors }) => vectors.of(key));
    if (row === 'unmoved') return await unmovedVector(key);
    return row !== undefined && row.expires > clock.now() ? stored(row) : undefined;
  }

  async function placeOf(key: string): Promise<Place | undefined> {
    return (await getOne(key)) ?? (await metaOf(key));
  }

  function written(operation: Operation): Promise<Settled> {
    return new Promise((resolve) => {
      if (connection.writer === undefined || !queue.hasRoomFor(bytesOf(operation))) resolve('failed');
      else writing.add(operation, resolve);
    });
  }

  async function put({ key, lease, embedder, vector }: NewVector): Promise<boolean> {
    await caughtUp([key]);
    const place = await placeOf(key);
    if (place?.lease !== lease) return false;
    const { partition, frame, language } = place;
    const record = encodeVectorRecord(key, { partition, frame, language, embedder, vector }, keys);
    const outcome = await written({ type: 'vector', key, lease, record, isMoved: false });
    if (outcome === 'failed')
      throw new AskonceError('store_failed', 'The SQLite store could not replace the vector of an entry.');
    return outcome === 'stored';
  }

  /** The vectors in the values of these entries, which are now beside them; whether all of them are. */
  async function moved(wanted: readonly string[]) {
    const found: StoredVector[] = [];
    for (const [at, key] of wanted.entries()) {
      if (at % openedAtOnce === openedAtOnce - 1) await nextTurn();
      const vector = await unmovedVector(key);
      if (vector !== undefined) found.push(vector);
    }
    const outcomes = await Promise.all(
      found.map(({ key, lease, ...vector }) => {
        const record = encodeVectorRecord(key, vector, keys);
        return written({ type: 'vector', key, lease, record, isMoved: true });
      }),
    );
    return { found, areAll: !outcomes.includes('failed') };
  }

  /** Moves the vectors of an earlier release out of its entries. */
  async function* moving(): AsyncGenerator<readonly StoredVector[]> {
    const last = connection.demand(({ vectors }) => vectors.unmoved());
    let areAllMoved = true;
    for (let after: number | undefined = last > 0 ? 0 : undefined; after !== undefined; ) {
      const from: number = after;
      const page = connection.demand(({ vectors }) => vectors.unmovedPage(from, last));
      const { found, areAll } = await moved(page.keys);
      areAllMoved &&= areAll;
      yield found;
      after = page.next;
      await nextTurn();
    }
    if (last > 0 && areAllMoved) await written({ type: 'vectors-moved', unmoved: last });
  }

  return {
    async getMany(wanted) {
      await caughtUp(wanted);
      const found: (StoredVector | undefined)[] = [];
      for (const [at, key] of wanted.entries()) {
        if (at % lookedUpAtOnce === lookedUpAtOnce - 1) await nextTurn();
        found.push(await getOne(key));
      }
      return found;
    },
    async *walk() {
      await flush();
      yield* moving();
      for (let after: number | undefined = 0; after !== undefined; ) {
        const from: number = after;
        const { rows, next } = connection.demand(({ vectors }) => vectors.page(from, clock.now()));
        yield rows.flatMap((row) => stored(row) ?? []);
        after = next;
        await nextTurn();
      }
    },
    put,
  };
}

function bytesOf(operation: Operation): number {
  return operation.type === 'vector' ? operation.record.length : 0;
}
