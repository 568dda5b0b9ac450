/**
 * The database of a semantic index: its tables, the extension, and the table of this embedder, made as they are needed and
 * looked at again after each failure.
 */
import type { ConnectionOptions } from 'node:tls';
import { AskonceError } from '../../errors.ts';
import { type Connections, connectionsTo, type Run } from '../../postgres/connections.ts';
import { migrate } from '../../postgres/schema.ts';
import { targetOf } from '../../postgres/url.ts';
import { indexTables, instant, registry, type VectorTable, vectorTable } from './tables.ts';
import { type FindVectorKind, findPgvector, type VectorKind } from './vector-kind.ts';
import { newTable } from './vector-rows.ts';

/** Which database, and how it is reached. */
export interface DatabaseOptions {
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
  /** How long each statement that writes, makes tables or reads in the background may take, in ms. Default 10 000. */
  readonly timeoutMs?: number | undefined;
}

interface EmbedderTable {
  readonly table: VectorTable;
  readonly kind: VectorKind;
}

export interface IndexDatabase {
  readonly tables: ReturnType<typeof indexTables>;
  /** As `Connections.transaction`; within the time for the index's own work, unless it states another. */
  transaction<T>(
    work: (run: Run) => Promise<T>,
    timeoutMs?: number,
    settings?: Readonly<Record<string, string>>,
  ): Promise<T>;
  /** Makes what is missing. Resolves with the table of an embedder. @throws AskonceError `store_failed` */
  open(fingerprint: string, dimension: number): Promise<EmbedderTable>;
  /** How many components an embedder's vectors have; undefined if the database has none yet. */
  dimensionOf(fingerprint: string): Promise<number | undefined>;
  /** All tables of vectors, as this process may find them before anything was made. */
  vectorTables(run: Run): Promise<readonly (VectorTable & { readonly fingerprint: string })[]>;
  close(): Promise<void>;
}

const connectTimeoutMs = 5_000;
/** A table that no process has used for so long is removed once it is empty. */
const unusedMs = 30 * 86_400_000;

/**
 * @param findKind how vectors are stored; by pgvector, unless a test has something else
 * @throws AskonceError `invalid_settings` if the URL cannot be read
 */
export function indexDatabase(
  options: DatabaseOptions,
  findKind: FindVectorKind = findPgvector,
): IndexDatabase {
  const { ssl, poolSize = 4, timeoutMs = 10_000 } = options;
  const target = targetOf(options.url, ssl !== undefined);
  const tables = indexTables(options.schema ?? target.schema ?? 'public');
  const connections: Connections = connectionsTo({
    what: tables.what,
    target,
    ssl,
    size: poolSize,
    connectTimeoutMs,
  });

  async function exists(run: Run, name: string): Promise<boolean> {
    const found = await run(
      `SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
       WHERE nspname = $1 AND relname = $2`,
      [tables.schema, name],
    );
    return found.length > 0;
  }

  /** The embedder's table, if it is there. */
  async function known(run: Run, fingerprint: string, dimension: number): Promise<boolean> {
    const [row] = await run(`SELECT dimension, vectors FROM ${tables.embedders} WHERE fingerprint = $1`, [
      fingerprint,
    ]);
    if (row === undefined || !(await exists(run, String(row[1])))) return false;
    if (Number(row[0]) !== dimension)
      throw new AskonceError(
        'store_failed',
        `The vectors of this embedder have ${dimension} components, and those in the database have ${row[0]}. Give the embedder another version.`,
      );
    return true;
  }

  async function make(
    run: Run,
    { table, kind }: EmbedderTable,
    fingerprint: string,
    dimension: number,
  ): Promise<void> {
    await run(`SELECT pg_advisory_xact_lock(${tables.lock})`);
    // Another process may have been here first.
    if (await known(run, fingerprint, dimension)) return;
    await run(newTable(table, kind, dimension));
    await run(
      `INSERT INTO ${tables.embedders} (fingerprint, dimension, vectors, used_at) VALUES ($1, $2, $3, ${instant})
       ON CONFLICT (fingerprint) DO UPDATE SET dimension = excluded.dimension,
         vectors = excluded.vectors, used_at = excluded.used_at`,
      [fingerprint, dimension, table.plain],
    );
    // Whatever was read from the stores is gone.
    await run(`UPDATE ${tables.tasks} SET completed = 0`);
  }

  return {
    tables,
    transaction: (work, waitsMs = timeoutMs, settings = {}) =>
      connections.transaction(waitsMs, work, settings),
    async open(fingerprint, dimension) {
      await migrate(connections, tables, timeoutMs);
      const kind = await findKind(connections, tables.schema, timeoutMs);
      const made = { table: vectorTable(tables.schema, fingerprint), kind };
      const isKnown = await connections.transaction(timeoutMs, (run) => known(run, fingerprint, dimension));
      if (!isKnown)
        await connections.transaction(timeoutMs, (run) => make(run, made, fingerprint, dimension));
      return made;
    },
    async dimensionOf(fingerprint) {
      await migrate(connections, tables, timeoutMs);
      const [row] = await connections.transaction(timeoutMs, (run) =>
        run(`SELECT dimension FROM ${tables.embedders} WHERE fingerprint = $1`, [fingerprint]),
      );
      return row && Number(row[0]);
    },
    async vectorTables(run) {
      if (!(await exists(run, registry))) return [];
      const rows = await run(`SELECT fingerprint FROM ${tables.embedders} ORDER BY fingerprint`);
      const all = rows.map(([fingerprint]) => ({
        ...vectorTable(tables.schema, String(fingerprint)),
        fingerprint: String(fingerprint),
      }));
      const there: (VectorTable & { readonly fingerprint: string })[] = [];
      for (const table of all) if (await exists(run, table.plain)) there.push(table);
      return there;
    },
    close: () => connections.close(),
  };
}

/** Notes that an embedder's table is in use, and removes tables that no process uses any more. */
export async function dropUnused(
  { tables, transaction, vectorTables }: IndexDatabase,
  fingerprint: string,
): Promise<void> {
  await transaction(async (run) => {
    await run(`SELECT pg_advisory_xact_lock(${tables.lock})`);
    await run(`UPDATE ${tables.embedders} SET used_at = ${instant} WHERE fingerprint = $1`, [fingerprint]);
    const unused = await run(
      `SELECT fingerprint FROM ${tables.embedders} WHERE used_at < ${instant} - ${unusedMs}`,
    );
    const names = new Set(unused.map(([name]) => String(name)));
    for (const table of (await vectorTables(run)).filter((each) => names.has(each.fingerprint))) {
      const [row] = await run(`SELECT 1 FROM ${table.quoted} LIMIT 1`);
      if (row !== undefined) continue;
      await run(`DROP TABLE ${table.quoted}`);
      await run(`DELETE FROM ${tables.embedders} WHERE fingerprint = $1`, [table.fingerprint]);
    }
  });
}
