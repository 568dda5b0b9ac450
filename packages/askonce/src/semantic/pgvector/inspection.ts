/** Looks at a database as an index would, and makes nothing. */
import { systemClock, tooSlow, within } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import { type DatabaseOptions, indexDatabase } from './database.ts';
import { extensionState } from './vector-kind.ts';

/** What a database has. */
export interface PgvectorState {
  /** Version of the extension; undefined if the server has it, and it is not created yet. */
  readonly version: string | undefined;
  /** Tables of vectors, one for each embedder. */
  readonly tables: number;
}

const inspectedMs = 10_000;

/**
 * Resolves with what a database has for {@link pgvectorIndexes}, and makes nothing.
 *
 * @throws AskonceError `invalid_settings` if the URL cannot be read; `store_failed` if the database cannot be reached, or the
 * server lacks pgvector or has an older one than 0.8
 */
export async function inspectPgvector(options: Omit<DatabaseOptions, 'poolSize'>): Promise<PgvectorState> {
  const database = indexDatabase({ ...options, poolSize: 1 });
  try {
    const looking = database.transaction(async (run) => {
      const version = await extensionState(run);
      return { version, tables: (await database.vectorTables(run)).length };
    });
    const state = await within(systemClock, options.timeoutMs ?? inspectedMs, looking);
    if (state !== tooSlow) return state;
    throw new AskonceError('store_failed', 'PostgreSQL does not answer. Check that the server runs.');
  } finally {
    await database.close();
  }
}
