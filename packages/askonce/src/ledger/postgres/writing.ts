/** Applies batches: each in one transaction, and once. */

import type { Run } from '../../postgres/connections.ts';
import {
  type CounterChange,
  type Dimensions,
  dimensionNames,
  type LedgerBatch,
  type LedgerRow,
  type MaintenanceRun,
  type PatternChange,
  type TagChange,
} from '../contract.ts';
import { countColumns, countNames } from '../counts.ts';
import { runColumnNames, valuesOfRun } from '../database-rows.ts';
import { soundBatch, wholeNumber } from '../sound-batch.ts';
import { withoutErased } from './erasures.ts';
import { mergedCounters, mergedPatterns, mergedTags } from './merged.ts';
import type { Tables } from './tables.ts';
import { arrayOf, digestOf, optionalText, textOf } from './values.ts';

type Types = Readonly<Record<string, string>>;
type Item = Readonly<Record<string, unknown>>;

/** Rows of one statement: some milliseconds of this process. */
const rowsOfStatement = 250;

const textTypes = (names: readonly string[]): Types =>
  Object.fromEntries(names.map((name) => [name, 'text']));
const integerTypes = (names: readonly string[]): Types =>
  Object.fromEntries(names.map((name) => [name, 'bigint']));

const dimensionTypes = textTypes(dimensionNames);
const countsInTable = countNames.map((name) => countColumns[name]);

/** Adds histograms, the shorter of which lacks its last classes. */
const addedDurations = (column: string) => `${column} = coalesce((
  SELECT array_agg(coalesce(one, 0) + coalesce(other, 0) ORDER BY class)
  FROM unnest(present.${column}, excluded.${column}) WITH ORDINALITY AS classes (one, other, class)), '{}')`;
/** A name replaces the one before; where it is '', that stays. */
const replaced = (column: string) =>
  `${column} = coalesce(nullif(excluded.${column}, ''), present.${column})`;
const added = (column: string) => `${column} = present.${column} + excluded.${column}`;

const columnsOfCounters: Types = {
  bucket: 'bigint',
  dimensions: 'bytea',
  ...dimensionTypes,
  ...integerTypes(countsInTable),
  hit_durations: 'bigint[]',
  miss_durations: 'bigint[]',
};
const columnsOfTags: Types = {
  bucket: 'bigint',
  tag: 'text',
  ...integerTypes(['requests', 'hits', 'saved_nano']),
};
const columnsOfPatterns: Types = {
  ...textTypes(['key', 'text', 'language', 'category', 'model', 'tenant', 'user_digest']),
  ...integerTypes(['hits', 'last_asked']),
};
const columnsOfRuns: Types = {
  ...integerTypes(runColumnNames),
  duration_ms: 'double precision',
  outcome: 'text',
};
const columnsOfEvents: Types = {
  at: 'bigint',
  ...textTypes(['request_id', 'event', 'outcome', 'kind', 'tier']),
  duration_ms: 'double precision',
  ...dimensionTypes,
  ...textTypes(['user_digest', 'session_digest', 'key']),
  ...integerTypes(['saved_tokens', 'saved_nano', 'input_tokens', 'output_tokens', 'spent_nano']),
  estimated: 'boolean',
  weight: 'bigint',
};

/**
 * The rows are one bound value, as JSON. They are locked in the order in which they come; every process sorts them by the
 * same key, so that no two wait for each other.
 */
function insertion(table: string, types: Types, conflict: string): string {
  const names = Object.keys(types).join(', ');
  const typed = Object.entries(types).map(([name, type]) => `${name} ${type}`);
  return `INSERT INTO ${table} AS present (${names})
    SELECT ${names} FROM jsonb_to_recordset($1::jsonb) AS given (${typed.join(', ')}) ${conflict}`;
}

export function batchWriter(tables: Tables) {
  const { statistics, tags, patterns, events, runs, writers } = tables;
  const raiseSequence = `INSERT INTO ${writers} AS present (writer, sequence, at) VALUES ($1, $2, $3)
    ON CONFLICT (writer) DO UPDATE SET sequence = excluded.sequence, at = excluded.at
    WHERE excluded.sequence > present.sequence RETURNING sequence`;
  const addCounters = insertion(
    statistics,
    columnsOfCounters,
    `ON CONFLICT (bucket, dimensions) DO UPDATE SET ${countsInTable.map(added).join(', ')},
     ${addedDurations('hit_durations')}, ${addedDurations('miss_durations')}`,
  );
  const addTags = insertion(
    tags,
    columnsOfTags,
    `ON CONFLICT (bucket, tag) DO UPDATE SET ${['requests', 'hits', 'saved_nano'].map(added).join(', ')}`,
  );
  // The user goes with the text: a text that another user asked for has no more to do with the one before.
  const addPatterns = insertion(
    patterns,
    columnsOfPatterns,
    `ON CONFLICT (key) DO UPDATE SET
       text = coalesce(excluded.text, present.text),
       user_digest = CASE WHEN excluded.text IS NULL
         THEN coalesce(present.user_digest, excluded.user_digest) ELSE excluded.user_digest END,
       ${['language', 'category', 'model', 'tenant'].map(replaced).join(', ')},
       ${added('hits')},
       last_asked = greatest(present.last_asked, excluded.last_asked)`,
  );
  const addEvents = insertion(events, columnsOfEvents, '');
  const addRuns = insertion(runs, columnsOfRuns, '');

  /** Turns rows into JSON a statement at a time, so that a large batch does not hold up the process. */
  async function add<T>(
    run: Run,
    statement: string,
    changes: readonly T[],
    itemOf: (change: T) => Item,
  ): Promise<void> {
    for (let at = 0; at < changes.length; at += rowsOfStatement)
      await run(statement, [JSON.stringify(changes.slice(at, at + rowsOfStatement).map(itemOf))]);
  }

  return async (run: Run, unclean: LedgerBatch): Promise<void> => {
    const batch = soundBatch(unclean);
    const writer = [textOf(batch.writer), wholeNumber(batch.sequence), batch.at];
    // The row of the writer stays locked until the end: a batch that is written again waits until the first attempt has
    // been committed or not.
    const raised = await run(raiseSequence, writer);
    if (raised.length === 0) return;
    const left = await withoutErased(run, tables, batch);
    await add(run, addCounters, mergedCounters(batch.counters), itemOfCounter);
    await add(run, addTags, mergedTags(batch.tags), itemOfTag);
    await add(run, addPatterns, mergedPatterns(left.patterns), itemOfPattern);
    await add(run, addEvents, left.rows, itemOfRow);
    await add(run, addRuns, batch.runs, itemOfRun);
  };
}

// Counters, tags and questions of one batch may have been merged since it was made sound: their sums are bounded again.

function itemOfCounter({ bucket, dimensions, counts, hitDurations, missDurations }: CounterChange): Item {
  return {
    bucket,
    dimensions: digestOf(dimensions),
    ...itemOfDimensions(dimensions),
    ...Object.fromEntries(countNames.map((name) => [countColumns[name], wholeNumber(counts[name])])),
    hit_durations: arrayOf(hitDurations),
    miss_durations: arrayOf(missDurations),
  };
}

function itemOfTag({ bucket, tag, requests, hits, savedNano }: TagChange): Item {
  return {
    bucket,
    tag: textOf(tag),
    requests: wholeNumber(requests),
    hits: wholeNumber(hits),
    saved_nano: wholeNumber(savedNano),
  };
}

function itemOfPattern({ key, text, user, lastAsked, hits, ...names }: PatternChange): Item {
  return {
    key: textOf(key),
    text: optionalText(text || undefined),
    language: textOf(names.language),
    category: textOf(names.category),
    model: textOf(names.model),
    tenant: textOf(names.tenant),
    user_digest: optionalText(user),
    hits: wholeNumber(hits),
    last_asked: lastAsked,
  };
}

function itemOfRow(row: LedgerRow): Item {
  return {
    at: row.at,
    request_id: textOf(row.requestId),
    event: row.event,
    outcome: textOf(row.outcome),
    kind: textOf(row.kind),
    tier: textOf(row.tier),
    duration_ms: row.durationMs,
    ...itemOfDimensions(row.dimensions),
    user_digest: optionalText(row.user),
    session_digest: optionalText(row.session),
    key: optionalText(row.key),
    saved_tokens: row.savedTokens,
    saved_nano: row.savedNano,
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    spent_nano: row.spentNano,
    estimated: row.estimated,
    weight: row.weight,
  };
}

function itemOfRun(run: MaintenanceRun): Item {
  const values = valuesOfRun({ ...run, outcome: textOf(run.outcome) });
  return Object.fromEntries(runColumnNames.map((name, at) => [name, values[at]]));
}

function itemOfDimensions(dimensions: Dimensions): Item {
  return Object.fromEntries(dimensionNames.map((name) => [name, textOf(dimensions[name])]));
}
