/**
 * The tokens of an answer, as entries and events have them.
 */

/** Tokens of one answer. What is optional is absent if the provider does not report it. */
export interface TokenCounts {
  /** All input tokens, cached and cache-write tokens included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Input tokens that the provider read from its own prompt cache. */
  readonly cachedInputTokens?: number | undefined;
  /** Input tokens that the provider wrote to its own prompt cache. */
  readonly cacheWriteTokens?: number | undefined;
  /** The part of the cache-write tokens that the provider holds for an hour, which costs more. */
  readonly hourCacheWriteTokens?: number | undefined;
  /** True if the numbers are askonce's own estimate. */
  readonly estimated?: boolean | undefined;
  /** The tier that the answer names (`flex`, `priority`, `batch`), which changes its price; absent for the usual one. */
  readonly serviceTier?: string | undefined;
}
