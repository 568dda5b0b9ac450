/**
 * The settings of identity: which parts of a request count, and which callers share its answer.
 */
import { z } from 'zod';
import { reasonNotLinear } from './linear-pattern.ts';
import { flag, optional, secretSetting, setting } from './setting.ts';

const names = z.array(z.string().min(1).max(256)).max(256);

const mask = z
  .strictObject({
    pattern: z.string().min(1).max(1000),
    flags: z
      .string()
      .regex(/^[gimsuv]{0,6}$/, 'must be some of the letters g, i, m, s, u and v')
      .optional(),
    replacement: z.string().max(200),
  })
  .refine(({ pattern, flags }) => isExpression(pattern, flags), {
    error: 'is not a regular expression',
    abort: true,
  })
  .superRefine(({ pattern, flags }, { addIssue }) => {
    const reason = reasonNotLinear(pattern, flags);
    if (reason !== undefined)
      addIssue(
        `cannot run in linear time (${reason}); write it without look-around, back-references and counts above 1000`,
      );
  });

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
    z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
    'askonce',
    'First part of every key; separates deployments that share a store.',
  ),
  engineVersion: setting(
    'ENGINE_VERSION',
    optional(z.string().min(1).max(64)),
    undefined,
    'Version of the calling application; part of the partition, so that a new version never reads an old entry.',
  ),
  promptHash: setting(
    'PROMPT_HASH',
    optional(
      z
        .string()
        .regex(/^[0-9a-fA-F]{10,128}$/, 'must be 10 to 128 hex digits')
        .transform((hash) => hash.slice(0, 10).toLowerCase()),
    ),
    undefined,
    "Hash (hex) of the application's prompts; its first 10 digits are part of the partition.",
  ),
  secret: secretSetting(
    'ASKONCE_SECRET',
    optional(z.string().min(16).max(1024)),
    undefined,
    'Secret under which credentials and partitions are digested, at least 16 characters. Unset: a random one, stored in the data folder if there is one.',
  ),
  scope: setting(
    'ASKONCE_SCOPE',
    z.enum(['shared', 'tenant', 'user', 'session']),
    'tenant',
    'Callers that share answers: all (`shared`), those with the same credential (`tenant`), and within it the same user (`user`) or session (`session`). A tenant, user or session that a request names always has answers of its own; `user` and `session` bypass the cache for a request that names none.',
  ),
  trustHeaders: setting(
    'ASKONCE_TRUST_HEADERS',
    flag,
    false,
    'Obey Askonce-* request headers on a shared scope.',
  ),
  credentialHours: setting(
    'ASKONCE_CREDENTIAL_HOURS',
    z.number().nonnegative().max(8760),
    24,
    'Time for which a credential that the provider has accepted is served hits and flights without a call to the provider, in hours.',
  ),
  dateBucket: setting(
    'ASKONCE_DATE_BUCKET',
    z.enum(['off', 'day', 'week', 'month']),
    'off',
    'Make the date (UTC) part of the partition, so that answers never outlive the day, ISO week or month.',
  ),

  temperatureStep: setting(
    'ASKONCE_TEMPERATURE_STEP',
    z.number().positive().max(2),
    0.1,
    'Width of the buckets that `temperature` is rounded to.',
  ),
  topPStep: setting(
    'ASKONCE_TOP_P_STEP',
    z.number().positive().max(1),
    0.05,
    'Width of the buckets that `top_p` is rounded to.',
  ),
  maxTokens: setting(
    'ASKONCE_MAX_TOKENS',
    z.enum(['ceiling', 'bucket', 'exact']),
    'ceiling',
    'How a limit on output tokens counts. `ceiling`: an entry serves every request that allows at least the tokens it used; `bucket`: the limit counts up to the next power of two; `exact`: as it is.',
  ),
  textHashThreshold: setting(
    'TEXT_HASH_THRESHOLD',
    z.number().int().min(64).max(1_000_000),
    1000,
    'Length above which a text counts by its digest, in characters.',
  ),
  hashAlgorithm: setting(
    'HASH_ALGORITHM',
    z.enum(['sha256', 'sha384', 'sha512']),
    'sha256',
    'Hash function for long texts and inline media.',
  ),
  ignoredFields: setting(
    'ASKONCE_IGNORED_FIELDS',
    names,
    [],
    'Top-level body fields that do not count, in addition to those of each protocol.',
  ),
  ignoredHeaders: setting(
    'ASKONCE_IGNORED_HEADERS',
    names,
    [],
    'Request headers that do not count, in addition to those of each protocol; a trailing * matches any ending. Credentials stay separate all the same.',
  ),
  masks: setting(
    'ASKONCE_MASKS',
    z.array(mask).max(64),
    [],
    'Rules that replace volatile text (dates, request ids) in prompts before the key is built, in linear time and so without look-around and back-references: [{"pattern": "…", "flags": "i", "replacement": "…"}]. The provider receives the original prompt.',
  ),
  percentagePaths: setting(
    'ASKONCE_PERCENTAGE_PATHS',
    names,
    [],
    'Paths in structured payloads (`scores.*`, `profile.match`) whose values are percentages and count in steps.',
  ),
  percentageStep: setting(
    'ASKONCE_PERCENTAGE_STEP',
    z.number().positive().max(100),
    0.5,
    'Width of the steps for `percentagePaths`, in percent.',
  ),
  normalizeText: setting(
    'ASKONCE_NORMALIZE_TEXT',
    flag,
    false,
    'Also apply spelling normalisation to the exact key (ё and е, Spanish and Portuguese accents, Hebrew points). The rules of one language apply if the caller names that language.',
  ),
  detectLanguage: setting(
    'ASKONCE_DETECT_LANGUAGE',
    flag,
    true,
    'Detect the language of a question if the caller names none; only after an exact miss.',
  ),
} as const;
