/** Notices and marks in Redis: one key each. Notices never expire, a mark's key expires with the mark. */
import { AskonceError } from '../../errors.ts';
import type { Marks, Notices } from '../shared.ts';
import { controlKey } from './keys.ts';
import type { CheckedOptions } from './options.ts';
import { RedisScript, send } from './server/client.ts';
import type { RedisConnection } from './server/connection.ts';
import { textOf, wholeOf } from './server/replies.ts';

const mostBytes = 65_536;

/** Key: the notice. Arguments: the text, and optionally the text that it may replace. Replies the text then present. */
const putNotice = new RedisScript(`
local there = redis.call('GET', KEYS[1])
if there and there ~= ARGV[2] then return there end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
`);

export const noticeScripts: readonly RedisScript[] = [putNotice];

export function redisNotices(
  { client }: RedisConnection,
  { prefix, timeoutMs }: Pick<CheckedOptions, 'prefix' | 'timeoutMs'>,
): Notices {
  const keyOf = (name: string) => controlKey(prefix, `notice:${name}`);

  return {
    async get(name) {
      const reply = await send(client, 'get', [keyOf(name)], timeoutMs);
      return reply === null ? undefined : textOf(reply);
    },
    async put(name, text, over) {
      const args = [fitting(text), ...(over === undefined ? [] : [over])];
      return textOf(await putNotice.run(client, [keyOf(name)], args, timeoutMs));
    },
  };
}

function fitting(text: string): string {
  if (Buffer.byteLength(text) <= mostBytes) return text;
  throw new AskonceError('store_failed', `A notice must have at most ${mostBytes} bytes.`);
}

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
