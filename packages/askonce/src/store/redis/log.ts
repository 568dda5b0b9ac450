/** The invalidation log in Redis: numbered by the server, appended to and read by scripts, told of by a message. */
import { randomBytes } from 'node:crypto';
import type { LogReading, LogRow, LogStore } from '../contract.ts';
import { maxLogRows } from '../contract.ts';
import type { RedisClient, Reply } from './client.ts';
import { controlKey } from './client.ts';
import { appendToLog, readLog } from './log-scripts.ts';
import { listOf, textOf, unforeseen, wholeOf } from './replies.ts';
import type { Subscriber } from './subscriber.ts';

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
