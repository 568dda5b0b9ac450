/** The invalidation log in Redis: numbered by the server, appended to and read by scripts, told of by a message. */
import { randomBytes } from 'node:crypto';
import { type LogReading, type LogRow, type LogStore, maxLogRows } from '../shared.ts';
import { controlKey } from './keys.ts';
import { type RedisClient, RedisScript, type Reply } from './server/client.ts';
import { listOf, textOf, unforeseen, wholeOf } from './server/replies.ts';
import type { Subscriber } from './server/subscriber.ts';

/* MERGED log-scripts.ts:
 * What the server does in one step for the invalidation log.
 *
 * Two keys of one slot: the head (a hash: generation, last, floor) and the rows (a stream, whose ids are `NUMBER-0`).
 * Neither expires. Where one of them is gone or they do not fit each other, because a server evicted it or somebody
 * deleted it, nobody knows any more what was taken back: then the log begins anew under another name, and everything
 * older is dead.
 *
 * A server that is full (noeviction) refuses what needs memory, unless the script has begun to write: so each begins
 * with a deletion. What is taken back must be known, is small, and makes room.
 */
/** Keys: head, rows. The second argument is the name that the log is given where it has none. */
const opening = `
local head, rows = KEYS[1], KEYS[2]
local function whole(number) return string.format('%.0f', number) end

local function kept()
  local found = redis.pcall('HMGET', head, 'generation', 'last', 'floor')
  local newest = redis.pcall('XREVRANGE', rows, '+', '-', 'COUNT', 1)
  if found.err or newest.err or not (found[1] and found[2] and found[3]) then return nil end
  local number = newest[1] and string.match(newest[1][1], '^%d+') or '0'
  if number ~= found[2] then return nil end
  return { generation = found[1], last = found[2], floor = found[3] }
end

local function log()
  local there = kept()
  if there then return there end
  redis.call('DEL', head, rows)
  redis.call('HSET', head, 'generation', ARGV[2], 'last', '0', 'floor', '1')
  return { generation = ARGV[2], last = '0', floor = '1' }
end
`;

/**
 * Arguments: the number to read from, a name, how many rows at most. Replies generation, last, floor and rows. Writes
 * only where the log has no name: replicas and servers that save nothing can be read.
 */
export const readLog = new RedisScript(`${opening}
local there = log()
local found = {}
if tonumber(ARGV[1]) <= tonumber(there.last) then
  found = redis.call('XRANGE', rows, ARGV[1], '+', 'COUNT', ARGV[3])
end
return { there.generation, there.last, there.floor, found }
`);

/**
 * Arguments: the number to stay above, a name, how many rows are kept, the channel, then id and text of each row;
 * at least one. Replies generation, last, floor and the number of each row.
 */
export const appendToLog = new RedisScript(`${opening}
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
-- A user who may not publish costs time, not truth: readers poll as well.
redis.pcall('PUBLISH', ARGV[4], '')
return { there.generation, whole(last), there.floor, numbers }
`);

export interface RedisLogOptions {
  readonly client: RedisClient;
  /** First part of every key. */
  readonly prefix: string;
  /** Time-out of a command, in ms. */
  readonly timeoutMs: number;
  readonly subscriber: Subscriber;
}

/** What must be loaded when the store opens. */
export const logScripts = [readLog, appendToLog] as const;

const rowsAtOnce = 1_000;

export function redisLog({ client, prefix, timeoutMs, subscriber }: RedisLogOptions): LogStore {
  const keys = [controlKey(prefix, 'log', 'head'), controlKey(prefix, 'log', 'rows')];
  const channel = `${prefix}:v1:log`;

  async function read(from: number): Promise<LogReading> {
    const reply = await readLog.run(client, keys, [from, newName(), rowsAtOnce], timeoutMs);
    const { head, rest } = headOf(reply);
    return { ...head, rows: listOf(rest).map(rowOf) };
  }

  return {
    read,
    async append(rows, above) {
      if (rows.length === 0) return { ...(await read(1)), rows: [] };
      const told = rows.flatMap(({ id, what }) => [id, what]);
      const args = [above, newName(), maxLogRows, channel, ...told];
      const { head, rest } = headOf(await appendToLog.run(client, keys, args, timeoutMs));
      const numbers = listOf(rest).map(wholeOf);
      const appended = rows.map(({ id, what }, at) => ({ number: numbers[at] ?? unforeseen(), id, what }));
      return { ...head, rows: appended };
    },
    // Messages were lost while there was no subscription: once there is one again, there may be something to read.
    onAppended: (listener) => subscriber.listen(channel, { onMessage: listener, onSubscribed: listener }),
  };
}

/** A name for a log that has none. */
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
