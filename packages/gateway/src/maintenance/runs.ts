/**
 * The latest runs of maintenance of all gateways that share the ledger, and what they say of the health.
 */
import type { Cache, Clock } from 'askonce';
import type { Ledger, MaintenanceRun } from 'askonce/ledger';
import type { ComponentHealth } from '../stores/tier-health.ts';

/** Time limit for the ledger, in ms, and how long its answer serves for the health. */
const patienceMs = 1_000;
const rememberedMs = 60_000;

/** The latest runs, the last first. Undefined if the ledger does not answer in time. Never rejects. */
export function latestRuns(
  ledger: Pick<Ledger, 'runs'>,
  clock: Clock,
  limit: number,
): Promise<readonly MaintenanceRun[] | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(() => resolve(undefined), patienceMs);
    ledger
      .runs(limit)
      .then(resolve, () => resolve(undefined))
      .finally(cancel);
  });
}

interface MaintenanceHealthOptions {
  readonly cache: Pick<Cache, 'maintenance'>;
  readonly ledger: Pick<Ledger, 'runs' | 'health'> | undefined;
  readonly clock: Clock;
}

/** Asks the ledger once a minute at most. A run that failed costs space, never an answer: degraded, not down. */
export function maintenanceHealth({
  cache,
  ledger,
  clock,
}: MaintenanceHealthOptions): () => Promise<ComponentHealth> {
  let remembered: { readonly run: MaintenanceRun | undefined; readonly until: number } | undefined;

  async function lastOfAll(): Promise<MaintenanceRun | undefined> {
    // A gateway that has written nothing so far does not open its ledger for this.
    if (ledger === undefined || ledger.health.lastFlush === undefined) return undefined;
    if (remembered === undefined || clock.monotonic() >= remembered.until) {
      const runs = await latestRuns(ledger, clock, 1);
      remembered = { run: runs?.[0], until: clock.monotonic() + rememberedMs };
    }
    return remembered.run;
  }

  return async () => {
    const { running, last: own, lastSuccessAt } = cache.maintenance();
    const others = await lastOfAll();
    const isOwn = own !== undefined && (others === undefined || own.startedAt >= others.startedAt);
    const last = isOwn ? own : others;
    return {
      status: last?.outcome === 'failed' ? 'degraded' : 'ok',
      running: running !== undefined,
      ...(last !== undefined && {
        lastOutcome: last.outcome,
        lastStartedAt: new Date(last.startedAt).toISOString(),
        lastDurationMs: Math.round(last.durationMs),
      }),
      ...(lastSuccessAt !== undefined && { lastSuccessAt: new Date(lastSuccessAt).toISOString() }),
      ...(last?.outcome === 'failed' && {
        reason: 'the last run of maintenance failed; run it again (POST /cache/maintenance)',
      }),
    };
  };
}
