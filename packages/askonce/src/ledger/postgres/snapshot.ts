/** Reads a ledger in PostgreSQL as it is at one moment, whether gateways write it meanwhile or not. */

import { connectionsTo } from '../../postgres/connections.ts';
import { targetOf } from '../../postgres/url.ts';
import type { LedgerQueries } from '../contract.ts';
import { reader } from './reading.ts';
import { requireTables } from './schema.ts';
import type { PostgresLedgerOptions } from './store.ts';
import { tablesIn } from './tables.ts';

/**
 * Calls `read` with the queries of a ledger that all see one moment, and resolves with its result. Makes and updates no
 * tables: a role that may only read, and a hot standby, will do. The queries run one after another.
 *
 * @throws AskonceError `invalid_settings` if the URL cannot be read; `store_failed` if there is no ledger, or it cannot be read
 */
export async function readPostgresLedger<Result>(
  options: Omit<PostgresLedgerOptions, 'poolSize'>,
  read: (ledger: LedgerQueries) => Promise<Result>,
): Promise<Result> {
  const { ssl, timeoutMs = 10_000, queryTimeoutMs = 60_000 } = options;
  const target = targetOf(options.url, ssl !== undefined);
  const tables = tablesIn(options.schema ?? target.schema ?? 'public');
  const connections = connectionsTo({ what: 'ledger', target, ssl, size: 1, connectTimeoutMs: timeoutMs });
  const { counters, tags, patterns } = reader(tables);
  try {
    return await connections.transaction(queryTimeoutMs, async (run) => {
      await run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await requireTables(run, tables);
      return read({
        name: 'postgresql',
        counters: (query) => counters(run, query),
        tags: (query) => tags(run, query),
        patterns: (query) => patterns(run, query),
      });
    });
  } finally {
    await connections.close();
  }
}
