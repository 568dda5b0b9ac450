/** Tables with a version: how they are made and brought up to date, by several processes at once. */
import { AskonceError } from '../errors.ts';
import type { Connections, Run } from './connections.ts';
import { quoted } from './names.ts';

export interface VersionedTables {
  /** What the tables belong to, for messages: `ledger`. */
  readonly what: string;
  /** Schema of the tables, without quotes. It is made if it is missing. */
  readonly schema: string;
  /** Name of the table of versions, without schema and quotes. */
  readonly versions: string;
  /** From version n to n + 1, one after another. Append only. */
  readonly migrations: readonly string[];
  /** Of an advisory lock that is held while tables are made or changed. The number has no meaning. */
  readonly lock: number;
}

/**
 * Brings the tables up to date; by several processes at once without harm. A role that may not make tables can use those
 * that are up to date.
 *
 * @throws AskonceError `store_failed` if the tables are of a newer askonce, or the database's encoding is not UTF8.
 */
export async function migrate(
  connections: Connections,
  tables: VersionedTables,
  timeoutMs: number,
): Promise<void> {
  const isCurrent = await connections.transaction(timeoutMs, async (run) => {
    const [[encoding] = []] = await run(`SELECT current_setting('server_encoding')`);
    if (encoding !== 'UTF8')
      throw new AskonceError(
        'store_failed',
        `The database's encoding is ${encoding}. Name a database with the encoding UTF8 for the ${tables.what}.`,
      );
    return isUpToDate(tables, await versionOf(run, tables));
  });
  if (isCurrent) return;
  await connections.transaction(timeoutMs, async (run) => {
    await run(`SELECT pg_advisory_xact_lock(${tables.lock})`);
    // Another process may have been here first.
    const version = await versionOf(run, tables);
    if (isUpToDate(tables, version)) return;
    await makeSchema(run, tables.schema);
    await run(
      `CREATE TABLE IF NOT EXISTS ${nameOf(tables)} (version integer PRIMARY KEY, migrated_at timestamptz NOT NULL DEFAULT now())`,
    );
    for (const [index, migration] of tables.migrations.entries()) {
      if (index < version) continue;
      await run(migration);
      await run(`INSERT INTO ${nameOf(tables)} (version) VALUES ($1)`, [index + 1]);
    }
  });
}

/**
 * 0 if there are no tables. Asks the catalogue itself: `to_regclass` may not know yet what another process made while this
 * one waited for the lock.
 */
export async function versionOf(
  run: Run,
  tables: Pick<VersionedTables, 'schema' | 'versions'>,
): Promise<number> {
  const found = await run(
    `SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = $1 AND relname = $2`,
    [tables.schema, tables.versions],
  );
  if (found.length === 0) return 0;
  const [[version] = []] = await run(`SELECT max(version) FROM ${nameOf(tables)}`);
  return Number(version ?? 0);
}

/** @throws AskonceError `store_failed` if the tables are of a newer askonce. */
export function isUpToDate(
  { what, migrations }: Pick<VersionedTables, 'what' | 'migrations'>,
  version: number,
): boolean {
  if (version > migrations.length)
    throw new AskonceError(
      'store_failed',
      `The ${what}'s tables are of version ${version}, made by a newer askonce; this one knows ${migrations.length}. Update askonce, or name another database.`,
    );
  return version === migrations.length;
}

function nameOf({ schema, versions }: Pick<VersionedTables, 'schema' | 'versions'>): string {
  return `${quoted(schema)}.${quoted(versions)}`;
}

/** `IF NOT EXISTS` alone would ask for the right to make schemas even where there is nothing to make. */
async function makeSchema(run: Run, schema: string): Promise<void> {
  const found = await run('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (found.length === 0) await run(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
}
