/**
 * The tokens of an answer, as events have them.
 */

/** Tokens of one answer. Cached and cache-write tokens are part of the input tokens. */
export interface TokenCounts {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Input tokens that the provider read from its own prompt cache. */
  readonly cachedInputTokens?: number | undefined;
  /** Input tokens that the provider wrote to its own prompt cache. */
  readonly cacheWriteTokens?: number | undefined;
  /** The part of the cache-write tokens that the provider holds for an hour. */
  readonly hourCacheWriteTokens?: number | undefined;
  /** True if the numbers are an estimate. */
  readonly estimated?: boolean | undefined;
  /** The tier that the answer names (`flex`, `priority`, `batch`), which changes its price. */
  readonly serviceTier?: string | undefined;
}
