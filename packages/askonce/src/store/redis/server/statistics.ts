/** Figures of all masters, from `INFO`, `DBSIZE` and a sample of the keys. */
import { entryTest } from '../keys.ts';
import type { CheckedOptions } from '../options.ts';
import { allMastersOf, send } from './client.ts';
import type { RedisConnection } from './connection.ts';
import { listOf, textOf, wholeOf } from './replies.ts';

export type Info = Readonly<Record<string, string>>;

export interface RedisFigures {
  readonly entries: number;
  /** Present if `entries` is an estimate. */
  readonly entriesEstimated?: true;
  /** Memory that the servers use in all. */
  readonly bytes: number;
  /** Memory that they may use in all (`maxmemory`); absent if one of them has no bound, or does not say. */
  readonly maxBytes?: number;
  /** Since the servers started. */
  readonly evictions: number;
}

/** Size of the sample of keys that estimates the share of entries. Keys come in random order. */
const sampleSize = 1_000;

/** @throws the driver's error, or AskonceError `store_failed` if not every master can be asked */
export async function redisFigures(
  connection: RedisConnection,
  { prefix, timeoutMs }: Pick<CheckedOptions, 'prefix' | 'timeoutMs'>,
): Promise<RedisFigures> {
  const isEntry = entryTest(prefix);
  const all = await Promise.all(
    allMastersOf(connection.client).map(async (node) => {
      const [info, size, page] = await Promise.all([
        send(node, 'info', [], timeoutMs),
        send(node, 'dbsize', [], timeoutMs),
        send(node, 'scan', ['0', 'COUNT', sampleSize], timeoutMs),
      ]);
      const [next, keys] = listOf(page);
      const found = listOf(keys).map(textOf);
      return { info: infoOf(textOf(info)), size: wholeOf(size), isWhole: textOf(next) === '0', found };
    }),
  );
  let [entries, bytes, maxBytes, evictions] = [0, 0, 0, 0];
  for (const { info, size, isWhole, found } of all) {
    const count = found.filter(isEntry).length;
    entries += isWhole ? count : Math.round((size * count) / Math.max(1, found.length));
    bytes += Number(info['used_memory'] ?? 0);
    maxBytes += Number(info['maxmemory']) || Number.NaN;
    evictions += Number(info['evicted_keys'] ?? 0);
  }
  const isWhole = all.every((node) => node.isWhole);
  return {
    entries,
    ...(isWhole ? {} : { entriesEstimated: true }),
    bytes,
    ...(maxBytes > 0 && { maxBytes }),
    evictions,
  };
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
