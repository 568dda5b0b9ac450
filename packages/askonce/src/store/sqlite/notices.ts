/** Notices in the file, which all processes that have it open share. */

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

/* MERGED file-marks.ts:  Marks in the file, with those that are not yet written in front of them. */
/** Names are digests; a longer one is not kept. */
const longestMarkName = 256;

export function fileMarks(queue: WriteQueue, connection: Connection, writing: Writing, clock: Clock): Marks {
  return {
    get(name) {
      const now = clock.now();
      const change = queue.markChange(name);
      // No guess: a mark that can't be read now is not one that is gone.
      if (change === undefined) return connection.demand((reader) => reader.mark(name, now));
      return change.type === 'mark' && change.until > now ? change.until : undefined;
    },
    put(name, until) {
      const isFit = name.length <= longestMarkName && Number.isFinite(until);
      if (!isFit || connection.writer === undefined || !queue.hasRoomFor(0)) return;
      writing.add({ type: 'mark', name, until });
    },
    /** Resolves once it is gone from the file, and rejects where it may not be: a mark that comes back lets in. */
    remove: (name) =>
      new Promise((resolve, reject) => {
        const failed = () =>
          reject(new AskonceError('store_failed', 'The SQLite store could not remove a mark.'));
        if (connection.writer === undefined || !queue.hasRoomForRemoval) return failed();
        writing.add({ type: 'unmark', name }, (outcome) => (outcome === 'failed' ? failed() : resolve()));
      }),
  };
}
