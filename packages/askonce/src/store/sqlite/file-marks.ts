/** Marks in the file, with those that are not yet written in front of them. */
import type { Clock } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import type { Marks } from '../contract.ts';
import type { Connection } from './connection.ts';
import type { WriteQueue } from './write-queue.ts';
import type { Writing } from './writing.ts';

/** Names are digests; a longer one is not kept. */
const longestName = 256;

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
      const isFit = name.length <= longestName && Number.isFinite(until);
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
