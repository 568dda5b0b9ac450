/**
 * The invalidation log in the file, one for all processes that have it open.
 *
 * Appended to by the writer's thread, and read on the store's own. Listeners hear at once of what this store appends;
 * what another process appends is found when the log is next read.
 *
 * A file that could not be used from the start (a read-only disk) holds nothing, so that nothing of it could be taken
 * back: its log is then empty and has a name of this process's own, and what lies in memory above it may be served. What
 * is taken back meanwhile cannot be recorded, and is refused.
 */
import { randomBytes } from 'node:crypto';
import { AskonceError } from '../../../errors.ts';
import { Listeners } from '../../listeners.ts';
import type { LogReading, LogStore } from '../../shared.ts';
import type { Connection } from '../file/connection.ts';
import type { WriteQueue } from '../write/queue.ts';
import type { Writing } from '../write/writing.ts';

export function fileLog(queue: WriteQueue, connection: Connection, writing: Writing): LogStore {
  const appended = new Listeners();
  const withoutFile: LogReading = {
    generation: randomBytes(16).toString('hex'),
    last: 0,
    floor: 1,
    rows: [],
  };
  return {
    read: async (from) =>
      connection.neverOpen ? withoutFile : connection.demand((reader) => reader.log.read(from)),
    append: (rows, above) =>
      new Promise((resolve, reject) => {
        const failed = () =>
          reject(new AskonceError('store_failed', 'The SQLite store could not append to its log.'));
        if (connection.writer === undefined || !queue.hasRoomForRemoval) return failed();
        writing.add(
          { type: 'append', rows: rows.map(({ id, what }) => ({ id, what })), above },
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
