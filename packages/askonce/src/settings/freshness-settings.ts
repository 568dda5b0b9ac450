/**
 * The settings of lifetimes: when answers are stale, when they expire, and what invalidates them.
 */
import { z } from 'zod';
import { optional, seconds, setting } from './setting.ts';

const days = z.number().positive().max(3650);
const hour = 3600;
const day = 24 * hour;

const lifetime = z.strictObject({
  /** Seconds until stale; null: never, which is ten years. */
  stale: z.number().nonnegative().nullable(),
  /** Seconds until expired; null: only when room is short, or after ten years. */
  gone: z.number().positive().nullable(),
});

type Lifetimes = Readonly<Record<string, z.output<typeof lifetime>>>;

function areApart(categories: Lifetimes): boolean {
  const names = Object.keys(categories);
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}

/** Categories have no case. */
function inLowerCase(categories: Lifetimes): Lifetimes {
  return Object.fromEntries(Object.entries(categories).map(([name, row]) => [name.toLowerCase(), row]));
}

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
  staleDays: setting('STALE_DAYS', days, 7, 'Time until an entry is stale, in days.'),
  ttlDays: setting(
    'TTL_DAYS',
    days,
    30,
    'Time until an entry expires, in days; the time until it is stale is never longer.',
  ),
  ttlSeconds: setting(
    'LLM_CACHE_TTL',
    optional(seconds),
    undefined,
    'Time until an entry expires, in seconds; overrides TTL_DAYS.',
  ),
  apiCacheTtlSeconds: setting(
    'API_CACHE_TTL',
    z.number().nonnegative().max(315_360_000),
    300,
    "Time until an endpoint's answer is stale that does not state its lifetime, in seconds; a route's own `ttl` overrides it. 0 stores only answers that do. The library reads this variable, too.",
  ),
  maxTtlSeconds: setting(
    'ASKONCE_MAX_TTL',
    seconds,
    30 * day,
    "Maximum lifetime that a request can ask for by Askonce-Ttl, or an endpoint's answer or route, in seconds.",
  ),
  categories: setting(
    'ASKONCE_CATEGORIES',
    z
      .record(z.string().min(1).max(64), lifetime)
      .refine(areApart, 'a category is listed twice, in two spellings; remove one of the two')
      .transform(inLowerCase),
    {
      greeting: { stale: null, gone: null },
      pricing: { stale: 7 * day, gone: 8 * day },
      availability: { stale: hour, gone: 2 * hour },
    },
    'Lifetimes by category, in seconds; null means never, which is ten years. Categories are compared without regard to case. A category that is not listed has the default lifetimes.',
  ),

  staleIfErrorSeconds: setting(
    'ASKONCE_STALE_IF_ERROR',
    optional(z.number().nonnegative().max(315_360_000)),
    undefined,
    'Time past staleness for which a stored answer is served if the provider fails, in seconds; 0 switches this off. Unset: as long as it is stored.',
  ),
  refreshAttempts: setting(
    'ASKONCE_REFRESH_ATTEMPTS',
    z.number().int().min(1).max(10),
    3,
    'Number of attempts to refresh a stale answer in the background, with exponential back-off between them.',
  ),
  refreshTimeoutMs: setting(
    'ASKONCE_REFRESH_TIMEOUT_MS',
    z.number().int().positive().max(600_000),
    10_000,
    'Maximum time of one refresh attempt to the first byte, and between bytes, in milliseconds.',
  ),
  negativeSeconds: setting(
    'ASKONCE_NEGATIVE_TTL',
    z.number().positive().max(86_400),
    900,
    'Time for which an error that the same request is bound to get again (an invalid request) is remembered, in seconds.',
  ),
  repeatMs: setting(
    'ASKONCE_REPEAT_MS',
    z.number().int().nonnegative().max(3_600_000),
    0,
    'Time within which a caller that repeats a request is sent to the provider, because it was not content with the answer, in milliseconds; 0: never. Retries by a client library do not count.',
  ),
  events: setting(
    'ASKONCE_EVENTS',
    z.record(z.string().min(1).max(64), z.array(eventTag).max(16)),
    {
      'template.changed': ['tmpl={template|id|name}', 'tmplv={version?}'],
      'index.changed': ['idxv={version|index|id}'],
      'model.changed': ['model={model|id|name}'],
      'character.changed': ['character={character|id|name}'],
      'pricing.changed': ['category=pricing'],
    },
    'Tags of the entries that a domain event invalidates, by the type of the event. {field} stands for a field of the event, {one|other} for the first of them that it has; a tag whose {field?} is missing is omitted. An entry must have all tags of the list. Events of a type also invalidate the answers whose question or route names it (invalidateOn), for which an empty list is enough.',
  ),
} as const;
