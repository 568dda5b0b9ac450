/** Marks in Redis: a key each, which expires with the mark. */
import type { Marks } from '../contract.ts';
import { controlKey, send } from './client.ts';
import type { RedisConnection } from './connection.ts';
import type { CheckedOptions } from './options.ts';
import { wholeOf } from './replies.ts';

export function redisMarks(connection: RedisConnection, settings: CheckedOptions): Marks {
  const { prefix, budgetMs, timeoutMs, clock } = settings;
  const { client } = connection;
  const keyOf = (name: string) => controlKey(prefix, `mark:${name}`);

  async function remove(name: string): Promise<void> {
    await send(client, 'unlink', [keyOf(name)], timeoutMs);
  }

  return {
    async get(name) {
      const reply = await send(client, 'get', [keyOf(name)], budgetMs);
      if (reply === null) return undefined;
      const until = wholeOf(reply);
      return until > clock.now() ? until : undefined;
    },
    async put(name, until) {
      const life = Math.ceil(until - clock.now());
      if (life <= 0) return await remove(name);
      await send(client, 'set', [keyOf(name), Math.ceil(until), 'PX', life], budgetMs);
    },
    remove,
  };
}
