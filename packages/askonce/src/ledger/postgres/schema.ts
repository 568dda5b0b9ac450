/** The tables of the ledger in PostgreSQL, and how they are made and brought up to date. */
import { AskonceError } from '../../errors.ts';
import type { Connections, Run } from './connections.ts';
import { migrations } from './migrations.ts';
import { quoted, type Tables } from './tables.ts';

/** The version that this askonce writes. */
const schemaVersion = migrations.length;

/** Held while tables are made or changed, so that of several gateways one does it. The number has no meaning. */
const migrationLock = 7_010_413_620_017;

/**
 * Brings the tables up to date; by several processes at once without harm. A role that may not make tables can use those
 * that are up to date.
 *
 * @throws AskonceError `store_failed` if the tables are of a newer askonce, or the database's encoding is not UTF8.
 */
export async function migrate(connections: Connections, tables: Tables, timeoutMs: number): Promise<void> {
  const isCurrent = await connections.transaction(timeoutMs, async (run) => {
    const [[encoding] = []] = await run(`SELECT current_setting('server_encoding')`);
    if (encoding !== 'UTF8')
      throw new AskonceError(
        'store_failed',
        `The database's encoding is ${encoding}. Name a database with the encoding UTF8 for the ledger.`,
      );
    return isUpToDate(await versionOf(run, tables));
  });
  if (isCurrent) return;
  await connections.transaction(timeoutMs, async (run) => {
    await run(`SELECT pg_advisory_xact_lock(${migrationLock})`);
    // Another process may have been here first.
    const version = await versionOf(run, tables);
    if (isUpToDate(version)) return;
    await makeSchema(run, tables.schema);
    await run(
      `CREATE TABLE IF NOT EXISTS ${tables.versions} (version integer PRIMARY KEY, migrated_at timestamptz NOT NULL DEFAULT now())`,
    );
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      await run(migration(tables));
      await run(`INSERT INTO ${tables.versions} (version) VALUES ($1)`, [index + 1]);
    }
  });
}

/**
 * Checks that there are tables which can be read, and makes none.
 *
 * @throws AskonceError `store_failed`
 */
export async function requireTables(run: Run, tables: Tables): Promise<void> {
  const version = await versionOf(run, tables);
  if (version === 0)
    throw new AskonceError(
      'store_failed',
      'There is no ledger in this database yet. Start a gateway with these settings, or name another database.',
    );
  if (!isUpToDate(version))
    throw new AskonceError(
      'store_failed',
      "The ledger's tables were made by an older askonce. Start a gateway of this release once, which updates them.",
    );
}

/**
 * 0 if there are no tables. Asks the catalogue itself: `to_regclass` may not know yet what another process made while this
 * one waited for the lock.
 */
async function versionOf(run: Run, { schema, versions }: Tables): Promise<number> {
  const found = await run(
    `SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = $1 AND relname = 'ledger_schema'`,
    [schema],
  );
  if (found.length === 0) return 0;
  const [[version] = []] = await run(`SELECT max(version) FROM ${versions}`);
  return Number(version ?? 0);
}

function isUpToDate(version: number): boolean {
  if (version > schemaVersion)
    throw new AskonceError(
      'store_failed',
      `The ledger's tables are of version ${version}, made by a newer askonce; this one knows ${schemaVersion}. Update askonce, or name another database.`,
    );
  return version === schemaVersion;
}

/** `IF NOT EXISTS` alone would ask for the right to make schemas even where there is nothing to make. */
async function makeSchema(run: Run, schema: string): Promise<void> {
  const found = await run('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (found.length === 0) await run(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
}
