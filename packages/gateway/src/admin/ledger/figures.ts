/**
 * The schemas of figures in answers. Money is in US dollars.
 */
import { z } from 'zod';
import { entryCount } from '../route.ts';

/** US dollars. */
export const usd = z.number().nonnegative();
const rate = z.number().min(0).max(1).nullable();
const ms = z.number().nonnegative().nullable();
const times = z.strictObject({ p50Ms: ms, p99Ms: ms });

export const figures = {
  requests: entryCount,
  hits: entryCount,
  exactHits: entryCount,
  semanticHits: entryCount,
  staleHits: entryCount,
  shared: entryCount,
  misses: entryCount,
  negative: entryCount,
  bypasses: entryCount,
  fallbacks: entryCount,
  errors: entryCount,
  calls: entryCount,
  stores: entryCount,
  refusals: entryCount,
  hitRate: rate,
  savedTokens: entryCount,
  sharedTokens: entryCount,
  inputTokens: entryCount,
  outputTokens: entryCount,
  cachedInputTokens: entryCount,
  cacheWriteTokens: entryCount,
  savedCost: usd,
  sharedCost: usd,
  spentCost: usd,
  spent: z.strictObject({
    miss: usd,
    bypass: usd,
    refresh: usd,
    abandoned: usd,
    audit: usd,
    warm: usd,
    embedding: usd,
    verifying: usd,
  }),
  /** Negative if the cache cost more than it saved. */
  netSavings: z.number(),
  promptCacheSavings: z.number(),
  estimatedShare: rate,
  hit: times,
  miss: times,
};

export const prices = z.strictObject({
  name: z.string(),
  version: z.string(),
  date: z.string(),
  overrides: z.string().optional(),
  flatRate: usd,
});

/** Of a range, or of a period. */
export const span = { from: z.string(), to: z.string() };

const topName = z.strictObject({
  name: z.string(),
  requests: entryCount,
  hits: entryCount,
  hitRate: rate,
  savedCost: usd,
  spentCost: usd,
});

export const topNames = z.array(topName).readonly();
export const topTags = z.array(topName.omit({ hitRate: true, spentCost: true })).readonly();
export const averages = z.strictObject({ hit: ms, miss: ms });
