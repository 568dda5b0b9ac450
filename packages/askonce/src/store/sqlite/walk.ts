/** Walks the entries of the file with their metadata and their heat. */
import type { Clock } from '../../clock.ts';
import { openEntry } from '../../entry/codec.ts';
import type { EntryMeta } from '../../entry/entry.ts';
import type { KeyRing } from '../../entry/key-ring.ts';
import type { Scan, WalkedEntry } from '../contract.ts';
import { nextTurn } from '../filter.ts';
import { decodeVectorRecord } from '../vector-record.ts';
import type { Connection } from './file/connection.ts';
import type { HeatRow } from './reader.ts';

/** Bytes of values that are read in one turn of the event loop: about a millisecond. */
const bytesAtOnce = 1_048_576;

export interface FileWalkOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly keys: KeyRing | undefined;
  /** Resolves once everything that was accepted is in the file. */
  readonly flush: () => Promise<void>;
}

export function fileWalk({ connection, clock, keys, flush }: FileWalkOptions): Scan['walk'] {
  /** The metadata of one entry; undefined if it is gone or cannot be read. */
  async function metaOf(key: string, value: Uint8Array | undefined): Promise<EntryMeta | undefined> {
    try {
      const entry = value && (await openEntry(key, value, keys));
      return entry?.read().meta;
    } catch {
      // The lookup that finds the entry removes it.
      return undefined;
    }
  }

  /** The metadata with the vector that lies beside the entry. */
  function withVector(key: string, meta: EntryMeta | undefined): EntryMeta | undefined {
    const row = meta && connection.demand(({ vectors }) => vectors.of(key));
    if (meta === undefined || row === undefined || row === 'unmoved' || row.lease !== meta.lease) return meta;
    const record = decodeVectorRecord(key, row.record, keys);
    return record === undefined ? meta : { ...meta, embedder: record.embedder, vector: record.vector };
  }

  async function walked(rows: readonly HeatRow[]): Promise<readonly WalkedEntry[]> {
    const entries: WalkedEntry[] = [];
    let bytes = 0;
    for (const { key, hits, last } of rows) {
      const value = connection.demand((reader) => reader.value(key, clock.now()));
      const meta = withVector(key, await metaOf(key, value));
      if (meta !== undefined && meta.expires > clock.now())
        entries.push({ key, meta, hits, ...(hits > 0 && { lastHit: last }) });
      bytes += value?.length ?? 0;
      if (bytes < bytesAtOnce) continue;
      bytes = 0;
      await nextTurn();
    }
    return entries;
  }

  return async function* walk() {
    await flush();
    for (let after: number | undefined = 0; after !== undefined; ) {
      const from: number = after;
      const { rows, next } = connection.demand((reader) => reader.heats(from));
      const entries = await walked(rows);
      if (entries.length > 0) yield entries;
      after = next;
      await nextTurn();
    }
  };
}
