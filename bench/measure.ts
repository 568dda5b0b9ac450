/**
 * Measuring: what is compared runs in turns in the same process or against the same load, and the median of the
 * rounds' ratios is told, so that a machine that is busy for a moment disturbs both sides alike.
 */

/** One figure beside its floor or peer. */
export interface Figure {
  readonly question: string;
  readonly ours: string;
  readonly beside: string;
  /** What the goal is about, in the direction that the goal says. */
  readonly ratio: number;
  readonly goal: string;
  readonly reached: boolean;
}

type Work = () => unknown;

/** Seconds that `work` takes when called `calls` times, one after the other. */
async function seconds(work: Work, calls: number): Promise<number> {
  const start = performance.now();
  for (let call = 0; call < calls; call++) {
    const result = work();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - start) / 1000;
}

export interface Times {
  /** Microseconds a call, the median of the rounds. */
  readonly ours: number;
  readonly floor: number;
  /** Median of the rounds' ours / floor. */
  readonly ratio: number;
}

/** Times `ours` and `floor` in turns. */
export async function inTurns(ours: Work, floor: Work, calls: number, rounds = 15): Promise<Times> {
  await seconds(ours, calls);
  await seconds(floor, calls);
  const taken: { ours: number; floor: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = await seconds(floor, calls);
    const mine = await seconds(ours, calls);
    const second = await seconds(floor, calls);
    taken.push({ ours: mine, floor: (first + second) / 2 });
  }
  const each = (seconds: number) => (seconds / calls) * 1e6;
  return {
    ours: each(median(taken.map((times) => times.ours))),
    floor: each(median(taken.map((times) => times.floor))),
    ratio: median(taken.map((times) => times.ours / times.floor)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function micros(value: number): string {
  return `${value.toFixed(1)} µs`;
}

export function perSecond(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`;
}

/** A figure whose ratio must not be above `limit`. */
export function atMost(limit: number, figure: Omit<Figure, 'goal' | 'reached'>): Figure {
  return { ...figure, goal: `≤ ${limit} ×`, reached: figure.ratio <= limit };
}

/** A figure whose ratio must not be below `limit`. */
export function atLeast(limit: number, figure: Omit<Figure, 'goal' | 'reached'>): Figure {
  return { ...figure, goal: `≥ ${limit} ×`, reached: figure.ratio >= limit };
}
