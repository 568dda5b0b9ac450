/**
 * The settings of flights, of what processes share, and of time limits within a request.
 */
import { z } from 'zod';
import { flag, secretSetting, setting } from './setting.ts';

/** Whether the names, and the keys as they are written, all differ. */
function areApart(keys: readonly string[]): boolean {
  const parts = keys.map((key) => key.split(':', 2));
  return [0, 1].every((part) => new Set(parts.map((one) => one[part])).size === keys.length);
}

export const flightSettings = {
  followElsewhere: setting(
    'ASKONCE_FOLLOW',
    flag,
    true,
    'Stream a generation on another machine to the requests that wait for it. Off: they wait for its end.',
  ),
  leaseMs: setting(
    'ASKONCE_LEASE_MS',
    z.number().int().min(100).max(600_000),
    30_000,
    'Duration of a lease, the right of one process to call the provider for all, in milliseconds. A lease is renewed while it is held.',
  ),
  progressMs: setting(
    'ASKONCE_PROGRESS_MS',
    z.number().int().min(50).max(600_000),
    5000,
    'Time without progress (a renewed lease, a byte) after which waiting machines compete for the lease, in milliseconds.',
  ),
  batchWindowMs: setting(
    'ASKONCE_BATCH_WINDOW_MS',
    z.number().int().nonnegative().max(1000),
    0,
    'Time for which different requests of one caller, single inputs and lists alike, are gathered into one call, if the protocol has batches (embeddings), in milliseconds; 0 is off, 10 is a good start.',
  ),

  flightMaxBytes: setting(
    'ASKONCE_FLIGHT_MAX_BYTES',
    z.number().int().min(65_536),
    8 * 1024 * 1024,
    'Maximum size of an answer that a flight holds, in bytes. Beyond it no request joins, the answer is not stored, and followers further behind are cut off.',
  ),
  abandoned: setting(
    'ASKONCE_ABANDONED',
    z.enum(['finish', 'cancel']),
    'finish',
    'What happens to a generation that no caller waits for any more: it finishes, within the two limits below, and is stored; or it is cancelled.',
  ),
  abandonedMs: setting(
    'ASKONCE_ABANDONED_MS',
    z.number().int().nonnegative().max(3_600_000),
    30_000,
    'Maximum time that an abandoned generation continues, in milliseconds.',
  ),
  abandonedBytes: setting(
    'ASKONCE_ABANDONED_BYTES',
    z.number().int().nonnegative(),
    1024 * 1024,
    'Maximum size that an abandoned generation still receives, in bytes.',
  ),
  storeBudgetMs: setting(
    'ASKONCE_STORE_BUDGET_MS',
    z.number().int().positive().max(60_000),
    50,
    'Maximum time that a request waits for stores, its lookup, its lease and its write together, in milliseconds. A lookup that takes longer is a miss; a write that takes longer goes on.',
  ),
  logToleranceMs: setting(
    ['ASKONCE_LOG_TOLERANCE_MS', 'LOG_TOLERANCE_MS'],
    z.number().int().min(1_000).max(86_400_000),
    1_000,
    'Time for which stored answers in memory are served although the invalidation log of a shared store could not be read, in milliseconds. More keeps hits alive while Redis is away; for as long, this process may serve what another one has invalidated.',
  ),
  breakerFailures: setting(
    'ASKONCE_BREAKER_FAILURES',
    z.number().int().positive().max(1000),
    5,
    'Number of failures in a row after which a store is not called; reads and writes are counted separately.',
  ),
  breakerMs: setting(
    'ASKONCE_BREAKER_MS',
    z.number().int().positive().max(3_600_000),
    60_000,
    'Time after which such a store is called again, in milliseconds.',
  ),
  encryptionKeys: secretSetting(
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
      .max(16)
      .refine(areApart, 'a name or a key is given twice; remove one of the two'),
    [],
    'Keys for encryption at rest (AES-256-GCM), each `name:key` with a key of 32 bytes in hex or base64. The first encrypts and all decrypt: put a new key in front, and remove an old one once its entries have expired. None: entries are not encrypted.',
  ),
  identityMemoBytes: setting(
    'ASKONCE_IDENTITY_MEMO_BYTES',
    z.number().int().nonnegative(),
    32 * 1024 * 1024,
    'Maximum size of the memo of bodies already seen, in bytes; 0 switches it off.',
  ),
} as const;
