/** The tables of the ledger in PostgreSQL, and their migrations. */
import { AskonceError } from '../../errors.ts';
import { dimensionNames } from '../contract.ts';
import { countColumns } from '../counts.ts';
import type { Connections, Run } from './connections.ts';

/** Names of tables, each with its schema and in quotes. */
export interface Tables {
  /** As the catalogue has it, without quotes. */
  readonly schema: string;
  readonly statistics: string;
  readonly tags: string;
  readonly patterns: string;
  readonly events: string;
  readonly writers: string;
  readonly erasures: string;
  readonly versions: string;
}

export function tablesIn(schema: string): Tables {
  const inSchema = (name: string) => `${quoted(schema)}.${name}`;
  return {
    schema,
    statistics: inSchema('cache_statistics'),
    tags: inSchema('tag_statistics'),
    patterns: inSchema('query_pattern'),
    events: inSchema('cache_event'),
    writers: inSchema('ledger_writer'),
    erasures: inSchema('ledger_erasure'),
    versions: inSchema('ledger_schema'),
  };
}

/** Compared byte by byte: no index depends on the languages that a system knows. */
const text = 'text COLLATE "C"';
const dimensions = dimensionNames.map((name) => `${name} ${text} NOT NULL`).join(', ');
/**
 * A figure that is added later needs a migration that adds its column to tables of older versions, with `IF NOT EXISTS`:
 * new tables have it from here.
 */
const countsInTable = Object.values(countColumns)
  .map((column) => `${column} bigint NOT NULL DEFAULT 0`)
  .join(', ');

const migrations: readonly ((tables: Tables) => string)[] = [
  ({ statistics, tags, patterns, events, writers, erasures }) => `
    CREATE TABLE ${statistics} (
      bucket bigint NOT NULL,
      dimensions bytea NOT NULL,
      ${dimensions},
      ${countsInTable},
      hit_durations bigint[] NOT NULL,
      miss_durations bigint[] NOT NULL,
      PRIMARY KEY (bucket, dimensions)
    ) WITH (fillfactor = 70);
    COMMENT ON TABLE ${statistics} IS 'askonce: counters in buckets of 15 minutes. Instants are milliseconds since the epoch, money is nanodollars, durations are histograms, dimensions is the digest of the seven names.';

    CREATE TABLE ${tags} (
      bucket bigint NOT NULL,
      tag ${text} NOT NULL,
      requests bigint NOT NULL,
      hits bigint NOT NULL,
      saved_nano bigint NOT NULL,
      PRIMARY KEY (bucket, tag)
    ) WITH (fillfactor = 70);

    CREATE TABLE ${patterns} (
      key ${text} PRIMARY KEY,
      text ${text},
      language ${text} NOT NULL,
      category ${text} NOT NULL,
      model ${text} NOT NULL,
      tenant ${text} NOT NULL,
      hits bigint NOT NULL,
      last_asked bigint NOT NULL,
      user_digest ${text}
    ) WITH (fillfactor = 70);
    CREATE INDEX query_pattern_by_user ON ${patterns} (user_digest) WHERE user_digest IS NOT NULL;

    CREATE TABLE ${events} (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at bigint NOT NULL,
      request_id ${text} NOT NULL,
      event ${text} NOT NULL,
      outcome ${text} NOT NULL,
      kind ${text} NOT NULL,
      tier ${text} NOT NULL,
      duration_ms double precision NOT NULL,
      ${dimensions},
      user_digest ${text},
      session_digest ${text},
      key ${text},
      saved_tokens bigint NOT NULL,
      saved_nano bigint NOT NULL,
      input_tokens bigint NOT NULL,
      output_tokens bigint NOT NULL,
      spent_nano bigint NOT NULL,
      estimated boolean NOT NULL,
      weight bigint NOT NULL
    );
    CREATE INDEX cache_event_by_age ON ${events} (at);
    CREATE INDEX cache_event_by_user ON ${events} (user_digest) WHERE user_digest IS NOT NULL;
    COMMENT ON TABLE ${events} IS 'askonce: lookups, stores and calls of providers; weight is the number of rows that a sampled row stands for.';

    CREATE TABLE ${erasures} (
      user_digest ${text} PRIMARY KEY,
      at bigint NOT NULL
    );
    COMMENT ON TABLE ${erasures} IS 'askonce: users who were erased, so that older rows which another process still holds are not added.';

    CREATE TABLE ${writers} (
      writer ${text} PRIMARY KEY,
      sequence bigint NOT NULL,
      at bigint NOT NULL
    ) WITH (fillfactor = 70);
    COMMENT ON TABLE ${writers} IS 'askonce: the last batch of each process, so that none is added twice.';`,
];

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

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
