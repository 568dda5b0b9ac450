/** The tables, their migrations, and the set-up of a connection. */
import { DatabaseSync } from 'node:sqlite';
import { type FileSchema, migrate, refuseForeign } from '../../../sqlite-file/version.ts';

const migrations = [
  `CREATE TABLE entries (
     id INTEGER PRIMARY KEY,
     key TEXT NOT NULL UNIQUE,
     lease INTEGER NOT NULL,
     created REAL NOT NULL,
     expires REAL NOT NULL,
     value BLOB NOT NULL             -- last, so that reading the others never touches its overflow pages
   );
   CREATE INDEX entries_by_expiry ON entries (expires);

   -- Beside the entry, so that a hit rewrites some bytes and not the entry. "last" is the instant of the last hit,
   -- or that of the entry's creation: the order in which entries go when there is no room.
   CREATE TABLE heat (
     id INTEGER PRIMARY KEY,         -- that of the entry
     hits INTEGER NOT NULL,
     last REAL NOT NULL
   );
   CREATE INDEX heat_by_last ON heat (last);
   CREATE TRIGGER entry_gone AFTER DELETE ON entries BEGIN DELETE FROM heat WHERE id = OLD.id; END;

   CREATE TABLE marks (name TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
   CREATE INDEX marks_by_end ON marks (until);`,

  `-- The invalidation log, and in one row what is known of it: its random name, the highest number ever given, the
   -- lowest from which on all rows are there, how many are there and the bytes that they count.
   CREATE TABLE log (number INTEGER PRIMARY KEY, id TEXT NOT NULL, what TEXT NOT NULL);
   CREATE TABLE log_head (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     generation TEXT NOT NULL,
     last INTEGER NOT NULL,
     floor INTEGER NOT NULL,
     kept INTEGER NOT NULL,
     bytes INTEGER NOT NULL
   );
   INSERT INTO log_head VALUES (1, lower(hex(randomblob(16))), 0, 1, 0, 0);

   -- Digests of the entry's own tags, 10 bytes each, one after the other: a walk over them all never touches a value.
   CREATE TABLE entry_tags (
     id INTEGER PRIMARY KEY,         -- that of the entry
     digests BLOB NOT NULL
   );
   CREATE TABLE added_tags (
     digest BLOB NOT NULL,
     key TEXT NOT NULL,
     expires REAL NOT NULL,
     PRIMARY KEY (digest, key)
   ) WITHOUT ROWID;
   CREATE INDEX added_tags_by_key ON added_tags (key);
   CREATE INDEX added_tags_by_expiry ON added_tags (expires);
   CREATE TRIGGER entry_untagged AFTER DELETE ON entries BEGIN
     DELETE FROM entry_tags WHERE id = OLD.id;
     DELETE FROM added_tags WHERE key = OLD.key;
   END;

   CREATE TABLE notices (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;`,

  `-- Entries that are removed although their rows are still there: to note a removal takes a small part of the time of a
   -- deletion, which changes a page of each index and follows in bounded steps.
   CREATE TABLE IF NOT EXISTS removed (id INTEGER PRIMARY KEY);  -- that of the entry
   CREATE TRIGGER IF NOT EXISTS entry_reclaimed AFTER DELETE ON entries BEGIN DELETE FROM removed WHERE id = OLD.id; END;
   -- A write under the key of a removed entry takes its row, and nothing else of it.
   CREATE TRIGGER IF NOT EXISTS entry_anew AFTER UPDATE ON entries WHEN OLD.id IN removed BEGIN
     DELETE FROM removed WHERE id = OLD.id;
     DELETE FROM heat WHERE id = OLD.id;
     DELETE FROM added_tags WHERE key = OLD.key;
   END;`,

  `-- Vectors of the entries' questions: a walk over them reads no answer, and a hit reads no vector.
   CREATE TABLE IF NOT EXISTS vectors (
     id INTEGER PRIMARY KEY,         -- that of the entry, as are the next three
     key TEXT NOT NULL,
     lease INTEGER NOT NULL,
     expires REAL NOT NULL,
     record BLOB NOT NULL
   );
   CREATE TRIGGER IF NOT EXISTS entry_gone_with_vector AFTER DELETE ON entries BEGIN
     DELETE FROM vectors WHERE id = OLD.id;
   END;
   DROP TRIGGER IF EXISTS entry_anew;
   CREATE TRIGGER entry_anew AFTER UPDATE ON entries WHEN OLD.id IN removed BEGIN
     DELETE FROM removed WHERE id = OLD.id;
     DELETE FROM heat WHERE id = OLD.id;
     DELETE FROM added_tags WHERE key = OLD.key;
     DELETE FROM vectors WHERE id = OLD.id;
   END;
   -- Entries up to this id may have their vectors in their values.
   CREATE TABLE IF NOT EXISTS vectors_head (one INTEGER PRIMARY KEY CHECK (one = 1), unmoved INTEGER NOT NULL);
   INSERT OR IGNORE INTO vectors_head SELECT 1, coalesce(max(id), 0) FROM entries;

   -- What the semantic tiers report to each other: a log of its own.
   CREATE TABLE IF NOT EXISTS feed (number INTEGER PRIMARY KEY, id TEXT NOT NULL, what TEXT NOT NULL);
   CREATE TABLE IF NOT EXISTS feed_head (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     generation TEXT NOT NULL,
     last INTEGER NOT NULL,
     floor INTEGER NOT NULL,
     kept INTEGER NOT NULL,
     bytes INTEGER NOT NULL
   );
   INSERT OR IGNORE INTO feed_head VALUES (1, lower(hex(randomblob(16))), 0, 1, 0, 0);`,
] as const;

/** Files of the store are marked 'aOnc'. */
const schema: FileSchema = { applicationId: 0x614f_6e63, migrations };

/**
 * Bytes of the file that the reader maps into memory; beyond them SQLite reads as usual, which takes 3 µs more. What is
 * mapped counts as memory of the process, and looks for what is not there soon touch all of it.
 */
const mappedBytes = 100_663_296;

/**
 * Pages of the write-ahead log from which on it is written into the file, and begun anew. Pages that change often are copied
 * less often; up to 4 062 a reader finds a page of the log by one look into its index.
 */
export const logPages = 4_000;

/**
 * The writer's connection, with the schema brought up to date. Waits `busyTimeoutMs` for other processes. The file is not
 * mapped: a page that is written is copied all the same, and writing touches pages everywhere.
 */
export function openForWriting(file: string, busyTimeoutMs: number): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    refuseForeign(database, schema);
    // NORMAL with a write-ahead log: a killed process loses no commit; a power cut may lose the last commits, and
    // damages nothing.
    database.exec(`
      -- Of a new file: its free pages can be given back in steps. To change a file that has tables takes a VACUUM.
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA mmap_size = 0;
      PRAGMA journal_size_limit = 16777216;
      PRAGMA wal_autocheckpoint = ${logPages};
      PRAGMA temp_store = MEMORY;
      -- Always: pages that were split or replaced before an erasure hold copies of what it deletes.
      PRAGMA secure_delete = ON;
    `);
    migrate(database, schema);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A reader's connection: never waits, never writes. */
export function openForReading(file: string, mapped = mappedBytes): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 0 });
  try {
    database.exec(`PRAGMA mmap_size = ${mapped}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
