/**
 * How long something took: how often, in sum, at most, and as a histogram that can be added up.
 */
import { addDuration, addDurations, type Durations, noDurations, quantile } from 'askonce/ledger';

export interface Timings {
  count: number;
  failed: number;
  /** How many of them were timed. */
  timed: number;
  sumMs: number;
  maxMs: number;
  readonly durations: Durations;
}

export function noTimings(): Timings {
  return { count: 0, failed: 0, timed: 0, sumMs: 0, maxMs: 0, durations: noDurations() };
}

export function addTiming(to: Timings, ms: number, failed: boolean): void {
  to.count++;
  if (failed) to.failed++;
  to.timed++;
  to.sumMs += ms;
  if (ms > to.maxMs) to.maxMs = ms;
  addDuration(to.durations, ms);
}

export function addTimings(to: Timings, more: Timings): void {
  to.count += more.count;
  to.failed += more.failed;
  to.timed += more.timed;
  to.sumMs += more.sumMs;
  if (more.maxMs > to.maxMs) to.maxMs = more.maxMs;
  addDurations(to.durations, more.durations);
}

/** Times as people read them; null where nothing was timed. */
export interface TimingFigures {
  readonly count: number;
  readonly failed: number;
  readonly averageMs: number | null;
  readonly maxMs: number | null;
  readonly p99Ms: number | null;
}

export function timingFigures(timings: Timings): TimingFigures {
  const { count, failed, timed, sumMs, maxMs } = timings;
  const p99 = p99Of(timings);
  return {
    count,
    failed,
    averageMs: timed === 0 ? null : rounded(sumMs / timed),
    maxMs: timed === 0 ? null : rounded(maxMs),
    p99Ms: p99 === undefined ? null : rounded(p99),
  };
}

/** Of fewer than 100 times it is the longest. The middle of a class can lie above all that was measured. */
function p99Of({ timed, maxMs, durations }: Timings): number | undefined {
  const p99 = timed < 100 ? maxMs : quantile(durations, 0.99);
  return timed === 0 || p99 === undefined ? undefined : Math.min(p99, maxMs);
}

/** To tenths of a microsecond: the clock is no better. */
export function rounded(ms: number): number {
  return Math.round(ms * 10_000) / 10_000;
}
