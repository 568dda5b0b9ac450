/** Answers queries. Integers are read as 64-bit ones, since sums of nanodollars may exceed 2⁵³. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { usedBytes } from '../../sqlite-file/version.ts';
import {
  type CounterQuery,
  dimensionNames,
  type LedgerSize,
  type MaintenanceRun,
  type Pattern,
  type PatternQuery,
  patternDimensions,
  type TagChange,
  type TagQuery,
} from '../contract.ts';
import { countColumns, countNames } from '../counts.ts';
import { patternColumns, patternOf, runColumnNames, runOf, tagSumOf, tagSums } from '../database-rows.ts';
import { wholeInstant, wholeLimit } from '../query-bounds.ts';
import { soundText } from '../sound-batch.ts';
import { type PackedSums, packedSums } from './packed-sums.ts';
import { addedDurations, durationsStatement } from './reading-durations.ts';
import type { countedTables } from './schema.ts';

type Row = readonly SQLOutputValue[];

const sumsOfCounts = countNames.map((name) => `sum(${countColumns[name]})`).join(', ');

export function reader(database: DatabaseSync) {
  function prepared(statement: string): StatementSync {
    const made = database.prepare(statement);
    made.setReadBigInts(true);
    made.setReturnArrays(true);
    return made;
  }

  // Typed as objects, whatever the statement returns.
  function rows(statement: string, values: readonly (string | bigint)[]): readonly Row[] {
    return prepared(statement)
      .all(...values)
      .map((row) => Object.values(row));
  }

  function* eachRow(statement: string, values: readonly (string | bigint)[]): Generator<Row> {
    for (const row of prepared(statement).iterate(...values)) yield Object.values(row);
  }

  /** Several statements see one moment, also where another process writes meanwhile. */
  function atOneMoment<Answer>(read: () => Answer): Answer {
    if (database.isTransaction) return read();
    database.exec('BEGIN');
    try {
      return read();
    } finally {
      if (database.isTransaction) database.exec('ROLLBACK');
    }
  }

  return {
    counters({ from, to, where, by, limit, durations = true }: CounterQuery): PackedSums {
      const filters = dimensionNames.flatMap((name) => filter(name, where[name]));
      const condition = `bucket >= ? AND bucket < ? ${conditions(filters)}`;
      const values = [instant(from), instant(to), ...valuesOf(filters)];
      // Never the caller's own text: a statement is made of the names in the table alone.
      const group = dimensionNames.find((name) => name === by) ?? 'bucket';
      const order = group === 'bucket' ? 'bucket' : `sum(requests) DESC, ${group}`;
      return atOneMoment(() => {
        const sums = rows(
          `SELECT ${group}, ${sumsOfCounts} FROM cache_statistics WHERE ${condition}
           GROUP BY ${group} ORDER BY ${order} LIMIT ?`,
          [...values, most(limit)],
        ).map(([name, ...counts]) => ({ group: String(name), counts: counts.map(Number) }));
        if (!durations) return packedSums(sums);
        const groups = sums.map((sum) => sum.group);
        return packedSums(
          sums,
          addedDurations(groups, eachRow(durationsStatement(group, condition), values)),
        );
      });
    },

    tags({ from, to, limit }: TagQuery): readonly Omit<TagChange, 'bucket'>[] {
      const found = rows(
        `SELECT ${tagSums} FROM tag_statistics
         WHERE bucket >= ? AND bucket < ? GROUP BY tag ORDER BY sum(requests) DESC, tag LIMIT ?`,
        [instant(from), instant(to), most(limit)],
      );
      return found.map(tagSumOf);
    },

    patterns({ where, limit }: PatternQuery): readonly Pattern[] {
      const filters = patternDimensions.flatMap((name) => filter(name, where[name]));
      const found = rows(
        `SELECT ${patternColumns} FROM query_pattern
         WHERE hits > 0 ${conditions(filters)} ORDER BY hits DESC, last_asked DESC, key LIMIT ?`,
        [...valuesOf(filters), most(limit)],
      );
      return found.map(patternOf);
    },

    runs(limit: number): readonly MaintenanceRun[] {
      const found = rows(
        `SELECT ${runColumnNames.join(', ')} FROM maintenance_run ORDER BY started_at DESC, id DESC LIMIT ?`,
        [most(limit)],
      );
      return found.map(runOf);
    },

    size(): LedgerSize {
      const counts = new Map(
        rows('SELECT name, count FROM ledger_size', []).map(([name, count]) => [name, count]),
      );
      const count = (table: (typeof countedTables)[number]) => Number(counts.get(table) ?? 0);
      return {
        rows: count('cache_event'),
        counters: count('cache_statistics'),
        patterns: count('query_pattern'),
        bytes: usedBytes(database),
      };
    },
  };
}

interface Filter {
  readonly name: string;
  readonly value: string;
}

function filter(name: string, value: string | undefined): readonly Filter[] {
  return value === undefined ? [] : [{ name, value }];
}

function conditions(filters: readonly Filter[]): string {
  return filters.map(({ name }) => `AND ${name} = ?`).join(' ');
}

function valuesOf(filters: readonly Filter[]): readonly string[] {
  return filters.map(({ value }) => soundText(value));
}

function instant(at: number): bigint {
  return BigInt(wholeInstant(at));
}

/** SQLite's "no limit" is −1. */
function most(limit: number | undefined): bigint {
  return BigInt(wholeLimit(limit) ?? -1);
}
