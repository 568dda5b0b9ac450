/** Reads a ledger's file as it is at one moment, whether a gateway writes it meanwhile or not. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AskonceError } from '../../errors.ts';
import { messageOf } from '../../observe/report.ts';
import type { LedgerQueries } from '../contract.ts';
import { unpackedSums } from './packed-sums.ts';
import { reader } from './reading.ts';
import { openLedgerToRead } from './schema.ts';

export interface SqliteSnapshotOptions {
  /** The database file. */
  readonly path: string;
  /** How long to wait for another process's lock, in ms. Default 5 000. */
  readonly busyTimeoutMs?: number | undefined;
}

/**
 * Calls `read` with the queries of a ledger that all see one moment, and resolves with its result. Creates and changes
 * nothing, and repairs nothing. Reads in the calling thread: for a command line, not for a server.
 *
 * @throws AskonceError `store_failed` if there is no ledger, or it cannot be read
 */
export async function readSqliteLedger<Result>(
  { path, busyTimeoutMs = 5_000 }: SqliteSnapshotOptions,
  read: (ledger: LedgerQueries) => Promise<Result>,
): Promise<Result> {
  const file = resolve(path);
  const database = existsSync(file) ? opened(file, busyTimeoutMs) : undefined;
  if (database === undefined)
    throw new AskonceError(
      'store_failed',
      `There is no ledger yet in ${file}. Start a gateway with these settings, or name the data folder of another.`,
    );
  try {
    // The first query takes the snapshot.
    database.exec('BEGIN');
    const queries = reader(database);
    return await read({
      name: 'sqlite',
      counters: async (query) => answered(file, () => unpackedSums(queries.counters(query))),
      tags: async (query) => answered(file, () => queries.tags(query)),
      patterns: async (query) => answered(file, () => queries.patterns(query)),
    });
  } finally {
    database.close();
  }
}

function opened(file: string, busyTimeoutMs: number) {
  return answered(file, () => openLedgerToRead(file, busyTimeoutMs));
}

function answered<Answer>(file: string, query: () => Answer): Answer {
  try {
    return query();
  } catch (error) {
    throw new AskonceError('store_failed', `The ledger in ${file} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}
