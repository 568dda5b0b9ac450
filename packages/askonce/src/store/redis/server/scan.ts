/** Walks all entries by `SCAN`, master after master; never `KEYS`, which holds the whole server up. */
import type { Scan } from '../../contract.ts';
import type { CheckedOptions } from '../options.ts';
import { allMastersOf, send } from './client.ts';
import type { RedisConnection } from './connection.ts';
import { listOf, textOf } from './replies.ts';

const batchSize = 1_000;

export function redisScan(
  connection: RedisConnection,
  { prefix, timeoutMs }: Pick<CheckedOptions, 'prefix' | 'timeoutMs'>,
): Scan {
  const front = `${prefix}:v1:`;

  const isEntry = entryTest(prefix);

  return {
    async *keys(pattern) {
      const match = `${escaped(front, /[*?[\]\\^-]/g)}${escaped(pattern, /[[\]\\^-]/g)}`;
      for (const node of allMastersOf(connection.client)) {
        let cursor = '0';
        do {
          const page = await send(node, 'scan', [cursor, 'MATCH', match, 'COUNT', batchSize], timeoutMs);
          const [next, found] = listOf(page);
          cursor = textOf(next);
          const keys = listOf(found).map(textOf).filter(isEntry);
          for (let from = 0; from < keys.length; from += batchSize) yield keys.slice(from, from + batchSize);
        } while (cursor !== '0');
      }
    },
  };
}

/** Tells keys of entries from others: control keys, whose braces are in front, leases and flights beside an entry. */
export function entryTest(prefix: string): (key: string) => boolean {
  const front = `${prefix}:v1:`;
  return (key) => key.startsWith(front) && key[front.length] !== '{' && /\}(?::neg)?$/.test(key);
}

function escaped(text: string, specials: RegExp): string {
  return text.replace(specials, '\\$&');
}
