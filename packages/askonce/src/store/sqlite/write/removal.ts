/**
 * Deletes entries. A deletion resolves once it is in the file: if it were lost, an invalidated answer would return.
 *
 * Entries that only make room, and that a search has found, are noted as removed: nothing finds them any more, and their
 * rows are deleted later (`reclaiming.ts`).
 */
import { AskonceError } from '../../../errors.ts';
import type { DeletionOptions } from '../../contract.ts';
import type { Connection } from '../file/connection.ts';
import type { Operation } from './messages.ts';
import type { Settled, WriteQueue } from './queue.ts';
import type { Writing } from './writing.ts';

/** Entries deleted in one transaction: for some 20 ms, other processes' writes wait. */
const deletedAtOnce = 1_024;

export interface Removal {
  /** True if there was such an entry. */
  remove(key: string): Promise<boolean>;
  /** The number of these entries that there were. */
  removeMany(keys: readonly string[], options?: DeletionOptions): Promise<number>;
}

export interface FileRemovalOptions {
  readonly queue: WriteQueue;
  readonly connection: Connection;
  readonly writing: Writing;
  /** Drops the write of a key that is not queued yet. */
  readonly forget: (key: string) => void;
  /** The ids of entries that a search has found. */
  readonly idsOf: (keys: readonly string[]) => readonly number[] | undefined;
  /** Has rows of removed entries deleted. */
  readonly reclaim: () => void;
}

export function fileRemoval(options: FileRemovalOptions): Removal {
  const { queue, connection, writing, forget, idsOf, reclaim } = options;

  function written<T>(operation: Operation, resultOf: (outcome: Settled) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: Settled) => {
        const result = resultOf(outcome);
        if (result !== undefined) resolve(result);
        else reject(new AskonceError('store_failed', 'The SQLite store could not delete an entry.'));
      };
      if (connection.writer === undefined || !queue.hasRoomForRemoval) settle('failed');
      else writing.add(operation, settle);
    });
  }

  async function removeSome(keys: readonly string[], wipes: boolean, isLast: boolean): Promise<number> {
    for (const key of keys) forget(key);
    const ids = wipes ? undefined : idsOf(keys);
    const operation: Operation =
      ids === undefined ? { type: 'remove-many', keys, wipes, isLast } : { type: 'remove-found', keys, ids };
    const count = await written(operation, (outcome) =>
      typeof outcome === 'object' && outcome.type === 'removed' ? outcome.count : undefined,
    );
    if (ids !== undefined) reclaim();
    return count;
  }

  return {
    remove(key) {
      forget(key);
      return written({ type: 'remove', key }, (outcome) =>
        outcome === 'failed' ? undefined : outcome === 'gone',
      );
    },
    async removeMany(keys, { toMakeRoom = false } = {}) {
      let count = 0;
      for (let from = 0; from < keys.length; from += deletedAtOnce) {
        const after = from + deletedAtOnce;
        const isLast = !toMakeRoom && after >= keys.length;
        count += await removeSome(keys.slice(from, after), !toMakeRoom, isLast);
      }
      return count;
    },
  };
}
