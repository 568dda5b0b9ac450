/** Answers queries. */

import type { Row, Run, Value } from '../../postgres/connections.ts';
import {
  type CounterQuery,
  type CounterSum,
  dimensionNames,
  type MaintenanceRun,
  type Pattern,
  type PatternQuery,
  patternDimensions,
  type TagChange,
  type TagQuery,
} from '../contract.ts';
import { countColumns, countNames, countsOf } from '../counts.ts';
import { patternColumns, patternOf, runColumnNames, runOf, tagSumOf, tagSums } from '../database-rows.ts';
import { durationClasses } from '../durations.ts';
import { wholeInstant, wholeLimit } from '../query-bounds.ts';
import type { Tables } from './tables.ts';
import { durationsOf, numbersOf, textOf } from './values.ts';

/** Groups of one answer of the server, between which the process may do something else. */
const groupsOfStep = 200;

const sumsOfCounts = countNames.map((name) => `sum(${countColumns[name]})`).join(', ');
/** A class that no row has is null. */
const sumsOfDurations = (column: string) =>
  Array.from({ length: durationClasses }, (_none, index) => `sum(${column}[${index + 1}])`).join(', ');

export function reader({ statistics, tags, patterns, runs }: Tables) {
  return {
    async counters(
      run: Run,
      { from, to, where, by, limit, durations = true }: CounterQuery,
    ): Promise<readonly CounterSum[]> {
      // Never the caller's own text: a statement is made of the names in the table alone.
      const group = dimensionNames.find((name) => name === by) ?? 'bucket';
      const order = group === 'bucket' ? 'bucket' : `sum(requests) DESC, ${group}`;
      const filters = filtersOf(dimensionNames, where, 4);
      const histogram = (column: string) => (durations ? `ARRAY[${sumsOfDurations(column)}]::text` : `'{}'`);
      await run(
        `DECLARE sums NO SCROLL CURSOR FOR
         SELECT ${group}, ARRAY[${sumsOfCounts}]::text, ${histogram('hit_durations')}, ${histogram('miss_durations')}
         FROM ${statistics} WHERE bucket >= $1 AND bucket < $2 ${filters.conditions}
         GROUP BY ${group} ORDER BY ${order} LIMIT $3`,
        [wholeInstant(from), wholeInstant(to), most(limit), ...filters.values],
      );
      const sums: CounterSum[] = [];
      for (;;) {
        const rows = await run(`FETCH ${groupsOfStep} FROM sums`);
        sums.push(...rows.map(sumOf));
        if (rows.length < groupsOfStep) break;
      }
      // The transaction may go on to another query.
      await run('CLOSE sums');
      return sums;
    },

    async tags(run: Run, { from, to, limit }: TagQuery): Promise<readonly Omit<TagChange, 'bucket'>[]> {
      const rows = await run(
        `SELECT ${tagSums} FROM ${tags}
         WHERE bucket >= $1 AND bucket < $2 GROUP BY tag ORDER BY sum(requests) DESC, tag LIMIT $3`,
        [wholeInstant(from), wholeInstant(to), most(limit)],
      );
      return rows.map(tagSumOf);
    },

    async patterns(run: Run, { where, limit }: PatternQuery): Promise<readonly Pattern[]> {
      const filters = filtersOf(patternDimensions, where, 2);
      const rows = await run(
        `SELECT ${patternColumns} FROM ${patterns}
         WHERE hits > 0 ${filters.conditions} ORDER BY hits DESC, last_asked DESC, key LIMIT $1`,
        [most(limit), ...filters.values],
      );
      return rows.map(patternOf);
    },

    async runs(run: Run, limit: number): Promise<readonly MaintenanceRun[]> {
      const rows = await run(
        `SELECT ${runColumnNames.join(', ')} FROM ${runs} ORDER BY started_at DESC, id DESC LIMIT $1`,
        [most(limit)],
      );
      return rows.map(runOf);
    },
  };
}

function sumOf([group, counts, hitDurations, missDurations]: Row): CounterSum {
  const sums = numbersOf(counts);
  return {
    group: String(group),
    counts: countsOf((_name, index) => sums[index] ?? 0),
    hitDurations: durationsOf(hitDurations),
    missDurations: durationsOf(missDurations),
  };
}

/** Conditions on the columns that are named, with parameters from `first` on. */
function filtersOf<Name extends string>(
  names: readonly Name[],
  where: Readonly<Partial<Record<Name, string>>>,
  first: number,
) {
  const conditions: string[] = [];
  const values: string[] = [];
  for (const name of names) {
    const value = where[name];
    if (value === undefined) continue;
    conditions.push(`AND ${name} = $${first + values.length}`);
    values.push(textOf(value));
  }
  return { conditions: conditions.join(' '), values };
}

/** Null is no limit. */
function most(limit: number | undefined): Value {
  return wholeLimit(limit) ?? null;
}
