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

const names = z.array(z.string().min(1).max(256)).max(256);

const sizeClasses = ['small', 'medium', 'large'] as const;

const hour = 3600;
const day = 24 * hour;

export const settingsTable = {
  enabled: setting(
    'LLM_CACHE_ENABLED',
    flag,
    true,
    'Master switch: off, every request goes straight to the provider and nothing is kept.',
  ),
  exactCache: setting(
    'ENABLE_EXACT_CACHE',
    flag,
    true,
    'Answers from kept entries with the same identity. Off, nothing is looked up or kept; flights still collapse.',
  ),
  singleFlight: setting(
    'ENABLE_SINGLE_FLIGHT',
    flag,
    true,
    'Identical requests at the same time share one provider call.',
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
