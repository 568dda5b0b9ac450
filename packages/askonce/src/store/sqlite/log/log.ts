/**
 * A log in the file (the invalidation log, the feed), one for all processes that have it open.
 *
 * The writer's thread appends; the store's own thread reads. Listeners are called at once for this store's appends; rows
 * of another process are found at the next read.
 *
 * A file that could not be used from the start (a read-only disk) holds no entry that could be invalidated. Its log is
 * then empty, under a name of this process's own, so that the memory tier above may be served. An invalidation meanwhile
 * cannot be recorded, and is refused.
 */
import { randomBytes } from 'node:crypto';
import { AskonceError } from '../../../errors.ts';
import { Listeners } from '../../listeners.ts';
import type { LogReading, LogStore } from '../../shared.ts';
import type { Connection } from '../file/connection.ts';
import type { LogName } from '../write/messages.ts';
import type { WriteQueue } from '../write/queue.ts';
import type { Writing } from '../write/writing.ts';

export function fileLog(
  name: LogName,
  queue: WriteQueue,
  connection: Connection,
  writing: Writing,
): LogStore {
  const appended = new Listeners();
  const withoutFile: LogReading = {
    generation: randomBytes(16).toString('hex'),
    last: 0,
    floor: 1,
    rows: [],
  };
  return {
    read: async (from) =>
      connection.neverOpen ? withoutFile : connection.demand((reader) => reader.logs[name].read(from)),
    append: (rows, above) =>
      new Promise((resolve, reject) => {
        const failed = () =>
          reject(new AskonceError('store_failed', 'The SQLite store could not append to its log.'));
        if (connection.writer === undefined || !queue.hasRoomForRemoval) return failed();
        writing.add(
          { type: 'append', log: name, rows: rows.map(({ id, what }) => ({ id, what })), above },
          (outcome) => {
            if (typeof outcome === 'string' || outcome.type !== 'appended') return failed();
            appended.call();
            resolve(outcome.reading);
          },
        );
      }),
    onAppended: (listener) => appended.add(listener),
  };
}
