/** The tables of the ledger in PostgreSQL, of the version that this askonce writes. */
import { AskonceError } from '../../errors.ts';
import type { Run } from '../../postgres/connections.ts';
import { isUpToDate, type VersionedTables, versionOf } from '../../postgres/schema.ts';
import { migrations } from './migrations.ts';
import type { Tables } from './tables.ts';

/** @returns what `migrate` needs to make them, or to bring them up to date */
export function ledgerTables(tables: Tables): VersionedTables {
  return {
    what: 'ledger',
    schema: tables.schema,
    versions: 'ledger_schema',
    migrations: migrations.map((migration) => migration(tables)),
    lock: 7_010_413_620_017,
  };
}

/**
 * Checks that there are tables which can be read, and makes none.
 *
 * @throws AskonceError `store_failed`
 */
export async function requireTables(run: Run, tables: Tables): Promise<void> {
  const versioned = ledgerTables(tables);
  const version = await versionOf(run, versioned);
  if (version === 0)
    throw new AskonceError(
      'store_failed',
      'There is no ledger in this database yet. Start a gateway with these settings, or name another database.',
    );
  if (!isUpToDate(versioned, version))
    throw new AskonceError(
      'store_failed',
      "The ledger's tables were made by an older askonce. Start a gateway of this release once, which updates them.",
    );
}
