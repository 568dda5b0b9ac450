/**
 * The figures that a ledger adds up. One table: stores, statistics, metrics and reports take the names from here.
 *
 * Money is counted in nanodollars (10⁻⁹ US dollars) as integers, so that sums are exact whatever their order.
 */

/** Each figure by its name, and the name of its column in a ledger's tables. */
export const countColumns = {
  /** Requests that have ended, whether they got an answer or not: hits, shared, misses, negative and bypasses. */
  requests: 'requests',
  /** Answers that an entry gave, whether exact or semantic, fresh or stale. */
  hits: 'hits',
  semanticHits: 'semantic_hits',
  staleHits: 'stale_hits',
  /** Requests that followed the flight of another. */
  shared: 'shared',
  /** Requests that neither an entry nor another request's flight answered; those that got no answer included. */
  misses: 'misses',
  /** Remembered provider errors that were served again. */
  negative: 'negative',
  bypasses: 'bypasses',
  /** Misses that a stale entry or a caller's fallback answered because the provider failed. */
  fallbacks: 'fallbacks',
  /** Calls of the provider that have ended, and those of them that failed or that it answered with an error. */
  calls: 'calls',
  errors: 'errors',
  /** Answers that were stored, and that were not. */
  stores: 'stores',
  refusals: 'refusals',
  /** Input and output tokens of the answers of hits, and of shared answers. */
  savedTokens: 'saved_tokens',
  sharedTokens: 'shared_tokens',
  /** Tokens that providers billed. Cached and cache-write tokens are those of the provider's own prompt cache, and part of the input. */
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  cachedInputTokens: 'cached_input_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  /** What the answers of hits, and of shared answers, would have cost. */
  savedNano: 'saved_nano',
  sharedNano: 'shared_nano',
  /**
   * What providers billed, by the reason of the call. A call that was cancelled when all its callers had left costs the flat
   * rate. A request whose semantic hit is audited gets the answer of its own call, so `auditNano` is due without a cache, too.
   */
  missNano: 'miss_nano',
  bypassNano: 'bypass_nano',
  refreshNano: 'refresh_nano',
  abandonedNano: 'abandoned_nano',
  auditNano: 'audit_nano',
  warmNano: 'warm_nano',
  embeddingNano: 'embedding_nano',
  verifyingNano: 'verifying_nano',
  /** What the provider's own prompt cache took off the bill. */
  promptCacheNano: 'prompt_cache_nano',
  /** The parts of `savedNano`, `sharedNano` and the spent sums together that are estimates. */
  estimatedSavedNano: 'estimated_saved_nano',
  estimatedSpentNano: 'estimated_spent_nano',
  /** Microseconds that all hits took, and all misses until their answers had ended; for averages. */
  hitMicros: 'hit_micros',
  missMicros: 'miss_micros',
} as const satisfies Readonly<Record<string, string>>;

export type CountName = keyof typeof countColumns;

/** A sum of each figure; every value is an integer. */
export type Counts = Record<CountName, number>;

const isCountName = (name: string): name is CountName => name in countColumns;

/** The names of all figures, in the order of the table. */
export const countNames: readonly CountName[] = Object.keys(countColumns).filter(isCountName);

/** All figures at zero. */
export function noCounts(): Counts {
  // Written out: all counts have one shape, which keeps adding to them cheap.
  return {
    requests: 0,
    hits: 0,
    semanticHits: 0,
    staleHits: 0,
    shared: 0,
    misses: 0,
    negative: 0,
    bypasses: 0,
    fallbacks: 0,
    calls: 0,
    errors: 0,
    stores: 0,
    refusals: 0,
    savedTokens: 0,
    sharedTokens: 0,
    inputTokens: 0,
    outputTokens: 0,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    savedNano: 0,
    sharedNano: 0,
    missNano: 0,
    bypassNano: 0,
    refreshNano: 0,
    abandonedNano: 0,
    auditNano: 0,
    warmNano: 0,
    embeddingNano: 0,
    verifyingNano: 0,
    promptCacheNano: 0,
    estimatedSavedNano: 0,
    estimatedSpentNano: 0,
    hitMicros: 0,
    missMicros: 0,
  };
}

/** Adds the second figures to the first. */
export function addCounts(to: Counts, more: Readonly<Counts>): void {
  for (const name of countNames) to[name] += more[name];
}

/** US dollars of nanodollars. */
export function dollars(nano: number): number {
  return nano / 1e9;
}

/** Hits ÷ (requests − bypasses); null if there were no such requests. */
export function hitRateOf({ hits, requests, bypasses }: Readonly<Counts>): number | null {
  return requests > bypasses ? hits / (requests - bypasses) : null;
}

/** The reasons for which money is spent, as metrics and reports name them, and their sums. */
export const spendingReasons = {
  miss: 'missNano',
  bypass: 'bypassNano',
  refresh: 'refreshNano',
  abandoned: 'abandonedNano',
  audit: 'auditNano',
  warm: 'warmNano',
  embedding: 'embeddingNano',
  verifying: 'verifyingNano',
} as const satisfies Readonly<Record<string, CountName>>;

export type SpendingReason = keyof typeof spendingReasons;

/**
 * Whose bill the calls of a reason are: that of requests, which is due without a cache, too; or that of the cache, which alone
 * makes them.
 */
const billed = {
  miss: 'request',
  bypass: 'request',
  refresh: 'cache',
  abandoned: 'cache',
  audit: 'request',
  warm: 'cache',
  embedding: 'cache',
  verifying: 'cache',
} as const satisfies Readonly<Record<SpendingReason, 'request' | 'cache'>>;

const isReason = (name: string): name is SpendingReason => name in spendingReasons;
const reasons = Object.keys(spendingReasons).filter(isReason);

/** The reasons for which only the cache spends: net savings are what it saved, less these. */
export const ownReasons: readonly SpendingReason[] = reasons.filter((reason) => billed[reason] === 'cache');

/** The reasons for which the same would be spent without the cache. */
export const requestReasons: readonly SpendingReason[] = reasons.filter(
  (reason) => billed[reason] === 'request',
);

function sumOf(counts: Readonly<Counts>, of: readonly SpendingReason[]): number {
  return of.reduce((sum, reason) => sum + counts[spendingReasons[reason]], 0);
}

/** What providers billed, whatever the reason, in nanodollars. */
export function spentNano(counts: Readonly<Counts>): number {
  return sumOf(counts, reasons);
}

/** What only the cache spent, in nanodollars: on refreshes, abandoned calls, warming, embedding and verifying. */
export function ownSpendingNano(counts: Readonly<Counts>): number {
  return sumOf(counts, ownReasons);
}

/** What the cache saved, less what only the cache spent, in nanodollars. */
export function netNano(counts: Readonly<Counts>): number {
  return counts.savedNano + counts.sharedNano - ownSpendingNano(counts);
}

/** What the same requests would have cost without the cache, in nanodollars: the bill of each, and what none was sent for. */
export function withoutCacheNano(counts: Readonly<Counts>): number {
  return counts.savedNano + counts.sharedNano + sumOf(counts, requestReasons);
}

/** Makes counts of the value of each figure. */
export function countsOf(value: (name: CountName, index: number) => number): Counts {
  const counts = noCounts();
  for (const [index, name] of countNames.entries()) counts[name] = value(name, index);
  return counts;
}
