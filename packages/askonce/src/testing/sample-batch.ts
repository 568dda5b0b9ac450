/** Small, complete parts of a ledger's batches, for its tests. */
import {
  bucketMs,
  type CounterChange,
  type Dimensions,
  type LedgerBatch,
  type LedgerRow,
  type PatternChange,
} from '../ledger/contract.ts';
import { type Counts, countsOf } from '../ledger/counts.ts';
import { addDuration, noDurations } from '../ledger/durations.ts';

/** Start of a bucket: 2030-01-01. */
export const firstBucket = 1_893_456_000_000;

/** Start of the bucket that is so many after the first. */
export const bucketAt = (number: number): number => firstBucket + number * bucketMs;

export function sampleDimensions(own: Partial<Dimensions> = {}): Dimensions {
  return {
    provider: 'https://api.example.com/v1',
    protocol: 'openai-chat',
    model: 'gpt-5',
    language: 'en',
    category: 'support',
    template: 'greeting',
    tenant: '0123456789abcdef0123',
    ...own,
  };
}

export interface SampleCounter {
  readonly bucket?: number;
  readonly dimensions?: Partial<Dimensions>;
  readonly counts?: Partial<Counts>;
  /** Milliseconds of each hit, and of each miss. */
  readonly hitsTook?: readonly number[];
  readonly missesTook?: readonly number[];
}

export function sampleCounter({
  bucket = firstBucket,
  dimensions = {},
  counts = {},
  hitsTook = [],
  missesTook = [],
}: SampleCounter = {}): CounterChange {
  return {
    bucket,
    dimensions: sampleDimensions(dimensions),
    counts: countsOf((name) => counts[name] ?? 0),
    hitDurations: durationsOf(hitsTook),
    missDurations: durationsOf(missesTook),
  };
}

export function durationsOf(all: readonly number[]) {
  const durations = noDurations();
  for (const ms of all) addDuration(durations, ms);
  return durations;
}

export function samplePattern(key: string, own: Partial<PatternChange> = {}): PatternChange {
  const { language, category, model, tenant } = sampleDimensions();
  return { key, language, category, model, tenant, hits: 1, lastAsked: firstBucket, ...own };
}

export function sampleRow(own: Partial<LedgerRow> = {}): LedgerRow {
  return {
    at: firstBucket + 1,
    requestId: 'request-1',
    event: 'lookup',
    outcome: 'hit',
    kind: 'exact',
    tier: 'memory',
    durationMs: 0.25,
    dimensions: sampleDimensions(),
    user: undefined,
    session: undefined,
    key: undefined,
    savedTokens: 0,
    savedNano: 0,
    inputTokens: 0,
    outputTokens: 0,
    spentNano: 0,
    estimated: false,
    weight: 1,
    ...own,
  };
}

export function sampleBatch(own: Partial<LedgerBatch> = {}): LedgerBatch {
  return {
    writer: 'writer-1',
    sequence: 1,
    at: firstBucket + 1_000,
    counters: [],
    tags: [],
    patterns: [],
    rows: [],
    ...own,
  };
}
