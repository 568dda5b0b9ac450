/**
 * Figures as they are shown: rates, US dollars, and times in place of sums and histograms.
 */
import type { Figures } from '../contract.ts';
import {
  addCounts,
  type Counts,
  dollars,
  hitRateOf,
  netNano,
  noCounts,
  type SpendingReason,
  spendingReasons,
  spentNano,
} from '../counts.ts';
import { addDurations, noDurations, quantile } from '../durations.ts';

/** Milliseconds that half of all, and 99 % of all, did not exceed, within 15 % up to 15 minutes; null if there were none. */
export interface Times {
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

type PlainCounts = Pick<
  Counts,
  | 'requests'
  | 'hits'
  | 'semanticHits'
  | 'staleHits'
  | 'shared'
  | 'misses'
  | 'negative'
  | 'bypasses'
  | 'fallbacks'
  | 'errors'
  | 'calls'
  | 'stores'
  | 'refusals'
  | 'savedTokens'
  | 'sharedTokens'
  | 'inputTokens'
  | 'outputTokens'
  | 'cachedInputTokens'
  | 'cacheWriteTokens'
>;

/** Money is in US dollars. Counts mean what `counts.ts` says. */
export interface ShownFigures extends Readonly<PlainCounts> {
  readonly exactHits: number;
  /** Hits ÷ (requests − bypasses); null if there were no such requests. */
  readonly hitRate: number | null;
  /** What the answers of hits would have cost. */
  readonly savedCost: number;
  /** What the answers of followers would have cost. */
  readonly sharedCost: number;
  /** What providers billed. */
  readonly spentCost: number;
  /** The same by the reason of the call. */
  readonly spent: Readonly<Record<SpendingReason, number>>;
  /** savedCost + sharedCost − what only the cache spends: refreshes, abandoned calls, embedding and verifying. */
  readonly netSavings: number;
  /** What the provider's own prompt cache took off the bill; no part of the savings. */
  readonly promptCacheSavings: number;
  /** The share of saved, shared and spent money that is an estimate; null if there was none. */
  readonly estimatedShare: number | null;
  /** Times of hits, and of misses until their answers had ended. */
  readonly hit: Times;
  readonly miss: Times;
}

/** All figures at zero. */
export function noFigures() {
  return { counts: noCounts(), hitDurations: noDurations(), missDurations: noDurations() };
}

/** Adds the second figures to the first. */
export function addFigures(to: ReturnType<typeof noFigures>, more: Figures): void {
  addCounts(to.counts, more.counts);
  addDurations(to.hitDurations, more.hitDurations);
  addDurations(to.missDurations, more.missDurations);
}

export function sumOf(all: readonly Figures[]): Figures {
  const sum = noFigures();
  for (const figures of all) addFigures(sum, figures);
  return sum;
}

export function shown({ counts, hitDurations, missDurations }: Figures): ShownFigures {
  const spent = spentNano(counts);
  const money = counts.savedNano + counts.sharedNano + spent;
  const estimated = counts.estimatedSavedNano + counts.estimatedSpentNano;
  return {
    requests: counts.requests,
    hits: counts.hits,
    exactHits: counts.hits - counts.semanticHits,
    semanticHits: counts.semanticHits,
    staleHits: counts.staleHits,
    shared: counts.shared,
    misses: counts.misses,
    negative: counts.negative,
    bypasses: counts.bypasses,
    fallbacks: counts.fallbacks,
    errors: counts.errors,
    calls: counts.calls,
    stores: counts.stores,
    refusals: counts.refusals,
    hitRate: hitRateOf(counts),
    savedTokens: counts.savedTokens,
    sharedTokens: counts.sharedTokens,
    inputTokens: counts.inputTokens,
    outputTokens: counts.outputTokens,
    cachedInputTokens: counts.cachedInputTokens,
    cacheWriteTokens: counts.cacheWriteTokens,
    savedCost: dollars(counts.savedNano),
    sharedCost: dollars(counts.sharedNano),
    spentCost: dollars(spent),
    spent: {
      miss: dollars(counts[spendingReasons.miss]),
      bypass: dollars(counts[spendingReasons.bypass]),
      refresh: dollars(counts[spendingReasons.refresh]),
      abandoned: dollars(counts[spendingReasons.abandoned]),
      audit: dollars(counts[spendingReasons.audit]),
      warm: dollars(counts[spendingReasons.warm]),
      embedding: dollars(counts[spendingReasons.embedding]),
      verifying: dollars(counts[spendingReasons.verifying]),
    },
    netSavings: dollars(netNano(counts)),
    promptCacheSavings: dollars(counts.promptCacheNano),
    estimatedShare: money === 0 ? null : estimated / money,
    hit: timesOf(hitDurations),
    miss: timesOf(missDurations),
  };
}

function timesOf(durations: Figures['hitDurations']): Times {
  return { p50Ms: milliseconds(quantile(durations, 0.5)), p99Ms: milliseconds(quantile(durations, 0.99)) };
}

/** To the microsecond: more digits would claim what the histogram does not know. */
export function milliseconds(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms * 1000) / 1000;
}
