/**
 * The tokens of an answer, as they are counted and priced: a provider's report is not trusted to be consistent.
 */
import type { Usage } from '../../entry/entry.ts';

/** More tokens than any answer has. A report beyond it would make the sums of all other answers inexact. */
const mostTokens = 100_000_000;

export interface Tokens {
  /** All input tokens; the cached and the cache-write tokens are parts of them. */
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cacheWrite: number;
  /** The part of `cacheWrite` that is held for an hour. */
  readonly hourCacheWrite: number;
}

export const noTokens: Tokens = { input: 0, output: 0, cached: 0, cacheWrite: 0, hourCacheWrite: 0 };

/** Whole numbers from 0 to 100 million, of which the parts do not exceed the input. */
export function tokensOf(usage: Usage): Tokens {
  const input = bounded(usage.inputTokens);
  const cached = Math.min(bounded(usage.cachedInputTokens), input);
  const cacheWrite = Math.min(bounded(usage.cacheWriteTokens), input - cached);
  const hourCacheWrite = Math.min(bounded(usage.hourCacheWriteTokens), cacheWrite);
  return { input, output: bounded(usage.outputTokens), cached, cacheWrite, hourCacheWrite };
}

function bounded(count: number | undefined): number {
  // Not a number fails the comparison, too.
  return count !== undefined && count > 0 ? Math.min(Math.round(count), mostTokens) : 0;
}
