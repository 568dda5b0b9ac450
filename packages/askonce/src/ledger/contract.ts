/**
 * The contract of a ledger's store, and what it stores: exact counters, the questions that are asked, and rows.
 *
 * A ledger adds up in memory what one process has to report, and writes it in batches. A batch is applied whole or not at
 * all, and once: it carries its writer and a number, and a store that has applied it before changes nothing. That is what
 * makes a retry safe after a connection broke during its commit.
 */
import type { MaintenanceKind } from '../maintenance/kinds.ts';
import type { Counts } from './counts.ts';

/** Milliseconds of one bucket of counters: every time zone's days and hours begin on such a boundary. */
export const bucketMs = 15 * 60_000;

/** What counters are kept apart by. '' where a request has none; `other` beyond the bound on names. */
export interface Dimensions {
  /** Origin and base path of the provider. */
  readonly provider: string;
  readonly protocol: string;
  /** The model that was asked for, whatever the answer calls it; of a request that was not read, the one that the answer names. */
  readonly model: string;
  readonly language: string;
  readonly category: string;
  /** Id of the prompt template. */
  readonly template: string;
  /** Keyed digest of the tenant, else of the credential. */
  readonly tenant: string;
}

export const dimensionNames = [
  'provider',
  'protocol',
  'model',
  'language',
  'category',
  'template',
  'tenant',
] as const satisfies readonly (keyof Dimensions)[];

/** Figures of one bucket and one set of dimensions, or a sum of several. */
export interface Figures {
  readonly counts: Readonly<Counts>;
  /** How long hits took, and misses until their answers had ended; see `durations.ts`. */
  readonly hitDurations: Durations;
  readonly missDurations: Durations;
}

/** A histogram of durations: how many fell into each class of `durations.ts`; as exact as the counts beside it. */
export type Durations = Float64Array;

export interface CounterChange extends Figures {
  /** Start of the bucket, in milliseconds since the epoch. */
  readonly bucket: number;
  readonly dimensions: Dimensions;
}

/** Requests that bring a tag, by the tag's name. */
export interface TagChange {
  readonly bucket: number;
  readonly tag: string;
  readonly requests: number;
  readonly hits: number;
  readonly savedNano: number;
}

/** A question, by the key of its entry. */
export interface Pattern {
  readonly key: string;
  /** At most 500 characters; absent if text is not stored. */
  readonly text?: string | undefined;
  readonly language: string;
  readonly category: string;
  readonly model: string;
  readonly tenant: string;
  readonly hits: number;
  /** Milliseconds since the epoch. */
  readonly lastAsked: number;
}

/**
 * `hits` are those since the last batch. A text, language, category, model or tenant replaces the one before; where it is
 * absent or '', that stays.
 */
export interface PatternChange extends Pattern {
  /** Keyed digest of the user whose question was stored; reached by an erasure. */
  readonly user?: string | undefined;
  /**
   * When the text and the user were reported, in milliseconds since the epoch: an erasure up to then reaches them, however
   * late the question was asked again. Default: `lastAsked`.
   */
  readonly textAt?: number | undefined;
}

/** How far the clock of another process may be ahead: a text that it reported later than an erasure by less is erased, too. */
export const clocksDifferMs = 5_000;

/** One lookup, store or call of a provider. */
export interface LedgerRow {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly requestId: string;
  readonly event: 'lookup' | 'store' | 'call';
  /** Of a lookup: `hit`, `shared`, `miss`, `negative`, `bypass`; of a store: `stored`, `refused`; of a call: its cause. */
  readonly outcome: string;
  /** Of a hit: `exact` or `semantic`; of others, their reason. */
  readonly kind: string;
  readonly tier: string;
  readonly durationMs: number;
  readonly dimensions: Dimensions;
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  readonly key?: string | undefined;
  readonly savedTokens: number;
  readonly savedNano: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly spentNano: number;
  readonly estimated: boolean;
  /** How many rows this one stands for: more than 1 where rows were sampled. */
  readonly weight: number;
}

/** A run of maintenance by one of the processes that share the ledger; dry runs are not stored. */
export interface MaintenanceRun {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** `complete`, `aborted`, `lease-lost` or `failed`. */
  readonly outcome: string;
  /** Entries that were looked at. */
  readonly looked: number;
  /** Entries removed and bytes freed by each kind that was asked for. */
  readonly kinds: Readonly<Partial<Record<MaintenanceKind, RunFigures>>>;
}

export interface RunFigures {
  /** 0 for `defragment`, which removes no entry. */
  readonly count: number;
  readonly bytes: number;
}

/** Runs of maintenance that are stored; beyond it the oldest are removed. */
export const storedRuns = 1_000;

export interface LedgerBatch {
  /** Names the process that writes, from its start on. */
  readonly writer: string;
  /** Counts the writer's batches, from 1. A batch that failed is written again with the same number and content. */
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly counters: readonly CounterChange[];
  readonly tags: readonly TagChange[];
  readonly patterns: readonly PatternChange[];
  readonly rows: readonly LedgerRow[];
  /** Default: none. */
  readonly runs?: readonly MaintenanceRun[] | undefined;
}

/** Which counters are asked for: those of `from` ≤ bucket < `to` whose dimensions are the ones named. */
export interface CounterQuery {
  readonly from: number;
  readonly to: number;
  readonly where: Partial<Dimensions>;
  /** One sum for each bucket, or for each value of a dimension (the `limit` with the most requests). */
  readonly by: 'bucket' | keyof Dimensions;
  /** Default: all, of which there are at most a few ten thousand buckets. */
  readonly limit?: number | undefined;
  /** False: without the histograms, which are empty then. They are most of the work of a query. Default: with them. */
  readonly durations?: boolean | undefined;
}

export interface CounterSum extends Figures {
  /** The bucket's start as decimal digits, or the dimension's value. */
  readonly group: string;
}

export interface TagQuery {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/** What questions can be filtered by. */
export const patternDimensions = [
  'language',
  'category',
  'model',
  'tenant',
] as const satisfies readonly (keyof Dimensions)[];

export interface PatternQuery {
  readonly where: Partial<Pick<Pattern, (typeof patternDimensions)[number]>>;
  readonly limit: number;
}

/** Of the questions that may be stored, the share that may be without a hit: every answer that is stored brings one. */
export const shareWithoutHits = 0.5;

/** Share of the bound on bytes that is freed once it is exceeded, so that not every removal must free some. */
export const shareFreed = 1 / 32;

/** Writers that are remembered, however old: one that is forgotten and repeats its last batch would be counted twice. */
export const rememberedWriters = 10_000;

/** How long things are kept, as instants in milliseconds since the epoch: older ones are removed. */
export interface Retention {
  readonly rowsSince: number;
  /** Of counters and tags, and of runs of maintenance. */
  readonly countersSince: number;
  readonly patternsSince: number;
  /** Beyond it the oldest rows are removed, then the least asked questions, then the oldest counters. */
  readonly maxBytes: number;
  /**
   * Beyond it the least asked questions are removed, of equal ones those that were last asked longest ago. Those without
   * hits are removed beyond {@link shareWithoutHits} of it already.
   */
  readonly maxPatterns: number;
  /** False: the texts of all questions are removed, too. Default: they stay. */
  readonly texts?: boolean | undefined;
}

/** A store may estimate what would take long to count, and remember it for a minute. */
export interface LedgerSize {
  readonly rows: number;
  readonly counters: number;
  readonly patterns: number;
  readonly bytes: number;
}

/**
 * Where a ledger is stored. Nothing here is on a request's path, and every method may reject: the ledger goes on, tries
 * again, and reports. A store that can't be opened rejects each call, and opens itself at a later one.
 */
export interface LedgerStore {
  /** `sqlite`, `postgresql`. */
  readonly name: string;
  /**
   * Applies a batch: whole, or not at all if it rejects for good; nothing if it was applied before.
   *
   * @throws AskonceError `batch_refused` if nothing of it was applied because of what it contains, rather than because of a
   *   connection, a lock, rights or a full disk. The ledger sets such a batch aside once it can write another.
   */
  write(batch: LedgerBatch): Promise<void>;
  /** In ascending order of buckets, else in descending order of requests. */
  counters(query: CounterQuery): Promise<readonly CounterSum[]>;
  /** In descending order of requests. */
  tags(query: TagQuery): Promise<readonly Omit<TagChange, 'bucket'>[]>;
  /** In descending order of hits; without those that have none. */
  patterns(query: PatternQuery): Promise<readonly Pattern[]>;
  /** At most so many runs of maintenance, the latest first. */
  runs(limit: number): Promise<readonly MaintenanceRun[]>;
  /**
   * Removes all rows of a user, and the text of the user's questions; resolves with the number of rows and questions that
   * this changed. `user` is the keyed digest.
   *
   * Another process may still hold rows of the user, in a batch that waits. So for as long as rows and questions are
   * stored, rows of the user up to the instant `at`, and texts reported up to {@link clocksDifferMs} after it, are left out of
   * every batch.
   */
  erase(user: string, at: number): Promise<number>;
  /** Removes what is too old or too much, in short steps; resolves with the number of rows, and of texts, removed. */
  prune(retention: Retention): Promise<number>;
  size(): Promise<LedgerSize>;
  /** Ends what is under way, and lets go of file or connections. A second call does nothing. */
  close(): Promise<void>;
}

/** Questions as a ledger shows them that is to have no texts: some may be stored from before that was so. */
export function withoutTexts(patterns: readonly Pattern[]): readonly Pattern[] {
  return patterns.map(({ text: _text, ...rest }) => rest);
}

/** The queries of a store. */
export type LedgerQueries = Pick<LedgerStore, 'name' | 'counters' | 'tags' | 'patterns'>;
