/** What the servers tell about themselves by `INFO`, over all masters. */
import { mastersOf, send } from './client.ts';
import type { RedisConnection } from './connection.ts';
import { textOf } from './replies.ts';

export type Info = Readonly<Record<string, string>>;

export interface RedisFigures {
  /** Keys of the database: entries, and what is kept beside them. */
  readonly entries: number;
  /** That the servers use in all. */
  readonly bytes: number;
  /** Since the servers started. */
  readonly evictions: number;
}

/** @throws whatever the driver throws */
export async function redisFigures(connection: RedisConnection, timeoutMs: number): Promise<RedisFigures> {
  const figures = { entries: 0, bytes: 0, evictions: 0 };
  const nodes = mastersOf(connection.client);
  const replies = await Promise.all(
    nodes.map((node) =>
      Promise.all([send(node, 'info', [], timeoutMs), send(node, 'dbsize', [], timeoutMs)]),
    ),
  );
  for (const [reply, size] of replies) {
    const info = infoOf(textOf(reply));
    figures.entries += Number(size);
    figures.bytes += Number(info['used_memory'] ?? 0);
    figures.evictions += Number(info['evicted_keys'] ?? 0);
  }
  return figures;
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
