/**
 * The settings of storage: where and how answers are stored, and which are not.
 */
import { z } from 'zod';
import { flag, optional, setting } from './setting.ts';

const bytes = z.number().int().positive();
const names = z.array(z.string().min(1).max(256)).max(256);

/** LiteLLM, Helicone, Cloudflare, Bifrost (two), Portkey, and what others call it. */
const fallbackHeaders = [
  'x-litellm-attempted-fallbacks',
  'helicone-fallback-index',
  'cf-aig-step',
  'x-bifrost-fallback-index',
  'x-bifrost-routing-info-is-fallback',
  'x-portkey-last-used-option-index',
  '*-fallback-used',
  '*-fallback-model',
];
const sizeClasses = ['small', 'medium', 'large'] as const;

export const storageSettings = {
  memoryCacheSize: setting(
    'MEMORY_CACHE_SIZE',
    bytes,
    256 * 1024 * 1024,
    'Maximum size of the memory tier, in bytes.',
  ),
  sqliteMaxBytes: setting(
    'ASKONCE_SQLITE_MAX_BYTES',
    bytes,
    2 * 1024 ** 3,
    'Maximum size of the SQLite tier, in bytes; the coldest entries are removed first.',
  ),
  memoryHolds: setting(
    'TEXT_SIZE_TIERS',
    z.array(z.enum(sizeClasses)).max(3),
    ['small', 'medium'],
    'Size classes of the entries that are also stored in memory: small (< 4 096 B), medium (< 65 536 B), large.',
  ),
  compression: setting(
    'CACHE_COMPRESSION',
    z.enum(['none', 'gzip', 'zstd']),
    'zstd',
    'Compression of entries below the memory tier.',
  ),
  compressThreshold: setting(
    ['CACHE_COMPRESS_THRESHOLD', 'COMPRESSION_THRESHOLD'],
    z.number().int().nonnegative(),
    65_536,
    'Size above which a value is compressed, in bytes.',
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
    'Size above which a value is not stored, in bytes after compression.',
  ),
  keepText: setting('ASKONCE_KEEP_TEXT', flag, true, "Store the question's text beside the answer."),
  replayPace: setting(
    'ASKONCE_REPLAY_PACE',
    z.enum(['at-once', 'recorded']),
    'at-once',
    'Pace at which a stored stream is replayed: at once, or as it was recorded.',
  ),
  statefulRequests: setting(
    'ASKONCE_STATEFUL',
    flag,
    false,
    'Cache requests with server-side state or side effects (previous_response_id, conversation, background, server tools), too.',
  ),
  sideEffectTools: setting(
    'ASKONCE_SIDE_EFFECT_TOOLS',
    names,
    [],
    'Further tools that act at the provider, by type, by key (of a tool without a type) or by function name; `*` matches any characters. Requests with one bypass the cache.',
  ),
  sideEffectFields: setting(
    'ASKONCE_SIDE_EFFECT_FIELDS',
    names,
    [],
    'Further body fields by which the provider searches, retrieves or acts. Requests in which one is neither null, false, empty nor off bypass the cache.',
  ),
  sideEffectModels: setting(
    'ASKONCE_SIDE_EFFECT_MODELS',
    names,
    [],
    'Further models that search, retrieve or act by themselves; `*` matches any characters, and case does not count. Requests to one bypass the cache.',
  ),
  sideEffectExceptions: setting(
    'ASKONCE_SIDE_EFFECT_EXCEPTIONS',
    names,
    [],
    'Tools, fields and models of the built-in table that do not act at your providers; `*` matches any characters. Their requests use the cache.',
  ),
  gateOff: setting(
    'ASKONCE_GATE_OFF',
    z
      .array(
        z.enum([
          'natural-finish',
          'non-empty',
          'valid-tool-calls',
          'fitting-json',
          'no-fallback',
          'same-model',
        ]),
      )
      .max(6),
    [],
    'Rules of the write gate to switch off. Completeness and success are always required.',
  ),
  fallbackHeaders: setting(
    'ASKONCE_FALLBACK_HEADERS',
    names,
    fallbackHeaders,
    'Response headers by which a gateway marks the answer of a fallback, which is not stored; `*` matches any characters. `0`, `false`, `none` and a path of zeros (`config.targets[0]`) mark none.',
  ),
  finishWords: setting(
    'ASKONCE_FINISH_WORDS',
    z
      .array(
        z
          .string()
          .regex(
            /^[^=]{1,64}=\s*(natural|length|filtered|refused|paused|failed)\s*$/i,
            'must be word=meaning, the meaning being natural, length, filtered, refused, paused or failed',
          ),
      )
      .max(256),
    [],
    "Providers' own finish words and their meanings (`natural`, `length`, `filtered`, `refused`, `paused`, `failed`), each `word=meaning`, in addition to the known ones or in place of them. Case does not count. A word that is unknown ends a complete answer naturally.",
  ),
  missingEndMark: setting(
    'ASKONCE_MISSING_END_MARK',
    z.enum(['accept', 'refuse']),
    'accept',
    'What a stream is whose every choice has a known finish word, and whose connection ends in order, but without the end mark of its protocol (`[DONE]`, `message_stop`), which some providers never write: a complete answer (`accept`), or one that broke off (`refuse`).',
  ),

  minConfidence: setting(
    'ASKONCE_MIN_CONFIDENCE',
    z.number().min(0).max(1),
    0.7,
    'Confidence below which an answer is not stored, if the request or the answer states one; from 0 to 1.',
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
    "JSON pointer (RFC 6901) to the confidence, from 0 to 1, in the answer's body; it continues into a text that is JSON itself (/choices/0/message/content/confidence).",
  ),
} as const;
