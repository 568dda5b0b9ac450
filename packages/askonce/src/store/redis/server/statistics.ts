/** What the servers tell about themselves by `INFO`, over all masters. */

import { entryTest } from '../keys.ts';
import type { CheckedOptions } from '../options.ts';
import { allMastersOf, send } from './client.ts';
import type { RedisConnection } from './connection.ts';
import { listOf, textOf, wholeOf } from './replies.ts';

export type Info = Readonly<Record<string, string>>;

export interface RedisFigures {
  readonly entries: number;
  /** Present where `entries` is an estimate. */
  readonly entriesEstimated?: true;
  /** That the servers use in all. */
  readonly bytes: number;
  /** Since the servers started. */
  readonly evictions: number;
}

/** Keys that a server is asked for to tell how many of them are entries. They come in no order. */
const sampleSize = 1_000;

/** @throws whatever the driver throws; AskonceError `store_failed` where not every master can be asked */
export async function redisFigures(
  connection: RedisConnection,
  { prefix, timeoutMs }: Pick<CheckedOptions, 'prefix' | 'timeoutMs'>,
): Promise<RedisFigures> {
  const isEntry = entryTest(prefix);
  const all = await Promise.all(
    allMastersOf(connection.client).map(async (node) => {
      const [told, size, page] = await Promise.all([
        send(node, 'info', [], timeoutMs),
        send(node, 'dbsize', [], timeoutMs),
        send(node, 'scan', ['0', 'COUNT', sampleSize], timeoutMs),
      ]);
      const [next, keys] = listOf(page);
      const found = listOf(keys).map(textOf);
      return { info: infoOf(textOf(told)), size: wholeOf(size), isWhole: textOf(next) === '0', found };
    }),
  );
  let [entries, bytes, evictions] = [0, 0, 0];
  for (const { info, size, isWhole, found } of all) {
    const count = found.filter(isEntry).length;
    entries += isWhole ? count : Math.round((size * count) / Math.max(1, found.length));
    bytes += Number(info['used_memory'] ?? 0);
    evictions += Number(info['evicted_keys'] ?? 0);
  }
  const isWhole = all.every((node) => node.isWhole);
  return { entries, ...(isWhole ? {} : { entriesEstimated: true }), bytes, evictions };
}

/** `name:value` lines. */
export function infoOf(text: string): Info {
  const lines = text.split('\r\n').filter((line) => line.includes(':') && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line): [string, string] => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 1),
    ]),
  );
}
