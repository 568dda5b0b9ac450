/**
 * `GET /cache/metrics` and `GET /cache/performance`.
 */
import { AskonceError } from 'askonce';
import { z } from 'zod';
import type { AdminContext } from './context.ts';
import { adminRoute, anyQuery, noBody, viewing } from './route.ts';

const figure = z.number();
const count = z.number().int().nonnegative();
const known = figure.nullable();
/** Several metrics have labels: their figures are below the values of these. Not a record, which would drop `__proto__`. */
const byLabel = z
  .custom<object>((value) => typeof value === 'object' && value !== null)
  .meta({ type: 'object' });

const metricsAnswer = z
  .object({
    cache_hit_fresh: count,
    cache_hit_stale: count,
    cache_miss: count,
    lock_acquired: count,
    lock_contended: count,
    refresh_started: count,
    refresh_skipped_locked: count,
    refresh_success: count,
    refresh_fail: count,
    value_size_bytes: z.strictObject({ count, sum: figure, buckets: z.record(z.string(), count) }),
    locks_in_flight: count,
    saved_tokens: count,
    saved_cost: figure,
    spent_cost: z.record(z.string(), figure),
    hit_rate: known,
  })
  .catchall(z.union([known, byLabel]));

export const metricsCall = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/metrics',
  summary: 'Read the metrics as JSON.',
  invalid: 'invalid_request',
  query: anyQuery,
  body: noBody,
  answer: metricsAnswer,
  run: async (context) => metricsAnswer.parse(await switchedOn(context).json()),
});

const timing = z.strictObject({ count, failed: count, averageMs: known, maxMs: known, p99Ms: known });

const performance = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/performance',
  summary: 'Report times and sizes of the last hour.',
  invalid: 'invalid_request',
  query: anyQuery,
  body: noBody,
  answer: z.strictObject({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    keyGeneration: z.strictObject({ count, averageMs: known, maxMs: known }),
    textLength: z.strictObject({ count, average: known }),
    operations: z.strictObject({
      total: count,
      lookups: count,
      stores: count,
      refusals: count,
      providerCalls: count,
    }),
    stores: z.record(z.string(), z.strictObject({ get: timing, set: timing, delete: timing })),
    compression: z.strictObject({ bytesBefore: count, bytesAfter: count, ratio: known }),
    values: z.strictObject({
      count,
      averageBytes: known,
      maxBytes: known,
      bySize: z.array(z.strictObject({ upToBytes: known, count })).readonly(),
    }),
  }),
  run: async (context) => switchedOn(context).performance(),
});

/** @throws AskonceError if metrics are turned off */
function switchedOn({ metrics: own }: AdminContext) {
  if (own !== undefined) return own;
  throw new AskonceError(
    'route_unknown',
    'There are no metrics: they are turned off (ASKONCE_METRICS); set it to open or key.',
  );
}

export const metricsRoutes = [metricsCall, performance];
