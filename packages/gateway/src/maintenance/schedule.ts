/**
 * Runs maintenance by the clock: at the instants of a cron text, one run at a time. An instant that passes while the process
 * sleeps is made up once; one that passes while a run is in progress is left out.
 */
import { AskonceError, type Cache, type Clock } from 'askonce';
import { Cron } from 'croner';
import type { GatewayLog } from '../log/log.ts';

export interface ScheduleOptions {
  readonly cache: Pick<Cache, 'maintain'>;
  readonly clock: Clock;
  readonly log: Pick<GatewayLog, 'info' | 'warn'>;
  /** A cron text of five fields, or `off`. */
  readonly pattern: string;
  /** IANA name. Default: the machine's own. */
  readonly timeZone: string | undefined;
}

export interface MaintenanceSchedule {
  /** When the next run is due, in ms since the epoch; undefined if there is none. */
  nextAt(): number | undefined;
  /** Aborted by `stop`: ends runs. */
  readonly signal: AbortSignal;
  /** Begins no run any more, and ends one in progress after its step. */
  stop(): void;
}

/** The wall clock may be set, and timers are bounded: the time that is left is looked at so often, in ms. */
const longestWaitMs = 3_600_000;

export function maintenanceSchedule(options: ScheduleOptions): MaintenanceSchedule {
  const { cache, clock, log, pattern, timeZone } = options;
  const cron =
    pattern === 'off'
      ? undefined
      : new Cron(pattern, {
          paused: true,
          mode: '5-part',
          ...(timeZone !== undefined && { timezone: timeZone }),
        });
  let due = nextAfter(clock.now());
  let cancel = () => {};
  const stopping = new AbortController();
  const { signal } = stopping;

  function nextAfter(instant: number): number | undefined {
    return cron?.nextRun(new Date(instant))?.getTime();
  }

  function wait(): void {
    if (signal.aborted || due === undefined) return;
    const leftMs = Math.min(Math.max(1, due - clock.now()), longestWaitMs);
    cancel = clock.schedule(look, leftMs);
  }

  function look(): void {
    if (due === undefined || clock.now() < due) wait();
    else void runOnce();
  }

  function runOnce(): Promise<void> {
    return run().finally(() => {
      due = nextAfter(clock.now());
      wait();
    });
  }

  async function run(): Promise<void> {
    try {
      const { outcome, durationMs, kinds, refused, failure } = await cache.maintain({ signal });
      const removed = Object.values(kinds).reduce((sum, { count }) => sum + count, 0);
      const bytes = Object.values(kinds).reduce((sum, { bytes: freed }) => sum + freed, 0);
      const figures = `${removed} entries removed, ${bytes} bytes freed, ${Math.round(durationMs)} ms`;
      if (outcome === 'complete') log.info(`maintenance has run: ${figures}`);
      else
        log.warn(
          `maintenance broke off (${outcome}): ${figures}${failure === undefined ? '' : `; ${failure}`}`,
        );
      for (const { store, action = '', message } of refused)
        log.info(`${store} refused ${action}: ${message}`);
    } catch (error) {
      if (AskonceError.isInstance(error) && error.code === 'maintenance_running')
        return log.info('maintenance is run by another process this time');
      if (AskonceError.isInstance(error) && error.code === 'closed') return;
      log.warn(`maintenance could not begin: ${error instanceof Error ? error.message : 'unknown error'}`);
    }
  }

  wait();
  return {
    nextAt: () => due,
    signal,
    stop() {
      stopping.abort();
      cancel();
    },
  };
}
