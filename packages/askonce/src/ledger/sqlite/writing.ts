/** Applies batches: each in one transaction, and once. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type CounterChange,
  clocksDifferMs,
  dimensionNames,
  type LedgerBatch,
  type LedgerRow,
  type PatternChange,
} from '../contract.ts';
import { countColumns, countNames } from '../counts.ts';
import { runColumnNames, valuesOfRun } from '../database-rows.ts';
import { type SoundBatch, soundBatch } from '../sound-batch.ts';
import { blobOf } from './durations-blob.ts';

const countNamesInTable = countNames.map((name) => countColumns[name]);

/** Prepares the statements, and returns the function that applies a batch. That throws if nothing of it was applied. */
export function batchWriter(database: DatabaseSync): (batch: LedgerBatch) => void {
  const raiseSequence = database.prepare(
    `INSERT INTO ledger_writer (writer, sequence, at) VALUES (?, ?, ?)
     ON CONFLICT (writer) DO UPDATE SET sequence = excluded.sequence, at = excluded.at
     WHERE excluded.sequence > ledger_writer.sequence`,
  );
  const addCounter = prepareInsert(
    database,
    'cache_statistics',
    ['bucket', ...dimensionNames, ...countNamesInTable, 'hit_durations', 'miss_durations'],
    `ON CONFLICT DO UPDATE SET
     ${countNamesInTable.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')},
     hit_durations = add_durations(hit_durations, excluded.hit_durations),
     miss_durations = add_durations(miss_durations, excluded.miss_durations)`,
  );
  const addTag = database.prepare(
    `INSERT INTO tag_statistics (bucket, tag, requests, hits, saved_nano) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET
       requests = requests + excluded.requests,
       hits = hits + excluded.hits,
       saved_nano = saved_nano + excluded.saved_nano`,
  );
  // What is empty or absent replaces nothing: a hit knows less of its question than the answer that was stored. The user
  // goes with the text: a text that another user asked for has no more to do with the one before.
  const addPattern = database.prepare(
    `INSERT INTO query_pattern (key, text, user_digest, language, category, model, tenant, hits, last_asked)
     VALUES (?, nullif(?, ''), nullif(?, ''), ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET
       text = coalesce(excluded.text, text),
       user_digest = iif(excluded.text IS NULL, coalesce(user_digest, excluded.user_digest), excluded.user_digest),
       ${['language', 'category', 'model', 'tenant'].map(replacing).join(', ')},
       hits = hits + excluded.hits,
       last_asked = max(last_asked, excluded.last_asked)`,
  );
  const erasedUntil = database.prepare('SELECT at FROM ledger_erasure WHERE user_digest = ? AND at >= ?');
  const addRow = prepareInsert(database, 'cache_event', Object.keys(rowColumns));
  const addRun = prepareInsert(database, 'maintenance_run', runColumnNames);

  /** Whether what was reported of a user at an instant belongs to what was erased. */
  function isErased(user: string | undefined, at: number): boolean {
    return user !== undefined && erasedUntil.get(user, at) !== undefined;
  }

  function apply(batch: SoundBatch): void {
    if (raiseSequence.run(batch.writer, batch.sequence, integer(batch.at)).changes === 0) return;
    for (const change of batch.counters) addCounter.run(...counterValues(change));
    for (const { bucket, tag, requests, hits, savedNano } of batch.tags)
      addTag.run(integer(bucket), tag, integer(requests), integer(hits), integer(savedNano));
    for (const change of batch.patterns) {
      const { text: _text, user, textAt = change.lastAsked, ...anonymous } = change;
      addPattern.run(...patternValues(isErased(user, textAt - clocksDifferMs) ? anonymous : change));
    }
    for (const row of batch.rows) if (!isErased(row.user, row.at)) addRow.run(...rowValues(row));
    for (const run of batch.runs) addRun.run(...valuesOfRun(run));
  }

  return (batch) => {
    database.exec('BEGIN IMMEDIATE');
    try {
      apply(soundBatch(batch));
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
}

function prepareInsert(
  database: DatabaseSync,
  table: string,
  columns: readonly string[],
  conflict = '',
): StatementSync {
  const places = columns.map(() => '?').join(', ');
  return database.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places}) ${conflict}`);
}

function counterValues({ bucket, dimensions, counts, ...durations }: CounterChange): SQLInputValue[] {
  return [
    integer(bucket),
    ...dimensionNames.map((name) => dimensions[name]),
    ...countNames.map((name) => integer(counts[name])),
    blobOf(durations.hitDurations),
    blobOf(durations.missDurations),
  ];
}

function patternValues(change: PatternChange): SQLInputValue[] {
  const { key, text, user, language, category, model, tenant, hits, lastAsked } = change;
  const names = [language, category, model, tenant];
  return [key, text ?? null, user ?? null, ...names, integer(hits), integer(lastAsked)];
}

/** Columns of `cache_event`, and what each has of a row. */
const rowColumns: Readonly<Record<string, (row: LedgerRow) => SQLInputValue>> = {
  at: ({ at }) => integer(at),
  request_id: ({ requestId }) => requestId,
  event: ({ event }) => event,
  outcome: ({ outcome }) => outcome,
  kind: ({ kind }) => kind,
  tier: ({ tier }) => tier,
  duration_ms: ({ durationMs }) => durationMs,
  ...Object.fromEntries(
    dimensionNames.map((name) => [name, ({ dimensions }: LedgerRow) => dimensions[name]]),
  ),
  user_digest: ({ user }) => user ?? null,
  session_digest: ({ session }) => session ?? null,
  key: ({ key }) => key ?? null,
  saved_tokens: ({ savedTokens }) => integer(savedTokens),
  saved_nano: ({ savedNano }) => integer(savedNano),
  input_tokens: ({ inputTokens }) => integer(inputTokens),
  output_tokens: ({ outputTokens }) => integer(outputTokens),
  spent_nano: ({ spentNano }) => integer(spentNano),
  estimated: ({ estimated }) => (estimated ? 1 : 0),
  weight: ({ weight }) => integer(weight),
};
const valuesOfRow = Object.values(rowColumns);

function rowValues(row: LedgerRow): SQLInputValue[] {
  return valuesOfRow.map((value) => value(row));
}

function replacing(column: string): string {
  return `${column} = iif(excluded.${column} = '', ${column}, excluded.${column})`;
}

/** A whole number as SQLite's 64-bit integer: bound as a number it would be a float, whose sums are exact up to 2⁵³ only. */
function integer(value: number): bigint {
  return BigInt(value);
}
