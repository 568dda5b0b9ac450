/** Notices and marks in the file, shared by all processes that have it open. */
import type { Clock } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import type { Marks, Notices } from '../shared.ts';
import type { Connection } from './file/connection.ts';
import type { WriteQueue } from './write/queue.ts';
import type { Writing } from './write/writing.ts';

const longestName = 256;
const longestText = 65_536;

export function fileNotices(queue: WriteQueue, connection: Connection, writing: Writing): Notices {
  return {
    get: async (name) => connection.demand((reader) => reader.notice(name)),
    // Resolves once it is committed.
    put: (name, text, over) =>
      new Promise((resolve, reject) => {
        const failed = () =>
          reject(new AskonceError('store_failed', 'The SQLite store could not store a notice.'));
        const isFit = name.length <= longestName && Buffer.byteLength(text) <= longestText;
        if (!isFit || connection.writer === undefined || !queue.hasRoomForRemoval) return failed();
        writing.add({ type: 'notice', name, text, over }, (outcome) =>
          typeof outcome === 'string' || outcome.type !== 'noticed' ? failed() : resolve(outcome.text),
        );
      }),
  };
}

/** Names are digests; a longer name is not stored. */
const longestMarkName = 256;

/** Marks in the file; those that wait to be written take precedence. */
export function fileMarks(queue: WriteQueue, connection: Connection, writing: Writing, clock: Clock): Marks {
  return {
    get(name) {
      const now = clock.now();
      const change = queue.markChange(name);
      // A mark that cannot be read now must not count as absent.
      if (change === undefined) return connection.demand((reader) => reader.mark(name, now));
      return change.type === 'mark' && change.until > now ? change.until : undefined;
    },
    put(name, until) {
      const isFit = name.length <= longestMarkName && Number.isFinite(until);
      if (!isFit || connection.writer === undefined || !queue.hasRoomFor(0)) return;
      writing.add({ type: 'mark', name, until });
    },
    /** Resolves once it is gone from the file, else rejects: a mark that comes back would admit a refused credential. */
    remove: (name) =>
      new Promise((resolve, reject) => {
        const failed = () =>
          reject(new AskonceError('store_failed', 'The SQLite store could not remove a mark.'));
        if (connection.writer === undefined || !queue.hasRoomForRemoval) return failed();
        writing.add({ type: 'unmark', name }, (outcome) => (outcome === 'failed' ? failed() : resolve()));
      }),
  };
}
