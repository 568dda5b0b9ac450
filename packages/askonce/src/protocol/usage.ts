/**
 * Token counts as providers report them, in one meaning: `inputTokens` is the whole prompt, of which cached and
 * cache-write tokens are parts.
 */
import type { Usage } from '../entry/entry.ts';
import type { JsonValue } from '../json.ts';

export interface ReportedUsage {
  /** The whole prompt. */
  readonly input: JsonValue | undefined;
  readonly output: JsonValue | undefined;
  readonly cached?: JsonValue | undefined;
  readonly cacheWrite?: JsonValue | undefined;
  /** The part of `cacheWrite` that is held for an hour. */
  readonly hourCacheWrite?: JsonValue | undefined;
  /** The tier that served the request, in the provider's own word. */
  readonly serviceTier?: JsonValue | undefined;
}

/** Tiers that have the usual price: OpenAI's, Anthropic's and Groq's. */
const usualTiers: ReadonlySet<string> = new Set(['auto', 'default', 'standard', 'on_demand']);
/** Characters of a tier's name; what is longer is none. */
const longestTier = 64;

/** Undefined unless the provider reports both input and output. */
export function usageFrom(reported: ReportedUsage): Usage | undefined {
  const { input, output, cached, cacheWrite, hourCacheWrite, serviceTier } = reported;
  if (!isCount(input) || !isCount(output)) return undefined;
  return {
    inputTokens: input,
    outputTokens: output,
    ...(isCount(cached) && cached > 0 && { cachedInputTokens: cached }),
    ...(isCount(cacheWrite) && cacheWrite > 0 && { cacheWriteTokens: cacheWrite }),
    ...(isCount(hourCacheWrite) && hourCacheWrite > 0 && { hourCacheWriteTokens: hourCacheWrite }),
    ...(isPricedTier(serviceTier) && { serviceTier }),
  };
}

function isPricedTier(tier: JsonValue | undefined): tier is string {
  return typeof tier === 'string' && tier !== '' && tier.length <= longestTier && !usualTiers.has(tier);
}

/** The usage of several answers together; undefined if there is none. */
export function totalUsage(usages: readonly Usage[]): Usage | undefined {
  const [first] = usages;
  if (first === undefined) return undefined;
  const sum = (of: (usage: Usage) => number) => usages.reduce((total, usage) => total + of(usage), 0);
  const { serviceTier } = first;
  return {
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    ...(usages.some(({ cachedInputTokens }) => cachedInputTokens !== undefined)
      ? { cachedInputTokens: sum(({ cachedInputTokens = 0 }) => cachedInputTokens) }
      : {}),
    ...(usages.some(({ cacheWriteTokens }) => cacheWriteTokens !== undefined)
      ? { cacheWriteTokens: sum(({ cacheWriteTokens = 0 }) => cacheWriteTokens) }
      : {}),
    ...(usages.some(({ hourCacheWriteTokens }) => hourCacheWriteTokens !== undefined)
      ? { hourCacheWriteTokens: sum(({ hourCacheWriteTokens = 0 }) => hourCacheWriteTokens) }
      : {}),
    ...(usages.some(({ estimated }) => estimated) ? { estimated: true } : {}),
    // One that only some of them name is the price of none.
    ...(serviceTier !== undefined && usages.every((usage) => usage.serviceTier === serviceTier)
      ? { serviceTier }
      : {}),
  };
}

/** Adds counts up; what is not a count adds nothing. */
export function sumOf(counts: readonly (JsonValue | undefined)[]): number {
  return counts.filter(isCount).reduce((sum, count) => sum + count, 0);
}

export function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
