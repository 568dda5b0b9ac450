/**
 * What one event adds to a set of figures (`counts.ts`): a hit adds 1 to `requests` and `hits`, its tokens to `savedTokens`
 * and what its answer would have cost to `savedNano`. The books call it for each event and each place that counts it.
 */
import type { Counts } from '../counts.ts';
import type { Cost } from '../pricing/contract.ts';
import { type Tokens, tokensOf } from '../pricing/tokens.ts';
import { type CountedEvent, sharedUsageOf } from './events.ts';

/** Adds an event to figures. `cost` is that of the answer that it saved, shared or billed; undefined if there is none. */
export function post(counts: Counts, event: CountedEvent, cost: Cost | undefined): void {
  switch (event.type) {
    case 'hit':
      counts.requests++;
      counts.hits++;
      if (event.kind === 'semantic') counts.semanticHits++;
      if (!event.fresh) counts.staleHits++;
      counts.hitMicros += microsOf(event.durationMs);
      if (event.usage !== undefined) counts.savedTokens += tokensIn(tokensOf(event.usage));
      if (cost !== undefined) {
        counts.savedNano += cost.nano;
        postEstimateOfSaved(counts, cost);
      }
      return;
    case 'answered': {
      counts.requests++;
      if (event.by === 'flight') counts.shared++;
      else {
        counts.misses++;
        counts.missMicros += microsOf(event.durationMs);
      }
      if (event.by === 'fallback') counts.fallbacks++;
      const usage = sharedUsageOf(event);
      if (usage !== undefined) counts.sharedTokens += tokensIn(tokensOf(usage));
      if (cost !== undefined) {
        counts.sharedNano += cost.nano;
        postEstimateOfSaved(counts, cost);
      }
      return;
    }
    case 'negative':
      counts.requests++;
      counts.negative++;
      return;
    case 'bypass':
      counts.requests++;
      counts.bypasses++;
      return;
    // Calls count as they end: only then is known how, and in which language the answer is.
    case 'provider-answer':
      counts.calls++;
      if (event.status >= 400) counts.errors++;
      if (event.usage !== undefined) postTokens(counts, tokensOf(event.usage));
      if (cost !== undefined) postSpending(counts, event.cause, cost);
      return;
    case 'provider-failure':
      counts.calls++;
      // A call that all callers had left was cancelled, which is no error of the provider.
      if (cost === undefined) counts.errors++;
      else postSpending(counts, event.cause, cost);
      return;
    case 'stored':
      counts.stores++;
      return;
    case 'refused':
      counts.refusals++;
      return;
    case 'semantic-call':
      if (event.usage !== undefined) postTokens(counts, tokensOf(event.usage));
      if (cost !== undefined) postSpending(counts, event.part, cost);
      return;
  }
}

/** Why money is spent, by the cause of the call or the part that made it. */
const sumOf = {
  leader: 'missNano',
  bypass: 'bypassNano',
  refresh: 'refreshNano',
  abandoned: 'abandonedNano',
  audit: 'auditNano',
  warm: 'warmNano',
  embedder: 'embeddingNano',
  verifier: 'verifyingNano',
  judge: 'verifyingNano',
} as const;

function postSpending(counts: Counts, cause: keyof typeof sumOf, cost: Cost): void {
  counts[sumOf[cause]] += cost.nano;
  counts.promptCacheNano += cost.promptCacheNano;
  if (cost.estimated) counts.estimatedSpentNano += cost.nano;
}

function postEstimateOfSaved(counts: Counts, cost: Cost): void {
  if (cost.estimated) counts.estimatedSavedNano += cost.nano;
}

function postTokens(counts: Counts, { input, output, cached, cacheWrite }: Tokens): void {
  counts.inputTokens += input;
  counts.outputTokens += output;
  counts.cachedInputTokens += cached;
  counts.cacheWriteTokens += cacheWrite;
}

export function tokensIn({ input, output }: Tokens): number {
  return input + output;
}

/** More than any answer takes, in milliseconds: a duration beyond it would make the sums of all others inexact. */
const longestMs = 24 * 3_600_000;

/** Whether milliseconds are a duration. Not a number fails the comparison, too, and a database refuses it. */
export function isDuration(ms: number): boolean {
  return ms >= 0 && ms <= longestMs;
}

/** Whole microseconds; 0 for what is no duration. */
function microsOf(ms: number): number {
  return isDuration(ms) ? Math.round(ms * 1000) : 0;
}
