/**
 * The admin call that reports what the semantic tier has learnt, and what it has kept apart.
 */
import { z } from 'zod';
import { type AdminRoute, access, adminRoute, anyQuery, entryCount, noBody } from './route.ts';

const similarity = z.number().min(-1).max(1);
const share = z.number().min(0).max(1);

/** What kept a stored question's answer from being served. */
export const keptApart = z.strictObject({
  by: z.enum(['gate', 'guard', 'threshold', 'verifier', 'field', 'language', 'blocked', 'entry', 'audit']),
  detail: z.string().optional(),
});

const part = z.strictObject({
  name: z.string(),
  open: z.boolean(),
  calls: entryCount,
  failures: entryCount,
  usdToday: z.number().nonnegative().optional(),
});

const pool = z.strictObject({
  pool: z.string(),
  parts: z.strictObject({
    tenant: z.string().optional(),
    language: z.string().optional(),
    category: z.string().optional(),
  }),
  state: z.enum(['identical-only', 'prior', 'audit', 'certified', 'cannot-certify']),
  why: z.string(),
  upper: similarity.optional(),
  lower: similarity.optional(),
  maxErrorRate: share,
  auditShare: share,
  labels: z.strictObject({ same: entryCount, different: entryCount }),
  wrongPerHit: z.strictObject({ estimate: share, low: share, high: share }).optional(),
  counts: z.strictObject({
    identical: entryCount,
    served: entryCount,
    verified: entryCount,
    audited: entryCount,
    missed: entryCount,
  }),
});

const report = z.strictObject({
  off: z.enum(['no-embedder', 'switched-off', 'no-text']).optional(),
  embedder: part.extend({ fingerprint: z.string() }).optional(),
  verifier: part.optional(),
  judge: part.optional(),
  maxErrorRate: share,
  gates: z.strictObject({
    fresh: entryCount,
    acts: entryCount,
    points: entryCount,
    personal: entryCount,
  }),
  guards: z.record(z.string(), entryCount),
  pools: z.array(pool).readonly(),
  nearMisses: z
    .array(
      z.strictObject({
        match: z.string(),
        pool: z.string(),
        similarity,
        keptApartBy: keptApart,
        at: z.number(),
        language: z.string(),
        earlierQuestion: z.string().optional(),
      }),
    )
    .readonly(),
  indexes: z.strictObject({ bytes: entryCount, vectors: entryCount, building: z.boolean() }),
  blocked: entryCount,
});

const semantic = adminRoute({
  ...access,
  method: 'GET',
  path: '/cache/semantic',
  invalid: 'invalid_request',
  query: anyQuery,
  body: noBody,
  answer: report,
  run: ({ cache }) => cache.semantic(),
});

export const semanticRoutes: readonly AdminRoute[] = [semantic];
