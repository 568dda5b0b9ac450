/**
 * The one table of settings: name, environment variable, default, unit, bounds and meaning. Options, the
 * environment, `.env.example` and the reference page are all read off it.
 */
import { z } from 'zod';

/** One setting. `env` lists its environment variables; where several are set, the first wins. */
export interface Setting<T> {
  readonly env: readonly string[];
  readonly schema: z.ZodType<T>;
  readonly default: T;
  /** What it does, in which unit, and what it interacts with. */
  readonly about: string;
  /** True where the value must never be printed. */
  readonly secret?: boolean;
}

function setting<T>(
  env: string | readonly string[],
  schema: z.ZodType<T>,
  fallback: NoInfer<T>,
  about: string,
): Setting<T> {
  return { env: typeof env === 'string' ? [env] : env, schema, default: fallback, about };
}

const days = z.number().positive().max(3650);
const seconds = z.number().positive().max(315_360_000);
const bytes = z.number().int().positive();
const flag = z.boolean();
const noShare = 'must be true, false or a percentage';
/** Off, on, or on for a share of all questions: a percentage, which says for each question the same on every machine. */
const rollOut = z
  .union([z.boolean(), z.number().min(0, noShare).max(100, noShare), percentage()], noShare)
  .describe('`true`, `false` or a percentage of all questions (`25%`)');
/** Absent, or what `schema` says: the setting has no default of its own. */
const optional = <T>(schema: z.ZodType<T>): z.ZodType<T | undefined> => schema.optional();

const lifetime = z.strictObject({
  /** Seconds until stale; null: never. */
  stale: z.number().nonnegative().nullable(),
  /** Seconds until gone; null: only for want of room. */
  gone: z.number().positive().nullable(),
});

const mask = z
  .strictObject({
    pattern: z.string().min(1).max(1000),
    flags: z
      .string()
      .regex(/^[gimsuv]{0,6}$/)
      .optional(),
    replacement: z.string().max(200),
  })
  .refine(({ pattern, flags }) => isExpression(pattern, flags), 'is not a regular expression');

function isExpression(pattern: string, flags: string | undefined): boolean {
  try {
    return new RegExp(pattern, flags) instanceof RegExp;
  } catch {
    return false;
  }
}

function percentage() {
  return z
    .string()
    .regex(/^\d{1,3}(\.\d{1,9})?%$/, noShare)
    .transform((text) => Number(text.slice(0, -1)))
    .refine((share) => share <= 100, noShare);
}

const names = z.array(z.string().min(1).max(256)).max(256);

/** `name=value`, where `{field}`, `{one|other}` and `{field?}` stand for fields of an event. */
const eventTag = z
  .string()
  .min(1)
  .max(256)
  .regex(
    /^(?:[^{}=]|\{[^{}=]+\})+=(?:[^{}]|\{\s*[^{}|?\s]+\s*(?:\|\s*[^{}|?\s]+\s*)*\??\})+$/,
    "must be name=value, with the event's fields in braces: tmpl={template|id}, tmplv={version?}",
  );

const sizeClasses = ['small', 'medium', 'large'] as const;

const hour = 3600;
const day = 24 * hour;

export const settingsTable = {
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

  cachePrefix: setting(
    'CACHE_PREFIX',
    z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
    'askonce',
    'First part of every key; keeps deployments that share a store apart.',
  ),
  engineVersion: setting(
    'ENGINE_VERSION',
    optional(z.string().min(1).max(64)),
    undefined,
    'Version of the application that asks; part of the partition, so that a new one never reads an old entry.',
  ),
  promptHash: setting(
    'PROMPT_HASH',
    optional(
      z
        .string()
        .regex(/^[0-9a-fA-F]{10,128}$/)
        .transform((hash) => hash.slice(0, 10).toLowerCase()),
    ),
    undefined,
    "Hash (hex) of the application's prompts; the first 10 digits are part of the partition.",
  ),
  secret: {
    ...setting(
      'ASKONCE_SECRET',
      optional(z.string().min(16).max(1024)),
      undefined,
      'Secret under which credentials and partitions are digested, at least 16 characters. Unset: a random one, kept in the data folder where there is one.',
    ),
    secret: true,
  },
  scope: setting(
    'ASKONCE_SCOPE',
    z.enum(['shared', 'tenant', 'user', 'session']),
    'tenant',
    'Who shares answers: everybody (`shared`), or those with one credential (`tenant`), within it one user (`user`) or one session (`session`). A tenant, user or session that a request names always has its own; `user` and `session` bypass the cache where a request names none.',
  ),
  trustHeaders: setting(
    'ASKONCE_TRUST_HEADERS',
    flag,
    false,
    'On a shared scope, whether Askonce-* request headers are heeded.',
  ),
  credentialHours: setting(
    'ASKONCE_CREDENTIAL_HOURS',
    z.number().nonnegative().max(8760),
    24,
    'Hours for which a credential that the provider accepted is served hits and flights without asking the provider again.',
  ),
  dateBucket: setting(
    'ASKONCE_DATE_BUCKET',
    z.enum(['off', 'day', 'week', 'month']),
    'off',
    'Makes the date (UTC) part of the partition, so that answers never outlive the day, ISO week or month.',
  ),

  temperatureStep: setting(
    'ASKONCE_TEMPERATURE_STEP',
    z.number().positive().max(2),
    0.1,
    'Width of the buckets in which `temperature` counts.',
  ),
  topPStep: setting(
    'ASKONCE_TOP_P_STEP',
    z.number().positive().max(1),
    0.05,
    'Width of the buckets in which `top_p` counts.',
  ),
  maxTokens: setting(
    'ASKONCE_MAX_TOKENS',
    z.enum(['ceiling', 'bucket', 'exact']),
    'ceiling',
    'How a limit on output tokens counts. `ceiling`: an entry serves whoever allows at least what it used; `bucket`: up to the next power of two; `exact`: as it is.',
  ),
  textHashThreshold: setting(
    'TEXT_HASH_THRESHOLD',
    z.number().int().min(64).max(1_000_000),
    1000,
    'Characters above which a text counts by its own digest.',
  ),
  hashAlgorithm: setting(
    'HASH_ALGORITHM',
    z.enum(['sha256', 'sha384', 'sha512']),
    'sha256',
    'Digest for long texts and inline media.',
  ),
  ignoredFields: setting(
    'ASKONCE_IGNORED_FIELDS',
    names,
    [],
    'Further top-level body fields that do not count, besides those of each protocol.',
  ),
  ignoredHeaders: setting(
    'ASKONCE_IGNORED_HEADERS',
    names,
    [],
    'Further request headers that do not count; a trailing * stands for any ending. Credentials are kept apart all the same.',
  ),
  masks: setting(
    'ASKONCE_MASKS',
    z.array(mask).max(64),
    [],
    'Rules that replace volatile text (dates, request ids) in prompts before the key is built: [{"pattern": "…", "flags": "i", "replacement": "…"}]. The provider gets the prompt as it was.',
  ),
  percentagePaths: setting(
    'ASKONCE_PERCENTAGE_PATHS',
    names,
    [],
    'Paths in structured payloads (`scores.*`, `profile.match`) that are percentages and count in steps.',
  ),
  percentageStep: setting(
    'ASKONCE_PERCENTAGE_STEP',
    z.number().positive().max(100),
    0.5,
    'Width of those steps, in percent.',
  ),

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

  memoryCacheSize: setting(
    'MEMORY_CACHE_SIZE',
    bytes,
    256 * 1024 * 1024,
    'Bytes that the memory tier may hold.',
  ),
  sqliteMaxBytes: setting(
    'ASKONCE_SQLITE_MAX_BYTES',
    bytes,
    2 * 1024 ** 3,
    'Bytes that the SQLite tier may hold; the coldest entries go first.',
  ),
  memoryHolds: setting(
    'TEXT_SIZE_TIERS',
    z.array(z.enum(sizeClasses)).max(3),
    ['small', 'medium'],
    'Size classes of entries that also live in memory: small (< 4 096 B), medium (< 65 536 B), large.',
  ),
  compression: setting(
    'CACHE_COMPRESSION',
    z.enum(['none', 'gzip', 'zstd']),
    'zstd',
    'Compression below the memory tier.',
  ),
  compressThreshold: setting(
    ['CACHE_COMPRESS_THRESHOLD', 'COMPRESSION_THRESHOLD'],
    z.number().int().nonnegative(),
    65_536,
    'Bytes above which a value is compressed.',
  ),
  compressLevel: setting(
    'CACHE_COMPRESS_LEVEL',
    z.number().int().min(1).max(19),
    3,
    'Compression level (gzip: at most 9).',
  ),
  maxValueBytes: setting(
    'CACHE_MAX_VALUE_BYTES',
    bytes,
    1024 * 1024,
    'Bytes, after compression, above which a value is not kept.',
  ),
  keepText: setting(
    'ASKONCE_KEEP_TEXT',
    flag,
    true,
    "Whether entries keep the question's text beside the answer.",
  ),
  replayPace: setting(
    'ASKONCE_REPLAY_PACE',
    z.enum(['at-once', 'recorded']),
    'at-once',
    'Whether a kept stream is replayed at once, or in the rhythm in which it was recorded.',
  ),
  statefulRequests: setting(
    'ASKONCE_STATEFUL',
    flag,
    false,
    'Whether requests with server-side state or side effects (previous_response_id, conversation, background, server tools) meet the cache too.',
  ),
  gateOff: setting(
    'ASKONCE_GATE_OFF',
    z.array(z.enum(['natural-finish', 'non-empty', 'valid-tool-calls'])).max(3),
    [],
    'Rules of the write gate that are switched off. Completeness and success cannot be.',
  ),

  minConfidence: setting(
    'ASKONCE_MIN_CONFIDENCE',
    z.number().min(0).max(1),
    0.7,
    'Confidence below which an answer is not kept, where the request states one.',
  ),

  confidenceFrom: setting(
    'ASKONCE_CONFIDENCE_FROM',
    optional(
      z
        .string()
        .regex(/^(\/[^/]*)+$/, 'must be a JSON pointer (RFC 6901)')
        .max(256),
    ),
    undefined,
    "JSON pointer (RFC 6901) to the confidence, from 0 to 1, in the answer's body; leads on into a text that is JSON itself (/choices/0/message/content/confidence).",
  ),
  normalizeText: setting(
    'ASKONCE_NORMALIZE_TEXT',
    flag,
    false,
    'Whether the exact key, too, takes spellings for the same that a language takes for the same (ё and е, Spanish and Portuguese accents, Hebrew points). Rules of one language hold where the caller names it.',
  ),
  detectLanguage: setting(
    'ASKONCE_DETECT_LANGUAGE',
    flag,
    true,
    'Whether the language of a question is detected where the caller names none; only after an exact miss.',
  ),

  followElsewhere: setting(
    'ASKONCE_FOLLOW',
    flag,
    true,
    'Whether requests that wait for a generation on another machine follow it as it is produced. Off, they wait for its end.',
  ),
  leaseMs: setting(
    'ASKONCE_LEASE_MS',
    z.number().int().min(100).max(600_000),
    30_000,
    'Milliseconds of a lease: the right of one process to ask the provider for all. Renewed while it is held.',
  ),
  progressMs: setting(
    'ASKONCE_PROGRESS_MS',
    z.number().int().min(50).max(600_000),
    5000,
    'Milliseconds without progress (a renewed lease, a byte) after which those who wait on other machines compete for the lease.',
  ),
  batchWindowMs: setting(
    'ASKONCE_BATCH_WINDOW_MS',
    z.number().int().nonnegative().max(1000),
    0,
    'Milliseconds for which different requests of one caller are gathered into one call, where the protocol has batches (embeddings); 0 is off, 10 suits.',
  ),

  flightMaxBytes: setting(
    'ASKONCE_FLIGHT_MAX_BYTES',
    z.number().int().min(65_536),
    8 * 1024 * 1024,
    'Bytes of one answer that a flight may hold; beyond it nobody joins, nothing is kept, and followers further behind are cut off.',
  ),
  abandoned: setting(
    'ASKONCE_ABANDONED',
    z.enum(['finish', 'cancel']),
    'finish',
    'What becomes of a generation that nobody waits for any more: finished (within the two bounds below) and kept, or cancelled.',
  ),
  abandonedMs: setting(
    'ASKONCE_ABANDONED_MS',
    z.number().int().nonnegative().max(3_600_000),
    30_000,
    'Milliseconds for which an abandoned generation goes on.',
  ),
  abandonedBytes: setting(
    'ASKONCE_ABANDONED_BYTES',
    z.number().int().nonnegative(),
    1024 * 1024,
    'Bytes that an abandoned generation may still bring.',
  ),
  storeBudgetMs: setting(
    'ASKONCE_STORE_BUDGET_MS',
    z.number().int().positive().max(60_000),
    50,
    'Milliseconds that a store may take for a lookup; what is over it is a miss.',
  ),
  breakerFailures: setting(
    'ASKONCE_BREAKER_FAILURES',
    z.number().int().positive().max(1000),
    5,
    'Failures in a row after which a store is left alone; reads and writes are counted apart.',
  ),
  breakerMs: setting(
    'ASKONCE_BREAKER_MS',
    z.number().int().positive().max(3_600_000),
    60_000,
    'Milliseconds after which a store that was left alone is tried again.',
  ),
  encryptionKeys: {
    ...setting(
      'ASKONCE_ENCRYPTION_KEYS',
      z
        .array(
          z
            .string()
            .regex(
              /^[A-Za-z0-9_-]{1,32}:(?:[0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$/,
              'must be name:key, the key being 32 bytes in hex or base64',
            ),
        )
        .max(16),
      [],
      'Keys for encryption at rest (AES-256-GCM), `name:key` each, the key being 32 bytes in hex or base64. The first encrypts; all decrypt, so that a new one is put in front and an old one removed once its entries are gone. None: not encrypted.',
    ),
    secret: true,
  },
  identityMemoBytes: setting(
    'ASKONCE_IDENTITY_MEMO_BYTES',
    z.number().int().nonnegative(),
    32 * 1024 * 1024,
    'Bytes for remembering the identity of bodies already seen; 0 switches it off.',
  ),
} as const;

type Table = typeof settingsTable;
export type SettingName = keyof Table;

/** Checked settings, all of them present. */
export type Settings = { readonly [Name in SettingName]: z.output<Table[Name]['schema']> };

/** What a caller may give: any part of the settings. */
export type SettingsInput = { readonly [Name in SettingName]?: z.input<Table[Name]['schema']> | undefined };
