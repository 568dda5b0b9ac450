/**
 * Walks all entries by `SCAN`, master after master; never by `KEYS`, which blocks the whole server.
 *
 * Reading an entry counts as a use of it for the server's LRU: after a walk over everything, an eviction chooses among
 * entries that all look recently used.
 */
import type { Entry } from '../../../entry/entry.ts';
import type { Scan, WalkedEntry } from '../../contract.ts';
import { patternTest } from '../../filter.ts';
import { entryTest, scanPattern } from '../keys.ts';
import type { CheckedOptions } from '../options.ts';
import { allMastersOf, send } from '../server/client.ts';
import type { RedisConnection } from '../server/connection.ts';
import { listOf, textOf } from '../server/replies.ts';
import type { Heat, RedisHeat } from './heat.ts';
import { failedToRead } from './removal.ts';

const batchSize = 1_000;
/** Entries that a walk reads in one command: at most some 32 MB. */
const readAtOnce = 32;

export interface RedisScanOptions extends Pick<CheckedOptions, 'prefix' | 'timeoutMs'> {
  readonly connection: RedisConnection;
  /** Reads entries without counting hits or misses; undefined for one that is gone or cannot be read. */
  readonly read: (keys: readonly string[]) => Promise<readonly (Entry | undefined)[]>;
  readonly heatOf: RedisHeat['of'];
}

/** Keys that match a pattern of the server, master after master, in pages of about a thousand. */
export async function* pagesOf(
  { connection, timeoutMs }: Pick<RedisScanOptions, 'connection' | 'timeoutMs'>,
  match: string,
): AsyncGenerator<readonly string[]> {
  for (const node of allMastersOf(connection.client)) {
    let cursor = '0';
    do {
      const args = [cursor, 'MATCH', match, 'COUNT', batchSize];
      const page = await send(node, 'scan', args, timeoutMs).catch(failedToRead);
      const [next, found] = listOf(page);
      cursor = textOf(next);
      yield listOf(found).map(textOf);
    } while (cursor !== '0');
  }
}

export function redisScan({ connection, prefix, timeoutMs, read, heatOf }: RedisScanOptions): Scan {
  const isEntry = entryTest(prefix);

  async function* keysLike(pattern: string): AsyncGenerator<readonly string[]> {
    const match = scanPattern(prefix, pattern);
    const fits = patternTest(pattern);
    for await (const page of pagesOf({ connection, timeoutMs }, match)) {
      const keys = page.filter((key) => isEntry(key) && fits(key));
      // Also where no key fits: the caller sees that the walk goes on.
      for (let from = 0; from === 0 || from < keys.length; from += batchSize)
        yield keys.slice(from, from + batchSize);
    }
  }

  return {
    keys: keysLike,
    async *walk(): AsyncGenerator<readonly WalkedEntry[]> {
      for await (const keys of keysLike('*')) {
        for (let from = 0; from < keys.length; from += readAtOnce) {
          const some = keys.slice(from, from + readAtOnce);
          const [found, heats] = await Promise.all([read(some), heatOf(some)]);
          const entries = found.flatMap((entry, at) =>
            entry ? [{ key: entry.key, meta: entry.meta, ...shownHeat(heats[at]) }] : [],
          );
          if (entries.length > 0) yield entries;
        }
      }
    },
  };
}

function shownHeat({ hits, last }: Heat = { hits: 0, last: 0 }): Pick<WalkedEntry, 'hits' | 'lastHit'> {
  return { hits, ...(last > 0 && { lastHit: last }) };
}
