/**
 * The invalidation log in the file, one for all processes that have it open.
 *
 * Appended to by the writer's thread, and read on the store's own. Listeners hear at once of what this store appends;
 * what another process appends is found when the log is next read.
 */
import { AskonceError } from '../../errors.ts';
import type { LogStore } from '../contract.ts';
import { Listeners } from '../listeners.ts';
import type { Connection } from './connection.ts';
import type { WriteQueue } from './write-queue.ts';
import type { Writing } from './writing.ts';

export function fileLog(queue: WriteQueue, connection: Connection, writing: Writing): LogStore {
  const appended = new Listeners();
  return {
    read: async (from) => connection.demand((reader) => reader.log.read(from)),
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
