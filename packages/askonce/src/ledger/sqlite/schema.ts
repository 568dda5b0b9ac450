/** The tables of the ledger's file, their migrations, and the set-up of its connection. */
import { DatabaseSync } from 'node:sqlite';
import { type FileSchema, isCurrent, migrate, refuseForeign } from '../../sqlite-file/version.ts';
import { noDurations } from '../durations.ts';
import { addBlob, blobOf } from './durations-blob.ts';

export const countedTables = ['cache_event', 'cache_statistics', 'query_pattern'] as const;

function counting(table: string): string {
  const add = (count: number) => `UPDATE ledger_size SET count = count + ${count} WHERE name = '${table}';`;
  return `INSERT INTO ledger_size SELECT '${table}', count(*) FROM ${table};
   CREATE TRIGGER ${table}_added AFTER INSERT ON ${table} BEGIN ${add(1)} END;
   CREATE TRIGGER ${table}_removed AFTER DELETE ON ${table} BEGIN ${add(-1)} END;`;
}

/** Written out: a figure that is added later comes by a migration of its own, `ALTER TABLE cache_statistics ADD COLUMN …`. */
const migrations = [
  `-- Counters, added up in buckets of 15 minutes. "bucket" and every "at" are milliseconds since the epoch, money is
   -- nanodollars, and durations are histograms.
   CREATE TABLE cache_statistics (
     bucket INTEGER NOT NULL,
     provider TEXT NOT NULL,
     protocol TEXT NOT NULL,
     model TEXT NOT NULL,
     language TEXT NOT NULL,
     category TEXT NOT NULL,
     template TEXT NOT NULL,
     tenant TEXT NOT NULL,
     requests INTEGER NOT NULL DEFAULT 0,
     hits INTEGER NOT NULL DEFAULT 0,
     semantic_hits INTEGER NOT NULL DEFAULT 0,
     stale_hits INTEGER NOT NULL DEFAULT 0,
     shared INTEGER NOT NULL DEFAULT 0,
     misses INTEGER NOT NULL DEFAULT 0,
     negative INTEGER NOT NULL DEFAULT 0,
     bypasses INTEGER NOT NULL DEFAULT 0,
     fallbacks INTEGER NOT NULL DEFAULT 0,
     calls INTEGER NOT NULL DEFAULT 0,
     errors INTEGER NOT NULL DEFAULT 0,
     stores INTEGER NOT NULL DEFAULT 0,
     refusals INTEGER NOT NULL DEFAULT 0,
     saved_tokens INTEGER NOT NULL DEFAULT 0,
     shared_tokens INTEGER NOT NULL DEFAULT 0,
     input_tokens INTEGER NOT NULL DEFAULT 0,
     output_tokens INTEGER NOT NULL DEFAULT 0,
     cached_input_tokens INTEGER NOT NULL DEFAULT 0,
     cache_write_tokens INTEGER NOT NULL DEFAULT 0,
     saved_nano INTEGER NOT NULL DEFAULT 0,
     shared_nano INTEGER NOT NULL DEFAULT 0,
     miss_nano INTEGER NOT NULL DEFAULT 0,
     bypass_nano INTEGER NOT NULL DEFAULT 0,
     refresh_nano INTEGER NOT NULL DEFAULT 0,
     abandoned_nano INTEGER NOT NULL DEFAULT 0,
     audit_nano INTEGER NOT NULL DEFAULT 0,
     embedding_nano INTEGER NOT NULL DEFAULT 0,
     verifying_nano INTEGER NOT NULL DEFAULT 0,
     prompt_cache_nano INTEGER NOT NULL DEFAULT 0,
     estimated_saved_nano INTEGER NOT NULL DEFAULT 0,
     estimated_spent_nano INTEGER NOT NULL DEFAULT 0,
     hit_micros INTEGER NOT NULL DEFAULT 0,
     miss_micros INTEGER NOT NULL DEFAULT 0,
     hit_durations BLOB NOT NULL,
     miss_durations BLOB NOT NULL,
     PRIMARY KEY (bucket, provider, protocol, model, language, category, template, tenant)
   ) WITHOUT ROWID;

   CREATE TABLE tag_statistics (
     bucket INTEGER NOT NULL,
     tag TEXT NOT NULL,
     requests INTEGER NOT NULL,
     hits INTEGER NOT NULL,
     saved_nano INTEGER NOT NULL,
     PRIMARY KEY (bucket, tag)
   ) WITHOUT ROWID;

   CREATE TABLE query_pattern (
     key TEXT PRIMARY KEY,
     text TEXT,
     language TEXT NOT NULL,
     category TEXT NOT NULL,
     model TEXT NOT NULL,
     tenant TEXT NOT NULL,
     hits INTEGER NOT NULL,
     last_asked INTEGER NOT NULL,
     user_digest TEXT
   );
   CREATE INDEX query_pattern_by_hits ON query_pattern (hits, last_asked);
   CREATE INDEX query_pattern_by_age ON query_pattern (last_asked);
   CREATE INDEX query_pattern_by_user ON query_pattern (user_digest) WHERE user_digest IS NOT NULL;

   -- Lookups, stores and calls of providers, one by one; "weight" is the number of rows that a sampled row stands for.
   CREATE TABLE cache_event (
     id INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     request_id TEXT NOT NULL,
     event TEXT NOT NULL,
     outcome TEXT NOT NULL,
     kind TEXT NOT NULL,
     tier TEXT NOT NULL,
     duration_ms REAL NOT NULL,
     provider TEXT NOT NULL,
     protocol TEXT NOT NULL,
     model TEXT NOT NULL,
     language TEXT NOT NULL,
     category TEXT NOT NULL,
     template TEXT NOT NULL,
     tenant TEXT NOT NULL,
     user_digest TEXT,
     session_digest TEXT,
     key TEXT,
     saved_tokens INTEGER NOT NULL,
     saved_nano INTEGER NOT NULL,
     input_tokens INTEGER NOT NULL,
     output_tokens INTEGER NOT NULL,
     spent_nano INTEGER NOT NULL,
     estimated INTEGER NOT NULL,
     weight INTEGER NOT NULL
   );
   CREATE INDEX cache_event_by_age ON cache_event (at);
   CREATE INDEX cache_event_by_user ON cache_event (user_digest) WHERE user_digest IS NOT NULL;

   -- Users who were erased, so that older rows which another process still holds are not added.
   CREATE TABLE ledger_erasure (
     user_digest TEXT PRIMARY KEY,
     at INTEGER NOT NULL
   ) WITHOUT ROWID;

   -- The last batch of each writer, so that none is added twice.
   CREATE TABLE ledger_writer (
     writer TEXT PRIMARY KEY,
     sequence INTEGER NOT NULL,
     at INTEGER NOT NULL
   ) WITHOUT ROWID;`,

  `-- How many rows the large tables have: to count them would read all of them.
   CREATE TABLE ledger_size (
     name TEXT PRIMARY KEY,
     count INTEGER NOT NULL
   ) WITHOUT ROWID;
   ${countedTables.map(counting).join('\n')}`,

  'ALTER TABLE cache_statistics ADD COLUMN warm_nano INTEGER NOT NULL DEFAULT 0;',

  `-- Runs of maintenance. The figures of a kind that was not asked for are null.
   CREATE TABLE maintenance_run (
     id INTEGER PRIMARY KEY,
     started_at INTEGER NOT NULL,
     duration_ms REAL NOT NULL,
     outcome TEXT NOT NULL,
     looked INTEGER NOT NULL,
     expired_entries INTEGER,
     expired_bytes INTEGER,
     low_value_entries INTEGER,
     low_value_bytes INTEGER,
     low_quality_entries INTEGER,
     low_quality_bytes INTEGER,
     defragment_entries INTEGER,
     defragment_bytes INTEGER
   );
   CREATE INDEX maintenance_run_by_age ON maintenance_run (started_at);`,
] as const;

/** Files of the ledger are marked 'aOnl'. */
export const ledgerSchema: FileSchema = { applicationId: 0x614f_6e6c, migrations };

/** The connection, with the schema brought up to date. Waits `busyTimeoutMs` for other processes. */
export function openLedgerFile(file: string, busyTimeoutMs: number): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    refuseForeign(database, ledgerSchema);
    // NORMAL with a write-ahead log: a killed process loses no commit; a power cut may lose the last ones, and damages
    // nothing. What was freed is used again, so the file stays as large as it has been. What is deleted is overwritten, and
    // so is what moves: a page that was split earlier would still show rows of a user who is erased.
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA journal_size_limit = 16777216;
      PRAGMA secure_delete = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -2048;
    `);
    migrate(database, ledgerSchema);
    addFunctions(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * A connection to a file that exists, which changes nothing. Undefined if there are no tables yet.
 *
 * It may write as far as SQLite is concerned: one that may not would leave the files of the write-ahead log behind.
 *
 * @throws Error if the file was written by an older release; ForeignFile for a file that is not a ledger's.
 */
export function openLedgerToRead(file: string, busyTimeoutMs: number): DatabaseSync | undefined {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    database.exec('PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;');
    refuseForeign(database, ledgerSchema);
    const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'];
    if (tables === 0) {
      database.close();
      return undefined;
    }
    if (!isCurrent(database, ledgerSchema))
      throw new Error('an older release made it; start a gateway of this release once, which updates it');
    addFunctions(database);
    return database;
  } catch (error) {
    if (database.isOpen) database.close();
    throw error;
  }
}

function addFunctions(database: DatabaseSync): void {
  database.function('add_durations', { deterministic: true }, (one, other) =>
    blobOf(addBlob(addBlob(noDurations(), one), other)),
  );
}
