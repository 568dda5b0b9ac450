/**
 * Admin calls for maintenance: a run of it, or a dry one, and what is known of runs.
 */
import { AskonceError, type MaintenanceReport } from 'askonce';
import { maintenanceKinds } from 'askonce/gateway-kit';
import type { MaintenanceRun } from 'askonce/ledger';
import { z } from 'zod';
import { latestRuns } from '../maintenance/runs.ts';
import { adminRoute, anyQuery, noBody, operating, viewing } from './route.ts';

const count = z.number().int().nonnegative();
const figure = z.number().nonnegative();
const kind = z.enum(maintenanceKinds);

const note = z.strictObject({
  kind,
  store: z.string(),
  action: z.string().optional(),
  message: z.string(),
});

const report = z.strictObject({
  dryRun: z.boolean(),
  outcome: z.enum(['complete', 'aborted', 'lease-lost', 'failed']),
  complete: z.boolean(),
  startedAt: z.iso.datetime(),
  durationMs: figure,
  looked: count,
  kinds: z.partialRecord(
    kind,
    z.strictObject({ count, bytes: count, estimated: z.boolean(), remains: count.optional() }),
  ),
  refused: z.array(note).readonly(),
  skipped: z.array(note).readonly(),
  failure: z.string().optional(),
});

const pastRun = z.strictObject({
  outcome: z.string(),
  startedAt: z.iso.datetime(),
  durationMs: figure,
  looked: count,
  kinds: z.partialRecord(kind, z.strictObject({ count, bytes: count })),
});
/** Runs of the ledger that are shown. */
const shownRuns = 20;

/** A report as JSON shows it. */
export type ShownReport = z.output<typeof report>;

export function shownReport(of: MaintenanceReport): ShownReport {
  return { ...of, startedAt: new Date(of.startedAt).toISOString(), durationMs: Math.round(of.durationMs) };
}

/** The answer is long in coming where there are millions of entries; a run goes on when the client leaves. */
export const maintenanceRun = adminRoute({
  ...operating,
  method: 'POST',
  path: '/cache/maintenance',
  summary: 'Remove entries that are not worth their space, or count them; answers once that is done.',
  invalid: 'invalid_request',
  errors: ['maintenance_running', 'maintenance_failed'],
  query: anyQuery,
  body: z
    .strictObject({
      kinds: z.array(kind).min(1).max(16).optional(),
      dryRun: z.boolean().optional(),
    })
    .optional(),
  answer: report,
  example: { body: { kinds: ['expired', 'low-value'], dryRun: true } },
  async run({ cache, audit, maintenance }, { body = {}, ...call }) {
    const { dryRun = false } = body;
    const done = await cache.maintain({ kinds: body.kinds, dryRun, signal: maintenance?.signal });
    if (!dryRun)
      await audit(call, 'maintenance was run', {
        outcome: done.outcome,
        kinds: Object.keys(done.kinds),
        removed: Object.values(done.kinds).reduce((sum, { count: one }) => sum + one, 0),
      });
    if (done.outcome === 'failed' || done.outcome === 'lease-lost')
      throw new AskonceError(
        'maintenance_failed',
        `${dryRun ? 'The dry run' : 'Maintenance'} broke off after ${done.looked} entries${dryRun ? '' : ' (GET /cache/maintenance shows what it removed)'}: ${done.failure}`,
      );
    return shownReport(done);
  },
});

export const maintenanceState = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/maintenance',
  summary:
    'Show the run of maintenance in progress at this gateway, when the next is due, and the last runs of all gateways.',
  invalid: 'invalid_request',
  query: anyQuery,
  body: noBody,
  answer: z.strictObject({
    running: z
      .strictObject({
        startedAt: z.iso.datetime(),
        kinds: z.array(kind).readonly(),
        dryRun: z.boolean(),
      })
      .nullable(),
    last: report.nullable(),
    lastSuccessAt: z.iso.datetime().nullable(),
    nextAt: z.iso.datetime().nullable(),
    /** Null if there is no ledger, or it does not answer. */
    runs: z.array(pastRun).readonly().nullable(),
  }),
  async run({ cache, maintenance, accounting: { ledger }, clock }) {
    const runs = ledger && (await latestRuns(ledger, clock, shownRuns));
    const { running, last, lastSuccessAt } = cache.maintenance();
    const next = maintenance?.nextAt();
    return {
      running: running ? { ...running, startedAt: instant(running.startedAt) } : null,
      last: last === undefined ? null : shownReport(last),
      lastSuccessAt: lastSuccessAt === undefined ? null : instant(lastSuccessAt),
      nextAt: next === undefined ? null : instant(next),
      runs: runs?.map(shownRun) ?? null,
    };
  },
});

function shownRun({ startedAt, durationMs, ...run }: MaintenanceRun): z.output<typeof pastRun> {
  return { ...run, startedAt: instant(startedAt), durationMs: Math.round(durationMs) };
}

function instant(at: number): string {
  return new Date(at).toISOString();
}

export const maintenanceRoutes = [maintenanceRun, maintenanceState];
