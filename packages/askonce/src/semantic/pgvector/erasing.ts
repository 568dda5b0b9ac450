/**
 * Removes the rows of erased entries from the tables of all embedders, and says whether they are gone. What could not be
 * removed is remembered and tried again: the store no longer has the entries, so a second erasure would not find them.
 */
import type { Clock } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import { writeLock } from './bringing.ts';
import type { IndexDatabase } from './database.ts';
import { removeEverywhere } from './vector-rows.ts';

export interface Erasing {
  /**
   * Resolves once the rows of these keys, and of those that failed before, are gone.
   *
   * @throws AskonceError `invalidation_failed` if that is not certain
   */
  erase(keys: readonly string[]): Promise<void>;
}

/** How long one removal may take, in ms. */
const erasureMs = 3_000;
const keysAtOnce = 1_000;
/** Keys that are remembered. */
const mostWaiting = 100_000;
/** After a failure the database is not asked again for so long. */
const restMs = 500;
/** So long after a failure it is tried again. */
const againMs = 5_000;

export interface ErasingOptions {
  /** Opens a database, which is closed as soon as nothing is left to remove. */
  readonly connect: () => Pick<IndexDatabase, 'transaction' | 'vectorTables' | 'close'>;
  readonly clock: Clock;
}

export function erasing({ connect, clock }: ErasingOptions): Erasing {
  const waiting = new Set<string>();
  let removing: Promise<void> = Promise.resolve();
  let isPlanned = false;
  let failure: { readonly error: unknown; readonly until: number } | undefined;

  async function removeAll(): Promise<void> {
    if (waiting.size === 0) return;
    if (failure !== undefined && clock.monotonic() < failure.until) throw failure.error;
    const database = connect();
    try {
      await removeFrom(database);
      failure = undefined;
    } catch (error) {
      failure = { error, until: clock.monotonic() + restMs };
      tryAgain();
      throw error;
    } finally {
      void database.close();
    }
  }

  async function removeFrom({ transaction, vectorTables }: ReturnType<typeof connect>): Promise<void> {
    while (waiting.size > 0) {
      const keys = [...waiting].slice(0, keysAtOnce).sort();
      await transaction(async (run) => {
        // Those that write may have read the entries before they were deleted: their rows are there after this.
        await run(`SELECT pg_advisory_xact_lock(${writeLock})`);
        for (const table of await vectorTables(run)) await removeEverywhere(run, table, keys);
      }, erasureMs);
      for (const key of keys) waiting.delete(key);
    }
  }

  /** What has failed is removed once the database answers, whether or not the erasure is asked for again. */
  function tryAgain(): void {
    if (isPlanned) return;
    isPlanned = true;
    clock.schedule(() => {
      isPlanned = false;
      removeSoon().catch(() => {});
    }, againMs);
  }

  function removeSoon(): Promise<void> {
    removing = removing.catch(() => {}).then(removeAll);
    return removing;
  }

  return {
    async erase(keys) {
      for (const key of keys) waiting.add(key);
      for (const oldest of waiting) {
        if (waiting.size <= mostWaiting) break;
        waiting.delete(oldest);
      }
      try {
        await removeSoon();
      } catch (error) {
        throw new AskonceError(
          'invalidation_failed',
          'The entries are removed, but it is not certain that their vectors in PostgreSQL are. Try again.',
          { cause: error },
        );
      }
    },
  };
}
