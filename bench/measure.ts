/**
 * Measuring: what is compared runs in turns in the same process, and the ratio is the median of the rounds' ratios,
 * so that a machine that is busy for a moment disturbs both sides alike.
 */

import { setImmediate } from 'node:timers/promises';

type Work = () => unknown;

/** A reading in microseconds, which another process may be asked for; only differences mean something. */
type Meter = () => number | Promise<number>;

const wallTime: Meter = () => performance.now() * 1000;

/** Processor time of this process, all its threads. */
export const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

export interface Side {
  readonly work: Work;
  /** Runs after the calls of a round and counts: what the calls left to be done. */
  readonly finish?: (() => Promise<void>) | undefined;
}

export interface Terms {
  /** Calls a round, one after the other. */
  readonly calls: number;
  /** Default 15. */
  readonly rounds?: number | undefined;
  /** Default: {@link wallTime}. */
  readonly meter?: Meter | undefined;
  /** How many things one call does. Default 1. */
  readonly each?: number | undefined;
}

export interface Times {
  /** Microseconds a call (or a thing), the median of the rounds. */
  readonly ours: number;
  readonly beside: number;
  /** Median of the rounds' ours / beside. */
  readonly ratio: number;
}

/** Measures `ours` and `floor` in turns. */
export async function inTurns(ours: Side | Work, floor: Side | Work, terms: Terms): Promise<Times> {
  const { calls, rounds = 15, meter = wallTime, each = 1 } = terms;
  const [mine, theirs] = [sideOf(ours), sideOf(floor)];
  await spent(mine, calls, meter);
  await spent(theirs, calls, meter);
  const taken: { ours: number; floor: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = await spent(theirs, calls, meter);
    const middle = await spent(mine, calls, meter);
    const second = await spent(theirs, calls, meter);
    taken.push({ ours: middle, floor: (first + second) / 2 });
  }
  return {
    ours: median(taken.map((times) => times.ours)) / (calls * each),
    beside: median(taken.map((times) => times.floor)) / (calls * each),
    ratio: median(taken.map((times) => times.ours / times.floor)),
  };
}

/** Begins in a turn of its own: most of what the other side has left for the event loop is done by then. */
async function spent({ work, finish }: Side, calls: number, meter: Meter): Promise<number> {
  await setImmediate();
  const start = await meter();
  for (let call = 0; call < calls; call++) {
    const result = work();
    if (result instanceof Promise) await result;
  }
  await finish?.();
  return (await meter()) - start;
}

function sideOf(side: Side | Work): Side {
  return typeof side === 'function' ? { work: side } : side;
}

/** Seconds that the work takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Calls `work` with each number below `count`, so many at a time. */
export async function inParallel(
  count: number,
  atOnce: number,
  work: (number: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A question that can't be measured on this machine: reported, but no failure. */
export class Skipped extends Error {}
