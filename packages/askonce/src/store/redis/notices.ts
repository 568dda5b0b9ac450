/** Notices in Redis: a key each, without an expiry. */
import { AskonceError } from '../../errors.ts';
import type { Notices } from '../contract.ts';
import { controlKey, RedisScript, send } from './client.ts';
import type { RedisConnection } from './connection.ts';
import type { CheckedOptions } from './options.ts';
import { textOf } from './replies.ts';

const mostBytes = 65_536;

/** Key: the notice's. Arguments: the text, and the one that it may take the place of, if any. Replies what is there then. */
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
  throw new AskonceError('store_failed', `A notice has more than ${mostBytes} bytes.`);
}
