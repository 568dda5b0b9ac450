/** Notices in the file, which all processes that have it open share. */
import { AskonceError } from '../../errors.ts';
import type { Notices } from '../contract.ts';
import type { Connection } from './connection.ts';
import type { WriteQueue } from './write-queue.ts';
import type { Writing } from './writing.ts';

const longestName = 256;
const longestText = 65_536;

export function fileNotices(queue: WriteQueue, connection: Connection, writing: Writing): Notices {
  /** The text that is there once it is committed. */
  const write = (name: string, text: string, isNew: boolean) =>
    new Promise<string>((resolve, reject) => {
      const failed = () =>
        reject(new AskonceError('store_failed', 'The SQLite store could not keep a notice.'));
      const isFit = name.length <= longestName && Buffer.byteLength(text) <= longestText;
      if (!isFit || connection.writer === undefined || !queue.hasRoomForRemoval) return failed();
      writing.add({ type: 'notice', name, text, isNew }, (outcome) =>
        typeof outcome === 'string' || outcome.type !== 'noticed' ? failed() : resolve(outcome.text),
      );
    });

  return {
    get: async (name) => connection.demand((reader) => reader.notice(name)),
    async put(name, text) {
      await write(name, text, false);
    },
    putNew: (name, text) => write(name, text, true),
  };
}
