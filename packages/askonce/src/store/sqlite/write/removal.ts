/** Deletes entries. A deletion resolves once it is in the file: if it were lost, an invalidated answer would return. */
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

/** `forget` drops the write of a key that is not queued yet. */
export function fileRemoval(
  queue: WriteQueue,
  connection: Connection,
  writing: Writing,
  forget: (key: string) => void,
): Removal {
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

  function removeSome(keys: readonly string[], how: { wipes: boolean; isLast: boolean }): Promise<number> {
    for (const key of keys) forget(key);
    return written({ type: 'remove-many', keys, ...how }, (outcome) =>
      typeof outcome === 'object' && outcome.type === 'removed' ? outcome.count : undefined,
    );
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
        const how = { wipes: !toMakeRoom, isLast: !toMakeRoom && after >= keys.length };
        count += await removeSome(keys.slice(from, after), how);
      }
      return count;
    },
  };
}
