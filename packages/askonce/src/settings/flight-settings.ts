/**
 * Generations under way, here and elsewhere, and how long the steps of a request may take.
 */
import { z } from 'zod';
import { flag, setting } from './setting.ts';

export const flightSettings = {
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
