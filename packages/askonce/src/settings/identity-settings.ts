/**
 * What a request is known by, and who shares its answer.
 */
import { z } from 'zod';
import { flag, optional, setting } from './setting.ts';

const names = z.array(z.string().min(1).max(256)).max(256);

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

export const identitySettings = {
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
} as const;
