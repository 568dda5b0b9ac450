/** Notices in Redis: a key each, without an expiry. */
import { AskonceError } from '../../errors.ts';
import type { Notices } from '../contract.ts';
import { controlKey, send } from './client.ts';
import type { RedisConnection } from './connection.ts';
import type { CheckedOptions } from './options.ts';
import { textOf } from './replies.ts';

const mostBytes = 65_536;

export function redisNotices(
  { client }: RedisConnection,
  { prefix, timeoutMs }: Pick<CheckedOptions, 'prefix' | 'timeoutMs'>,
): Notices {
  const keyOf = (name: string) => controlKey(prefix, `notice:${name}`);

  async function get(name: string): Promise<string | undefined> {
    const reply = await send(client, 'get', [keyOf(name)], timeoutMs);
    return reply === null ? undefined : textOf(reply);
  }

  return {
    get,
    async put(name, text) {
      await send(client, 'set', [keyOf(name), fitting(text)], timeoutMs);
    },
    async putNew(name, text) {
      const isNew = await send(client, 'set', [keyOf(name), fitting(text), 'NX'], timeoutMs);
      if (isNew !== null) return text;
      const there = await get(name);
      if (there !== undefined) return there;
      throw new AskonceError('store_failed', 'A notice in Redis went while it was read; try again.');
    },
  };
}

function fitting(text: string): string {
  if (Buffer.byteLength(text) <= mostBytes) return text;
  throw new AskonceError('store_failed', `A notice has more than ${mostBytes} bytes.`);
}
