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

export function timingFigures({ count, failed, timed, sumMs, maxMs, durations }: Timings): TimingFigures {
  const p99 = quantile(durations, 0.99);
  return {
    count,
    failed,
    averageMs: timed === 0 ? null : rounded(sumMs / timed),
    maxMs: timed === 0 ? null : rounded(maxMs),
    // A quantile within a class can lie above all that was measured.
    p99Ms: p99 === undefined ? null : rounded(Math.min(p99, maxMs)),
  };
}

/** To tenths of a microsecond: the clock is no better. */
export function rounded(ms: number): number {
  return Math.round(ms * 10_000) / 10_000;
}
