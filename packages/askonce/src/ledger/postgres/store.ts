/** A ledger in PostgreSQL, which any number of gateways share. */
import type { ConnectionOptions } from 'node:tls';
import { type Clock, systemClock } from '../../clock.ts';
import { connectionsTo, type Run } from '../../postgres/connections.ts';
import { migrate } from '../../postgres/schema.ts';
import { targetOf } from '../../postgres/url.ts';
import type { LedgerSize, LedgerStore } from '../contract.ts';
import { reader } from './reading.ts';
import { type RunStep, remover } from './removing.ts';
import { ledgerTables } from './schema.ts';
import { tablesIn } from './tables.ts';
import { fileBytes, type Usage, usageOf } from './usage.ts';
import { batchWriter } from './writing.ts';

export interface PostgresLedgerOptions {
  /**
   * `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, with libpq's parameters, `sslmode` and `sslrootcert` among them. What
   * is missing is read from libpq's environment variables.
   */
  readonly url: string;
  /** TLS options of Node.js, in place of those of the URL; `false` for none. Default: as the URL says. */
  readonly ssl?: ConnectionOptions | boolean | undefined;
  /** Most connections at a time. Default 4. */
  readonly poolSize?: number | undefined;
  /** Schema of the tables, made if it is missing. Default: the URL's parameter `schema`, else `public`. */
  readonly schema?: string | undefined;
  /** How long a connection, and each statement of a batch, may take, in ms. Default 10 000. */
  readonly timeoutMs?: number | undefined;
  /** How long each statement of a query, a migration or a removal may take, in ms. Default 60 000. */
  readonly queryTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** How long the size of a large ledger is remembered: it is asked for at every scrape of every gateway. */
const rememberedMs = 60_000;

/**
 * Makes a ledger's store of a PostgreSQL database (version 13 or newer, encoding UTF8), by the package `pg`. Opens nothing
 * yet: the first call connects, and makes or updates the tables. A server that is down or does not answer makes a call
 * reject, and a later call connects again. Works through PgBouncer in transaction mode.
 *
 * `size().bytes` is what the rows take, by their average size: the files also have the space of what was removed, which
 * new rows take. Large tables are estimated where the server has
 * statistics of them, and their size is remembered for a minute.
 *
 * @throws AskonceError `invalid_settings` if the URL cannot be read. Each call rejects with `store_failed` if the database
 * cannot be used at the moment or has tables of a newer askonce, and with `closed` after `close`.
 */
export function postgresLedger(options: PostgresLedgerOptions): LedgerStore {
  const { ssl, poolSize = 4, timeoutMs = 10_000, queryTimeoutMs = 60_000, clock = systemClock } = options;
  const target = targetOf(options.url, ssl !== undefined);
  const tables = tablesIn(options.schema ?? target.schema ?? 'public');
  const connections = connectionsTo({
    what: 'ledger',
    target,
    ssl,
    size: poolSize,
    connectTimeoutMs: timeoutMs,
  });
  const apply = batchWriter(tables);
  const { counters, tags, patterns, runs } = reader(tables);
  const remove = remover(tables);
  let ready: Promise<void> | undefined;
  let remembered: { readonly size: LedgerSize; readonly until: number } | undefined;

  async function transaction<T>(waitsMs: number, work: (run: Run) => Promise<T>): Promise<T> {
    ready ??= migrate(connections, ledgerTables(tables), queryTimeoutMs);
    try {
      await ready;
      return await connections.transaction(waitsMs, work);
    } catch (error) {
      // The server may be another by the next call, or the tables may be gone: they are looked at again.
      ready = undefined;
      throw error;
    }
  }

  const query = <T>(work: (run: Run) => Promise<T>) => transaction(queryTimeoutMs, work);
  const runStep: RunStep = (step) => transaction(queryTimeoutMs, step);

  /** Lets new rows take the space of removed ones. Where this fails, the server does it later by itself. */
  async function reclaim(): Promise<void> {
    for (const table of [tables.events, tables.patterns, tables.tags, tables.statistics])
      await connections.alone(queryTimeoutMs, `VACUUM (SKIP_LOCKED) ${table}`).catch(() => {});
  }

  return {
    name: 'postgresql',
    write: (batch) => transaction(timeoutMs, (run) => apply(run, batch)),
    counters: (wanted) => query((run) => counters(run, wanted)),
    tags: (wanted) => query((run) => tags(run, wanted)),
    patterns: (wanted) => query((run) => patterns(run, wanted)),
    runs: (limit) => query((run) => runs(run, limit)),
    erase: (user, at) => remove.user(runStep, user, at),
    async prune(retention) {
      let removed = await remove.old(runStep, retention);
      // Files within the bound need no count of their rows.
      if ((await query((run) => fileBytes(run, tables))) > retention.maxBytes) {
        const usages = await query((run) => usageOf(run, tables));
        removed += await remove.excess(runStep, usages, retention.maxBytes);
      }
      if (removed > 0) await reclaim();
      return removed;
    },
    async size() {
      if (remembered !== undefined && clock.monotonic() < remembered.until) return remembered.size;
      const usages = await query((run) => usageOf(run, tables));
      const size = sizeOf(usages);
      const isDear = usages.some(({ isLarge }) => isLarge);
      remembered = isDear ? { size, until: clock.monotonic() + rememberedMs } : undefined;
      return size;
    },
    close: () => connections.close(),
  };
}

function sizeOf(usages: readonly Usage[]): LedgerSize {
  const rowsOf = (table: string) => usages.find((usage) => usage.table === table)?.rows ?? 0;
  return {
    rows: rowsOf('events'),
    counters: rowsOf('statistics'),
    patterns: rowsOf('patterns'),
    bytes: Math.ceil(usages.reduce((sum, { usedBytes }) => sum + usedBytes, 0)),
  };
}
