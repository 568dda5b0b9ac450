/**
 * Makes a batch one that a store can take. A value that a database refuses would refuse its batch again and again, so there
 * is none: text has no zero character and no half of a surrogate pair, and numbers are whole and in range.
 */
import { maintenanceKinds } from '../maintenance/kinds.ts';
import type {
  Dimensions,
  Durations,
  LedgerBatch,
  LedgerRow,
  MaintenanceRun,
  PatternChange,
  RunFigures,
} from './contract.ts';
import { countsOf } from './counts.ts';

/** Zero characters and halves of a pair become U+FFFD. */
export function soundText(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed();
}

/** The nearest safe integer; 0 for what is no number. */
export function wholeNumber(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  if (Number.isNaN(value)) return 0;
  return Math.min(Math.max(Math.round(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

/** 0 for what is no finite number. */
export function finiteNumber(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** A batch as stores write it. */
export interface SoundBatch extends LedgerBatch {
  readonly runs: readonly MaintenanceRun[];
}

export function soundBatch(batch: LedgerBatch): SoundBatch {
  return {
    writer: soundText(batch.writer),
    sequence: batch.sequence,
    at: wholeNumber(batch.at),
    counters: batch.counters.map(({ bucket, dimensions, counts, hitDurations, missDurations }) => ({
      bucket: wholeNumber(bucket),
      dimensions: soundDimensions(dimensions),
      counts: countsOf((name) => wholeNumber(counts[name])),
      hitDurations: soundDurations(hitDurations),
      missDurations: soundDurations(missDurations),
    })),
    tags: batch.tags.map(({ bucket, tag, requests, hits, savedNano }) => ({
      bucket: wholeNumber(bucket),
      tag: soundText(tag),
      requests: wholeNumber(requests),
      hits: wholeNumber(hits),
      savedNano: wholeNumber(savedNano),
    })),
    patterns: batch.patterns.map(soundPattern),
    rows: batch.rows.map(soundRow),
    runs: batch.runs?.map(soundRun) ?? [],
  };
}

function soundDimensions(names: Dimensions): Dimensions {
  return {
    provider: soundText(names.provider),
    protocol: soundText(names.protocol),
    model: soundText(names.model),
    language: soundText(names.language),
    category: soundText(names.category),
    template: soundText(names.template),
    tenant: soundText(names.tenant),
  };
}

function soundDurations(durations: Durations): Durations {
  return durations.every((count) => count >= 0 && Number.isSafeInteger(count))
    ? durations
    : durations.map((count) => Math.max(0, wholeNumber(count)));
}

function soundPattern(change: PatternChange): PatternChange {
  const { text, user, textAt } = change;
  return {
    ...change,
    key: soundText(change.key),
    language: soundText(change.language),
    category: soundText(change.category),
    model: soundText(change.model),
    tenant: soundText(change.tenant),
    hits: wholeNumber(change.hits),
    lastAsked: wholeNumber(change.lastAsked),
    ...(text === undefined ? {} : { text: soundText(text) }),
    ...(user === undefined ? {} : { user: soundText(user) }),
    ...(textAt === undefined ? {} : { textAt: wholeNumber(textAt) }),
  };
}

function soundRow(row: LedgerRow): LedgerRow {
  const { user, session, key } = row;
  return {
    ...row,
    at: wholeNumber(row.at),
    requestId: soundText(row.requestId),
    outcome: soundText(row.outcome),
    kind: soundText(row.kind),
    tier: soundText(row.tier),
    durationMs: finiteNumber(row.durationMs),
    dimensions: soundDimensions(row.dimensions),
    ...(user === undefined ? {} : { user: soundText(user) }),
    ...(session === undefined ? {} : { session: soundText(session) }),
    ...(key === undefined ? {} : { key: soundText(key) }),
    savedTokens: wholeNumber(row.savedTokens),
    savedNano: wholeNumber(row.savedNano),
    inputTokens: wholeNumber(row.inputTokens),
    outputTokens: wholeNumber(row.outputTokens),
    spentNano: wholeNumber(row.spentNano),
    weight: wholeNumber(row.weight),
  };
}

function soundRun({ startedAt, durationMs, outcome, looked, kinds }: MaintenanceRun): MaintenanceRun {
  const sound = ({ count, bytes }: RunFigures) => ({ count: wholeNumber(count), bytes: wholeNumber(bytes) });
  return {
    startedAt: wholeNumber(startedAt),
    durationMs: finiteNumber(durationMs),
    outcome: soundText(outcome),
    looked: wholeNumber(looked),
    kinds: Object.fromEntries(
      maintenanceKinds.flatMap((kind) => (kinds[kind] === undefined ? [] : [[kind, sound(kinds[kind])]])),
    ),
  };
}
