/**
 * The switches, each of which can be on for a share of all questions.
 */
import { z } from 'zod';
import { setting } from './setting.ts';

const noShare = 'must be true, false or a percentage';
/** Off, on, or on for a share of all questions: a percentage, which says for each question the same on every machine. */
const rollOut = z
  .union([z.boolean(), z.number().min(0, noShare).max(100, noShare), percentage()], noShare)
  .describe('`true`, `false` or a percentage of all questions (`25%`)');

function percentage() {
  return z
    .string()
    .regex(/^\d{1,3}(\.\d{1,9})?%$/, noShare)
    .transform((text) => Number(text.slice(0, -1)))
    .refine((share) => share <= 100, noShare);
}

export const switchSettings = {
  enabled: setting(
    'LLM_CACHE_ENABLED',
    rollOut,
    true,
    'Master switch: off, every request goes straight to the provider and nothing is kept.',
  ),
  exactCache: setting(
    'ENABLE_EXACT_CACHE',
    rollOut,
    true,
    'Answers from kept entries with the same identity. Off, nothing is looked up or kept; flights still collapse.',
  ),
  singleFlight: setting(
    'ENABLE_SINGLE_FLIGHT',
    rollOut,
    true,
    'Identical requests at the same time share one provider call.',
  ),
  redisCache: setting(
    'ENABLE_REDIS_CACHE',
    rollOut,
    true,
    'Whether the Redis tier is read and written, where one is configured. Off, answers live in memory; invalidation still goes through Redis.',
  ),
  stampedeProtection: setting(
    'ENABLE_STAMPEDE_PROTECTION',
    rollOut,
    true,
    'Identical requests at the same time share one provider call across all processes that share a Redis.',
  ),
  staleWhileRevalidate: setting(
    'ENABLE_SWR',
    rollOut,
    false,
    'Stale answers are served at once and refreshed behind the reader.',
  ),
  negativeCache: setting(
    'ENABLE_NEGATIVE_CACHE',
    rollOut,
    false,
    "Remembers a provider's errors for a while, so that what is bound to fail is not asked again.",
  ),
} as const;
