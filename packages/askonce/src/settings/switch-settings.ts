/**
 * The feature switches, each of which can be on for a share of all questions.
 */
import { z } from 'zod';
import { percentage, setting } from './setting.ts';

const noShare = 'must be true, false or a percentage';
/** Off, on, or on for a share of all questions: a percentage, which picks the same questions on every machine. */
const rollOut = z
  .union([z.boolean(), z.number().min(0, noShare).max(100, noShare), percentage(noShare)], noShare)
  .describe('`true`, `false` or a percentage of all questions (`25%`)');

export const switchSettings = {
  enabled: setting(
    'LLM_CACHE_ENABLED',
    rollOut,
    true,
    'Master switch. Off: every request goes straight to the provider, and nothing is stored.',
  ),
  exactCache: setting(
    'ENABLE_EXACT_CACHE',
    rollOut,
    true,
    'Serve stored answers to requests of the same identity. Off: nothing is looked up or stored; flights still collapse.',
  ),
  singleFlight: setting(
    'ENABLE_SINGLE_FLIGHT',
    rollOut,
    true,
    'Let identical simultaneous requests share one provider call.',
  ),
  redisCache: setting(
    'ENABLE_REDIS_CACHE',
    rollOut,
    true,
    'Read and write the Redis tier, if one is configured. Off: answers are stored in memory only; invalidation still goes through Redis.',
  ),
  stampedeProtection: setting(
    'ENABLE_STAMPEDE_PROTECTION',
    rollOut,
    true,
    'Let identical simultaneous requests share one provider call across all processes that share a Redis.',
  ),
  staleWhileRevalidate: setting(
    'ENABLE_SWR',
    rollOut,
    false,
    'Serve stale answers at once and refresh them in the background.',
  ),
  negativeCache: setting(
    'ENABLE_NEGATIVE_CACHE',
    rollOut,
    false,
    "Remember a provider's errors for a while, so that a request that is bound to fail is not sent again.",
  ),
  semanticCache: setting(
    'ENABLE_SEMANTIC_CACHE',
    rollOut,
    false,
    'Serve stored answers to the same question in other words. Needs an embedder, and the stored text (`keepText`). Default in the library: on, if `createCache` is given `semantic`.',
  ),
} as const;
