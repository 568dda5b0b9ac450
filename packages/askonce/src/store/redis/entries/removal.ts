/** Deletes entries in Redis, and the errors of calls about entries. A deletion that is not certain rejects. */
import { AskonceError } from '../../../errors.ts';
import { vectorKey } from '../keys.ts';
import type { CheckedOptions } from '../options.ts';
import type { RedisConnection } from '../server/connection.ts';
import { wholeOf } from '../server/replies.ts';
import { redisError } from '../server/trouble.ts';
import { runOnPairs } from './pairs.ts';
import { deleteEntries, deleteEntry } from './scripts.ts';

/** Keys in one command. */
const batchSize = 1_000;

type RemovalSettings = Pick<CheckedOptions, 'clock' | 'timeoutMs'>;

/** Whether there was an entry. */
export async function deletedOne(
  { client }: RedisConnection,
  { clock, timeoutMs }: RemovalSettings,
  key: string,
): Promise<boolean> {
  const expires = await deleteEntry.run(client, [key, vectorKey(key)], [], timeoutMs).catch(failedToDelete);
  if (!Buffer.isBuffer(expires) || expires.length === 0) return false;
  return expires.length < 8 || expires.readDoubleLE() > clock.now();
}

/** The number of these entries that there were. */
export async function deletedMany(
  { client }: RedisConnection,
  { timeoutMs }: RemovalSettings,
  keys: readonly string[],
): Promise<number> {
  let gone = 0;
  for (let from = 0; from < keys.length; from += batchSize) {
    const batch = keys.slice(from, from + batchSize);
    const replies = await runOnPairs(client, deleteEntries, batch, timeoutMs).catch(failedToDelete);
    for (const { reply } of replies) gone += wholeOf(reply);
  }
  return gone;
}

/** @throws AskonceError `store_failed` */
export function failedToDelete(error: unknown): never {
  throw failure('could not delete an entry', error);
}

/** @throws AskonceError `store_failed` */
export function failedToRead(error: unknown): never {
  throw failure('could not be read', error);
}

function failure(what: string, error: unknown): AskonceError {
  if (AskonceError.isInstance(error)) return error;
  const cause = redisError(error);
  return new AskonceError('store_failed', `The Redis tier ${what}: ${cause.reason}.`, { cause });
}
