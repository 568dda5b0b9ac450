/**
 * How long answers live, what happens when they are stale, and what takes them back.
 */
import { z } from 'zod';
import { optional, seconds, setting } from './setting.ts';

const days = z.number().positive().max(3650);
const hour = 3600;
const day = 24 * hour;

const lifetime = z.strictObject({
  /** Seconds until stale; null: never. */
  stale: z.number().nonnegative().nullable(),
  /** Seconds until gone; null: only for want of room. */
  gone: z.number().positive().nullable(),
});

/** `name=value`, where `{field}`, `{one|other}` and `{field?}` stand for fields of an event. */
const eventTag = z
  .string()
  .min(1)
  .max(256)
  .regex(
    /^(?:[^{}=]|\{[^{}=]+\})+=(?:[^{}]|\{\s*[^{}|?\s]+\s*(?:\|\s*[^{}|?\s]+\s*)*\??\})+$/,
    "must be name=value, with the event's fields in braces: tmpl={template|id}, tmplv={version?}",
  );

export const freshnessSettings = {
  staleDays: setting('STALE_DAYS', days, 7, 'Days until an entry is stale.'),
  ttlDays: setting('TTL_DAYS', days, 30, 'Days until an entry is gone; stale time is never longer.'),
  ttlSeconds: setting(
    'LLM_CACHE_TTL',
    optional(seconds),
    undefined,
    'Seconds until an entry is gone; where set, goes before TTL_DAYS.',
  ),
  maxTtlSeconds: setting(
    'ASKONCE_MAX_TTL',
    seconds,
    30 * day,
    'Longest lifetime in seconds that a request may ask for by Askonce-Ttl.',
  ),
  categories: setting(
    'ASKONCE_CATEGORIES',
    z.record(z.string().min(1).max(64), lifetime),
    {
      greeting: { stale: null, gone: null },
      pricing: { stale: 7 * day, gone: 8 * day },
      availability: { stale: hour, gone: 2 * hour },
    },
    'Lifetimes by category, in seconds; null means never. A category that is not listed has the default lifetimes.',
  ),

  staleIfErrorSeconds: setting(
    'ASKONCE_STALE_IF_ERROR',
    optional(z.number().nonnegative().max(315_360_000)),
    undefined,
    'Seconds past staleness for which a kept answer stands in when the provider fails; 0 switches it off. Unset: as long as it is kept.',
  ),
  refreshAttempts: setting(
    'ASKONCE_REFRESH_ATTEMPTS',
    z.number().int().min(1).max(10),
    3,
    'Attempts to refresh a stale answer behind the reader, with exponential back-off between them.',
  ),
  refreshTimeoutMs: setting(
    'ASKONCE_REFRESH_TIMEOUT_MS',
    z.number().int().positive().max(600_000),
    10_000,
    'Milliseconds that one such attempt may take to the first byte, and from byte to byte.',
  ),
  negativeSeconds: setting(
    'ASKONCE_NEGATIVE_TTL',
    z.number().positive().max(86_400),
    900,
    'Seconds for which an error is remembered that the same request is bound to get again (an invalid one).',
  ),
  repeatMs: setting(
    'ASKONCE_REPEAT_MS',
    z.number().int().nonnegative().max(3_600_000),
    0,
    'Milliseconds within which the same caller asking the same again is sent to the provider, as one who did not like the answer; 0: never. The retries of a client library do not count.',
  ),
  events: setting(
    'ASKONCE_EVENTS',
    z.record(z.string().min(1).max(64), z.array(eventTag).min(1).max(16)),
    {
      'template.changed': ['tmpl={template|id|name}', 'tmplv={version?}'],
      'index.changed': ['idxv={version|index|id}'],
      'model.changed': ['model={model|id|name}'],
      'character.changed': ['character={character|id|name}'],
      'pricing.changed': ['category=pricing'],
    },
    'Which tags a domain event takes back, by its type. {field} stands for a field of the event, {one|other} for the first of them that it has; a tag whose {field?} is missing is left out. An entry must have all tags of the list.',
  ),
} as const;
