/**
 * A log in Redis (the invalidation log, the feed): numbered by the server, read and appended to by scripts, announced by a message.
 *
 * It has two keys of one slot: the head (a hash: generation, last, floor) and the rows (a stream, whose ids are
 * `NUMBER-0`). Neither expires. If one is gone or they do not match, because the server evicted one or a user deleted
 * it, the earlier invalidations are unknown: the log then begins anew under another name, and every older entry is dead.
 *
 * A full server (noeviction) refuses commands that need memory, unless the script has already written: so each script
 * begins with a deletion. An invalidation must be recorded, is small, and makes room.
 */
import { randomBytes } from 'node:crypto';
import type { LogReading, LogRow, LogStore } from '../shared.ts';
import { controlKey } from './keys.ts';
import { type RedisClient, RedisScript, type Reply } from './server/client.ts';
import { listOf, textOf, unforeseen, wholeOf } from './server/replies.ts';
import type { Subscriber } from './server/subscriber.ts';

/** Keys: head, rows. The second argument is the name for a log that has none. */
const opening = `
local head, rows = KEYS[1], KEYS[2]
local function whole(number) return string.format('%.0f', number) end

local function stored()
  local found = redis.pcall('HMGET', head, 'generation', 'last', 'floor')
  local newest = redis.pcall('XREVRANGE', rows, '+', '-', 'COUNT', 1)
  if found.err or newest.err or not (found[1] and found[2] and found[3]) then return nil end
  local number = newest[1] and string.match(newest[1][1], '^%d+') or '0'
  if number ~= found[2] then return nil end
  return { generation = found[1], last = found[2], floor = found[3] }
end

local function log()
  local there = stored()
  if there then return there end
  redis.call('DEL', head, rows)
  redis.call('HSET', head, 'generation', ARGV[2], 'last', '0', 'floor', '1')
  return { generation = ARGV[2], last = '0', floor = '1' }
end
`;

/**
 * Arguments: the number to read from, a name, the most rows. Replies generation, last, floor and rows. Writes only if the
 * log has no name, so that read-only replicas can be read.
 */
const readLog = new RedisScript(`${opening}
local there = log()
local found = {}
if tonumber(ARGV[1]) <= tonumber(there.last) then
  found = redis.call('XRANGE', rows, ARGV[1], '+', 'COUNT', ARGV[3])
end
return { there.generation, there.last, there.floor, found }
`);

/**
 * Arguments: the number to stay above, a name, the most rows in the log, the channel, then id and text of each row; at
 * least one row. Replies generation, last, floor and the number of each row.
 */
const appendToLog = new RedisScript(`${opening}
local there = log()
local last = math.max(tonumber(there.last), tonumber(ARGV[1]))
local numbers = {}
redis.call('HDEL', head, '')
for at = 5, #ARGV, 2 do
  last = last + 1
  numbers[#numbers + 1] = whole(last)
  redis.call('XADD', rows, whole(last) .. '-0', 'id', ARGV[at], 'what', ARGV[at + 1])
end
if redis.call('XTRIM', rows, 'MAXLEN', '=', ARGV[3]) > 0 then
  local oldest = redis.call('XRANGE', rows, '-', '+', 'COUNT', 1)[1]
  there.floor = string.match(oldest[1], '^%d+')
end
redis.call('HSET', head, 'last', whole(last), 'floor', there.floor)
-- A user without permission to publish costs time only: readers poll as well.
redis.pcall('PUBLISH', ARGV[4], '')
return { there.generation, whole(last), there.floor, numbers }
`);

export interface RedisLogOptions {
  readonly client: RedisClient;
  /** First part of every key. */
  readonly prefix: string;
  /** Names its keys and its channel. */
  readonly name: 'log' | 'feed';
  /** Rows that it holds at most. */
  readonly mostRows: number;
  /** Time-out of a command, in ms. */
  readonly timeoutMs: number;
  readonly subscriber: Subscriber;
}

/** Scripts that are loaded when the store opens. */
export const logScripts = [readLog, appendToLog] as const;

const rowsAtOnce = 1_000;

export function redisLog({
  client,
  prefix,
  name,
  mostRows,
  timeoutMs,
  subscriber,
}: RedisLogOptions): LogStore {
  const keys = [controlKey(prefix, name, 'head'), controlKey(prefix, name, 'rows')];
  const channel = `${prefix}:v1:${name}`;

  async function read(from: number): Promise<LogReading> {
    const reply = await readLog.run(client, keys, [from, newName(), rowsAtOnce], timeoutMs);
    const { head, rest } = headOf(reply);
    return { ...head, rows: listOf(rest).map(rowOf) };
  }

  return {
    read,
    async append(rows, above) {
      if (rows.length === 0) return { ...(await read(1)), rows: [] };
      const texts = rows.flatMap(({ id, what }) => [id, what]);
      const args = [above, newName(), mostRows, channel, ...texts];
      const { head, rest } = headOf(await appendToLog.run(client, keys, args, timeoutMs));
      const numbers = listOf(rest).map(wholeOf);
      const appended = rows.map(({ id, what }, at) => ({ number: numbers[at] ?? unforeseen(), id, what }));
      return { ...head, rows: appended };
    },
    // Without a subscription messages are lost: once there is one again, there may be new rows.
    onAppended: (listener) => subscriber.listen(channel, { onMessage: listener, onSubscribed: listener }),
  };
}

/** A random name for a log that has none. */
function newName(): string {
  return randomBytes(12).toString('base64url');
}

function headOf(reply: Reply): { head: Omit<LogReading, 'rows'>; rest: Reply } {
  const [generation, last, floor, rest] = listOf(reply);
  return {
    head: { generation: textOf(generation), last: wholeOf(last), floor: wholeOf(floor) },
    rest,
  };
}

/** A row of the stream: its id (`NUMBER-0`), and its fields' names and values. */
function rowOf(reply: Reply): LogRow {
  const [id, fields] = listOf(reply);
  const number = Number.parseInt(textOf(id), 10);
  const [, rowId, , what] = listOf(fields);
  return { number, id: textOf(rowId), what: textOf(what) };
}
