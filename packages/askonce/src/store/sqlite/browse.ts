/** Pages of the entries in the file, in the order of their rows: a row that is written anew moves behind all others. */
import type { Clock } from '../../clock.ts';
import { openEntry } from '../../entry/codec.ts';
import type { Entry } from '../../entry/entry.ts';
import type { KeyRing } from '../../entry/key-ring.ts';
import type { Browse, BrowsedEntry } from '../browse.ts';
import { nextTurn } from '../filter.ts';
import type { Connection } from './file/connection.ts';
import type { Heat } from './reader.ts';

/** Rows, and bytes of values, that are read in one turn of the event loop: some milliseconds. */
const rowsAtOnce = 64;
const bytesAtOnce = 1_048_576;
/** Work for one page: rows, those of removed entries among them, and bytes of values that it reads. */
const mostRows = 4_096;
const mostBytes = 33_554_432;

export interface FileBrowseOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly keys: KeyRing | undefined;
  /** Resolves once everything that was accepted is in the file. */
  readonly flush: () => Promise<void>;
  /** Of the entry under a key, hits that are not in the file yet among them. */
  readonly heat: (key: string) => Heat | undefined;
}

const position = /^\d{1,15}$/;

export function fileBrowse({ connection, clock, keys, flush, heat }: FileBrowseOptions): Browse {
  /** Undefined if it is past its expiry or cannot be read; the lookup that finds it removes it. */
  async function opened(key: string, value: Uint8Array): Promise<Entry | undefined> {
    try {
      const entry = (await openEntry(key, value, keys))?.read();
      return entry !== undefined && entry.meta.expires > clock.now() ? entry : undefined;
    } catch {
      return undefined;
    }
  }

  const read = (key: string) => connection.demand((reader) => reader.value(key, clock.now()));

  return {
    async page(from, { limit, wants }) {
      if (from !== '' && !position.test(from)) return undefined;
      await flush();
      const found: BrowsedEntry[] = [];
      let rows = 0;
      let bytes = 0;
      let turnBytes = 0;
      for (let after: number | undefined = Number(from); after !== undefined; ) {
        const begin: number = after;
        const { rows: page, looked, next } = connection.demand((reader) => reader.heats(begin, rowsAtOnce));
        for (const { id, key, hits, last } of page) {
          const value = read(key);
          const entry = value && (await opened(key, value));
          const bodyBytes = entry?.recording.body.length ?? 0;
          const one = entry && { key, meta: entry.meta, bytes: bodyBytes, ...heatFrom({ hits, last }) };
          if (one !== undefined && wants(one)) found.push(one);
          bytes += value?.length ?? 0;
          turnBytes += value?.length ?? 0;
          if (found.length >= limit || bytes >= mostBytes) return { entries: found, next: String(id) };
          if (turnBytes < bytesAtOnce) continue;
          turnBytes = 0;
          await nextTurn();
        }
        after = next;
        rows += looked;
        if (after !== undefined && rows >= mostRows) return { entries: found, next: String(after) };
        turnBytes = 0;
        await nextTurn();
      }
      return { entries: found, next: undefined };
    },
    async look(key) {
      await flush();
      const value = read(key);
      const entry = value && (await opened(key, value));
      const known = entry && heat(key);
      return entry && { entry, ...(known && heatFrom(known)) };
    },
  };
}

function heatFrom({ hits, last }: Heat): Pick<BrowsedEntry, 'hits' | 'lastHit'> {
  return { hits, ...(hits > 0 && { lastHit: last }) };
}
