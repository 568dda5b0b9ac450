/**
 * Removes what is too old, too much, or a user's. Each call is one step of at most some thousand rows, and says whether
 * another is to follow: so no transaction holds other processes up for long, and batches and queries come in between.
 * Only a bucket of counters or tags goes whole, however many rows it has: what was left of its figures would be wrong.
 */
import type { DatabaseSync } from 'node:sqlite';
import { usedBytes } from '../../sqlite-file/version.ts';
import { type Retention, rememberedWriters, shareFreed, shareWithoutHits, storedRuns } from '../contract.ts';
import { soundText } from '../sound-batch.ts';

/** Rows of one transaction: some 20 ms. */
const rowsPerStep = 1_000;

export interface Step {
  readonly count: number;
  readonly more: boolean;
}

export function remover(database: DatabaseSync) {
  const step = (statement: string) => {
    const prepared = database.prepare(statement);
    return (...values: readonly (string | number)[]) => Number(prepared.run(...values).changes);
  };
  const some = `LIMIT ${rowsPerStep}`;
  const remember = step(
    `INSERT INTO ledger_erasure (user_digest, at) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET at = excluded.at WHERE excluded.at > at`,
  );
  const eraseRows = step(
    `DELETE FROM cache_event WHERE id IN (SELECT id FROM cache_event WHERE user_digest = ? ${some})`,
  );
  const eraseTexts = step(
    `UPDATE query_pattern SET text = NULL, user_digest = NULL
     WHERE rowid IN (SELECT rowid FROM query_pattern WHERE user_digest = ? ${some})`,
  );
  const someTexts = step(
    `UPDATE query_pattern SET text = NULL, user_digest = NULL
     WHERE rowid IN (SELECT rowid FROM query_pattern WHERE text IS NOT NULL ${some})`,
  );
  const oldRows = step(
    `DELETE FROM cache_event WHERE id IN (SELECT id FROM cache_event WHERE at < ? ORDER BY at ${some})`,
  );
  const oldPatterns = step(
    `DELETE FROM query_pattern WHERE rowid IN (SELECT rowid FROM query_pattern WHERE last_asked < ? ${some})`,
  );
  const rarePatterns = step(
    `DELETE FROM query_pattern WHERE rowid IN
       (SELECT rowid FROM query_pattern ORDER BY hits, last_asked LIMIT min(${rowsPerStep}, max(0, ?)))`,
  );
  const excessPatterns = step(
    `DELETE FROM query_pattern WHERE rowid IN
       (SELECT rowid FROM query_pattern ORDER BY hits, last_asked
        LIMIT min(${rowsPerStep}, max(0,
          (SELECT count FROM ledger_size WHERE name = 'query_pattern') - ?,
          (SELECT count(*) FROM query_pattern WHERE hits <= 0) - ?)))`,
  );
  const oldest = (table: string) =>
    step(`DELETE FROM ${table} WHERE bucket < ? AND bucket = (SELECT min(bucket) FROM ${table})`);
  const oldCounters = oldest('cache_statistics');
  const oldTags = oldest('tag_statistics');
  const oldRuns = step(
    `DELETE FROM maintenance_run WHERE id IN (SELECT id FROM maintenance_run WHERE started_at < ? ${some})`,
  );
  const excessRuns = step(
    `DELETE FROM maintenance_run WHERE id IN
       (SELECT id FROM maintenance_run ORDER BY started_at DESC, id DESC LIMIT ${rowsPerStep} OFFSET ?)`,
  );
  const oldErasures = step('DELETE FROM ledger_erasure WHERE at < ?');
  const oldWriters = step(
    `DELETE FROM ledger_writer WHERE at < ? AND writer NOT IN
       (SELECT writer FROM ledger_writer ORDER BY at DESC LIMIT ${rememberedWriters})`,
  );

  const someErasure = database.prepare('SELECT 1 FROM ledger_erasure LIMIT 1');
  /**
   * The log holds the pages as they were before an erasure until it is begun anew. While another connection reads it, it
   * can't be; so each pruning tries again.
   */
  const beginLogAnew = () => database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  let isMakingRoom = false;

  /** Removes of what is oldest or least asked, once the bound is exceeded, until there is some room below it. */
  function makeRoom(maxBytes: number): number {
    const target = isMakingRoom ? maxBytes * (1 - shareFreed) : maxBytes;
    isMakingRoom = usedBytes(database) > target;
    if (!isMakingRoom) return 0;
    const always = Number.MAX_SAFE_INTEGER;
    const count = oldRows(always) || rarePatterns(rowsPerStep) || oldTags(always) + oldCounters(always);
    if (count === 0) isMakingRoom = false;
    return count;
  }

  return {
    /** Erases some rows of a user and, once there are none left, the texts of the user's questions. */
    erase(digest: string, at: number): Step {
      const user = soundText(digest);
      // A power cut does not bring back what is erased.
      database.exec('PRAGMA synchronous = FULL');
      try {
        // First, so that what another process writes meanwhile is left out.
        remember(user, at);
        const count = eraseRows(user) || eraseTexts(user);
        if (count < rowsPerStep) beginLogAnew();
        return { count, more: count > 0 };
      } finally {
        database.exec('PRAGMA synchronous = NORMAL');
      }
    },

    prune({ rowsSince, countersSince, patternsSince, maxBytes, maxPatterns, texts = true }: Retention): Step {
      const count =
        (texts ? 0 : someTexts()) ||
        oldRows(rowsSince) ||
        oldTags(countersSince) ||
        oldCounters(countersSince) ||
        oldPatterns(patternsSince) ||
        oldRuns(countersSince) ||
        excessRuns(storedRuns) ||
        excessPatterns(maxPatterns, Math.floor(maxPatterns * shareWithoutHits)) ||
        makeRoom(maxBytes);
      if (count === 0) {
        oldWriters(countersSince);
        // What another process reported before an erasure may be a row or the text of a question.
        oldErasures(Math.min(rowsSince, patternsSince));
        if (someErasure.get() !== undefined) beginLogAnew();
      }
      return { count, more: count > 0 };
    },

    makeRoom,
  };
}
