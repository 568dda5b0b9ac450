/** How PostgreSQL stores and compares vectors: by the extension `vector` (pgvector). */
import { AskonceError } from '../../errors.ts';
import type { Connections, Run } from '../../postgres/connections.ts';
import { quoted } from '../../postgres/names.ts';

/** What statements about vectors are made of. */
export interface VectorKind {
  /** Type of the vectors with so many components. */
  type(dimension: number): string;
  /** The cosine distance of two expressions, from 0 to 2. */
  distance(one: string, other: string): string;
  /** What follows `CREATE INDEX … ON table` for an approximate search; undefined if there can be none. */
  index(column: string, dimension: number): string | undefined;
  /** Settings of the server for an approximate search. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Finds out how a database stores vectors, and makes that possible if it can. @throws AskonceError `store_failed` */
export type FindVectorKind = (
  connections: Connections,
  schema: string,
  timeoutMs: number,
) => Promise<VectorKind>;

/** Held while the extension is created. The number has no meaning. */
const extensionLock = 7_010_413_620_019;
/** Filtered searches need iterative scans, which 0.8 has brought. */
const leastVersion = [0, 8] as const;
/** Components of the longest vector that an index takes (`halfvec`). */
const mostIndexed = 4_000;

/** The extension of the database; created in `schema` if the server has it and the role may. */
export const findPgvector: FindVectorKind = async (connections, schema, timeoutMs) => {
  const found =
    (await connections.transaction(timeoutMs, extensionIn)) ?? (await create(connections, schema, timeoutMs));
  refuseOlder(found);
  return kindIn(quoted(found.place));
};

/**
 * The version of the extension; undefined if it can be created.
 *
 * @throws AskonceError `store_failed` if the server does not have it, or has an older one than is needed
 */
export async function extensionState(run: Run): Promise<string | undefined> {
  const found = await extensionIn(run);
  if (found === undefined) await refuseAbsent(run);
  else refuseOlder(found);
  return found?.version;
}

interface Extension {
  readonly version: string;
  /** Its schema. */
  readonly place: string;
}

async function extensionIn(run: Run): Promise<Extension | undefined> {
  const [found] = await run(
    `SELECT extversion, nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
     WHERE extname = 'vector'`,
  );
  return found && { version: String(found[0]), place: String(found[1]) };
}

async function create(connections: Connections, schema: string, timeoutMs: number): Promise<Extension> {
  try {
    return await connections.transaction(timeoutMs, async (run) => {
      await refuseAbsent(run);
      await run(`SELECT pg_advisory_xact_lock(${extensionLock})`);
      await run(`CREATE EXTENSION IF NOT EXISTS vector SCHEMA ${quoted(schema)}`);
      const created = await extensionIn(run);
      if (created === undefined) throw new Error('the extension vector is not there after it was created');
      return created;
    });
  } catch (error) {
    if (!AskonceError.isInstance(error) || !error.message.includes('(42501)')) throw error;
    throw new AskonceError(
      'store_failed',
      'The role may not create the extension vector (pgvector). Let a role with more rights run CREATE EXTENSION vector in this database.',
      { cause: error },
    );
  }
}

async function refuseAbsent(run: Run): Promise<void> {
  const available = await run(`SELECT 1 FROM pg_available_extensions WHERE name = 'vector'`);
  if (available.length > 0) return;
  const [[version] = []] = await run(`SELECT current_setting('server_version_num')::int / 10000`);
  throw new AskonceError(
    'store_failed',
    `The server has no pgvector. Install it there (Debian's package is postgresql-${version}-pgvector, the image pgvector/pgvector:pg${version}), or choose another server.`,
  );
}

function refuseOlder({ version }: Extension): void {
  if (isNewEnough(version)) return;
  throw new AskonceError(
    'store_failed',
    `The database has pgvector ${version}, and the semantic index needs ${leastVersion.join('.')} or newer. Install that on the server and run ALTER EXTENSION vector UPDATE.`,
  );
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = leastVersion;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

function kindIn(place: string): VectorKind {
  return {
    type: (dimension) => `${place}.halfvec(${dimension})`,
    distance: (one, other) => `(${one} OPERATOR(${place}.<=>) ${other})`,
    index: (column, dimension) =>
      dimension > mostIndexed ? undefined : `USING hnsw (${column} ${place}.halfvec_cosine_ops)`,
    settings: {
      'hnsw.ef_search': '100',
      // Goes on until the place has given enough, or so many vectors were looked at (hnsw.max_scan_tuples).
      'hnsw.iterative_scan': 'strict_order',
      // What is left is the index, which has the order already.
      enable_sort: 'off',
    },
  };
}
