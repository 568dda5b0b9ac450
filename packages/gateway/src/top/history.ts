/**
 * The readings of the last minute, from which rates are made.
 */
import { between, type Counters, hasRestarted, requestsIn } from './counters.ts';

/** Rates are over so long, in ms. */
const windowMs = 60_000;

interface Reading {
  /** On the monotonic clock, in ms. */
  readonly at: number;
  readonly counters: Counters;
}

interface Window {
  readonly seconds: number;
  /** What was counted within it. */
  readonly counted: Counters;
}

export interface History {
  add(reading: Reading): void;
  readonly latest: Counters | undefined;
  /** From the oldest reading to the latest; undefined before there are two. */
  window(): Window | undefined;
  /** Requests per second between each two readings, oldest first. */
  rates(): readonly number[];
}

export function openHistory(): History {
  let readings: readonly Reading[] = [];
  return {
    add(reading) {
      const last = readings.at(-1);
      // Two readings at one instant have no rate.
      if (last !== undefined && reading.at <= last.at) return;
      if (last !== undefined && hasRestarted(last.counters, reading.counters)) readings = [];
      // One that is older than the window remains: the window begins with it.
      const due = readings.findLastIndex(({ at }) => at <= reading.at - windowMs);
      readings = [...readings.slice(Math.max(0, due)), reading];
    },
    get latest() {
      return readings.at(-1)?.counters;
    },
    window() {
      const [oldest] = readings;
      const latest = readings.at(-1);
      if (oldest === undefined || latest === undefined || oldest === latest) return undefined;
      return {
        seconds: (latest.at - oldest.at) / 1000,
        counted: between(oldest.counters, latest.counters),
      };
    },
    rates() {
      return readings.slice(1).map(({ at, counters }, index) => {
        const before = readings[index];
        if (before === undefined) return 0;
        return (requestsIn(counters) - requestsIn(before.counters)) / ((at - before.at) / 1000);
      });
    },
  };
}
