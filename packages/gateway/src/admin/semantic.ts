/**
 * The admin call that reports what the semantic tier has learnt, and what it has kept apart.
 */
import { z } from 'zod';
import { type AdminRoute, adminRoute, anyQuery, entryCount, noBody, viewing } from './route.ts';
import { visibleTo, withoutQuestions } from './visible.ts';

const similarity = z.number().min(-1).max(1);
const share = z.number().min(0).max(1);

/** What kept a stored question's answer from being served. */
export const keptApart = z.strictObject({
  by: z.enum([
    'gate',
    'guard',
    'threshold',
    'verifier',
    'field',
    'language',
    'blocked',
    'entry',
    'audit',
    'shadow',
  ]),
  detail: z.string().optional(),
});

/** What is wrong with the semantic tier now. */
const troubles = z
  .array(
    z.strictObject({
      part: z.enum(['tier', 'embedder', 'verifier', 'judge', 'index', 'feed', 'labels', 'reembedding']),
      message: z.string(),
    }),
  )
  .readonly();

/** The semantic tier as a whole. */
export const semanticState = z.strictObject({
  state: z.enum(['ok', 'degraded', 'off']),
  trouble: troubles,
});

const part = z.strictObject({
  name: z.string(),
  open: z.boolean(),
  calls: entryCount,
  failures: entryCount,
  trouble: z.string().optional(),
  usdToday: z.number().nonnegative().optional(),
  decided: z
    .strictObject({
      same: entryCount,
      different: entryCount,
      unsure: entryCount,
      late: entryCount,
      overBudget: entryCount,
      refused: entryCount,
      remembered: entryCount,
      tooLong: entryCount,
    })
    .optional(),
});

const interval = z.strictObject({ estimate: share, low: share, high: share });

const stratum = z.strictObject({
  standing: z.enum(['certified', 'learning', 'checking', 'cannot-certify', 'prior']),
  reason: z.string(),
  auditShare: share,
  labels: z.strictObject({ right: z.number().nonnegative(), wrong: z.number().nonnegative() }),
  labelsMissing: entryCount.optional(),
  wrongPerHit: interval.optional(),
});

const reuse = z.strictObject({
  questions: entryCount,
  reused: entryCount,
  identical: entryCount,
  similar: entryCount,
  verified: entryCount,
  share: interval.optional(),
  wrong: interval.extend({ labels: entryCount, effective: z.number().nonnegative() }).optional(),
});

const pool = z.strictObject({
  id: z.string(),
  embedder: z.string(),
  tenant: z.string(),
  language: z.string().optional(),
  category: z.string().optional(),
  maxErrorRate: share,
  prior: z.strictObject({ upper: similarity.optional(), lower: similarity }),
  threshold: similarity.optional(),
  lower: similarity,
  epoch: entryCount,
  similar: stratum,
  verified: stratum,
  reuse,
  decisions: z.strictObject({
    serve: entryCount,
    audit: entryCount,
    shadow: entryCount,
    verify: entryCount,
    miss: entryCount,
    identical: entryCount,
    verified: entryCount,
  }),
  recommendation: z.string(),
});

const report = z.strictObject({
  off: z.enum(['no-embedder', 'switched-off', 'no-text', 'failed']).optional(),
  trouble: troubles,
  embedder: part.extend({ fingerprint: z.string() }).optional(),
  verifier: part.optional(),
  judge: part.optional(),
  maxErrorRate: share,
  mode: z.enum(['serve', 'shadow']),
  rollout: z.strictObject({ percent: z.number().min(0).max(100), served: entryCount }),
  shadow: z.strictObject({ hits: entryCount, tokens: z.number().nonnegative() }),
  reuse,
  recommendation: z.string().optional(),
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
        question: z.string().optional(),
        earlierQuestion: z.string().optional(),
      }),
    )
    .readonly(),
  indexes: z.strictObject({ bytes: entryCount, vectors: entryCount, building: z.boolean() }),
  blocked: entryCount,
  reembedding: z
    .strictObject({
      done: entryCount,
      of: entryCount.optional(),
      perSecond: z.number().nonnegative(),
      isRunningHere: z.boolean(),
      fingerprint: z.string(),
    })
    .optional(),
});

const semantic = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/semantic',
  summary: 'Report what the semantic tier has learnt and kept apart.',
  invalid: 'invalid_request',
  query: anyQuery,
  body: noBody,
  answer: report,
  async run({ cache }, { caller }) {
    const found = await cache.semantic();
    if (visibleTo(caller.role).text) return found;
    return { ...found, nearMisses: found.nearMisses.map(withoutQuestions) };
  },
});

export const semanticRoutes: readonly AdminRoute[] = [semantic];
