/** Notices in the file, which all processes that have it open share. */
import { AskonceError } from '../../errors.ts';
import type { Notices } from '../contract.ts';
import type { Connection } from './connection.ts';
import type { WriteQueue } from './write-queue.ts';
import type { Writing } from './writing.ts';

const longestName = 256;
const longestText = 65_536;

export function fileNotices(queue: WriteQueue, connection: Connection, writing: Writing): Notices {
  return {
    get: async (name) => connection.demand((reader) => reader.notice(name)),
    // Answers once it is committed.
    put: (name, text, over) =>
      new Promise((resolve, reject) => {
        const failed = () =>
          reject(new AskonceError('store_failed', 'The SQLite store could not keep a notice.'));
        const isFit = name.length <= longestName && Buffer.byteLength(text) <= longestText;
        if (!isFit || connection.writer === undefined || !queue.hasRoomForRemoval) return failed();
        writing.add({ type: 'notice', name, text, over }, (outcome) =>
          typeof outcome === 'string' || outcome.type !== 'noticed' ? failed() : resolve(outcome.text),
        );
      }),
  };
}
