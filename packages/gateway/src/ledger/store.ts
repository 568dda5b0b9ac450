/**
 * Where the ledger is stored: a file in the data folder, or the PostgreSQL database that the settings name.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AskonceError, type Clock } from 'askonce';
import { wrongSetting } from 'askonce/gateway-kit';
import {
  type LedgerQueries,
  type LedgerStore,
  postgresLedger,
  readPostgresLedger,
  readSqliteLedger,
  sqliteLedger,
  withoutTexts,
} from 'askonce/ledger';
import type { SharedThread } from 'askonce/sqlite';
import type { GatewayConfiguration } from '../settings/read.ts';

export interface LedgerPlace extends Pick<GatewayConfiguration, 'settings' | 'sourceOf'> {
  /** The data folder. */
  readonly folder: string;
  readonly clock: Clock;
  /** Writes the file of the cache, and that of the ledger too. Default: the ledger has a thread of its own. */
  readonly thread?: SharedThread | undefined;
  readonly onTrouble?: ((message: string) => void) | undefined;
}

/** The ledger's file in a data folder. */
function ledgerFile(folder: string): string {
  return join(folder, 'ledger.db');
}

/** Whether there may be a ledger already: a database is not asked. */
export function hasLedger({ settings, folder }: Pick<LedgerPlace, 'settings' | 'folder'>): boolean {
  return settings.databaseUrl !== undefined || existsSync(ledgerFile(folder));
}

/** Whether the ledger has texts of questions: not those that are encrypted in the cache. */
export function hasTexts({ keepText, encryptionKeys }: GatewayConfiguration['settings']): boolean {
  return keepText && encryptionKeys.length === 0;
}

/** Opens nothing yet. @throws AskonceError `invalid_settings` if the URL can't be read. */
export function ledgerStore({ settings, sourceOf, folder, ...options }: LedgerPlace): LedgerStore {
  if (settings.databaseUrl === undefined) return sqliteLedger({ path: ledgerFile(folder), ...options });
  try {
    return postgresLedger({ url: settings.databaseUrl });
  } catch (error) {
    throw namingUrl(error, sourceOf);
  }
}

/**
 * Reads the ledger as it is at one moment, beside a gateway or without one, and makes and changes nothing. There are no
 * texts of questions where the settings store none, even if some are still there from before.
 *
 * @throws AskonceError `invalid_settings` if the URL can't be read; `store_failed` if there is no ledger, or it can't be read
 */
export async function readLedger<Result>(
  { settings, sourceOf, folder }: Pick<LedgerPlace, 'settings' | 'sourceOf' | 'folder'>,
  read: (ledger: LedgerQueries) => Promise<Result>,
): Promise<Result> {
  const url = settings.databaseUrl;
  const readAllowed = (ledger: LedgerQueries) =>
    read(
      hasTexts(settings)
        ? ledger
        : { ...ledger, patterns: async (query) => withoutTexts(await ledger.patterns(query)) },
    );
  if (url === undefined) return readSqliteLedger({ path: ledgerFile(folder) }, readAllowed);
  try {
    return await readPostgresLedger({ url }, readAllowed);
  } catch (error) {
    throw namingUrl(error, sourceOf);
  }
}

/** A URL that can't be read, with the name of its setting. */
function namingUrl(error: unknown, sourceOf: LedgerPlace['sourceOf']): unknown {
  if (!AskonceError.isInstance(error) || error.code !== 'invalid_settings') return error;
  return wrongSetting(sourceOf('databaseUrl'), error.message, { cause: error });
}
