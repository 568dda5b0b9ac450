/**
 * The figures of `GET /cache/metrics` as one flat map, and what they come to between two readings.
 */

/** Figures by their path in the answer: `requests hit`. */
export type Counters = ReadonlyMap<string, number>;

/** No name of a metric or a label has it; a model's name might, and is then shown in two parts at worst. */
const separator = '\u0000';

export function countersOf(metrics: Readonly<Record<string, unknown>>): Counters {
  const counters = new Map<string, number>();
  const add = (path: string, value: unknown): void => {
    if (typeof value === 'number') counters.set(path, value);
    else if (typeof value === 'object' && value !== null)
      for (const [name, below] of Object.entries(value)) add(path + separator + name, below);
  };
  for (const [name, value] of Object.entries(metrics)) add(name, value);
  return counters;
}

/** The figure at a path; 0 if there is none. */
export function figureAt(counters: Counters, ...path: readonly string[]): number {
  return counters.get(path.join(separator)) ?? 0;
}

/** The figures directly below a path, by name, in the order of the answer. */
export function figuresBelow(
  counters: Counters,
  ...path: readonly string[]
): readonly (readonly [string, number])[] {
  const prefix = path.join(separator) + separator;
  return Array.from(counters)
    .filter(([name]) => name.startsWith(prefix) && !name.includes(separator, prefix.length))
    .map(([name, value]) => [name.slice(prefix.length), value]);
}

/** The names directly below a path that have figures below them. */
export function namesBelow(counters: Counters, path: string): readonly string[] {
  const names = Array.from(counters.keys(), (name) => name.split(separator));
  return [
    ...new Set(
      names.flatMap(([first, name = '', ...more]) => (first === path && more.length > 0 ? [name] : [])),
    ),
  ];
}

/** What answered a request. */
export const outcomes = ['hit', 'shared', 'miss', 'negative', 'bypass'] as const;

export function requestsIn(counters: Counters): number {
  return outcomes.reduce((sum, outcome) => sum + figureAt(counters, 'requests', outcome), 0);
}

/** What was counted from one reading to a later one. What only the later one has began at 0. */
export function between(earlier: Counters, later: Counters): Counters {
  return new Map(Array.from(later, ([name, value]) => [name, Math.max(0, value - (earlier.get(name) ?? 0))]));
}

/** Whether the gateway has started anew in between: what it counts since its start has become less. */
export function hasRestarted(earlier: Counters, later: Counters): boolean {
  return outcomes.some(
    (outcome) => figureAt(later, 'requests', outcome) < figureAt(earlier, 'requests', outcome),
  );
}

/** The times that a share of all did not exceed, in ms; null if nothing was counted. */
export interface Times {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export function timesOf(counters: Counters, histogram: string): Times {
  const buckets = figuresBelow(counters, histogram, 'buckets')
    .map(([bound, count]) => ({ bound: bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), count }))
    .sort((one, other) => one.bound - other.bound);
  const ms = (share: number) => {
    const seconds = quantile(buckets, share);
    return seconds === undefined ? null : seconds * 1000;
  };
  return { p50Ms: ms(0.5), p95Ms: ms(0.95), p99Ms: ms(0.99) };
}

interface Bucket {
  readonly bound: number;
  /** Of all values up to the bound. */
  readonly count: number;
}

/**
 * As `histogram_quantile` of Prometheus: within a bucket, values count as evenly spread; above the last bound, the
 * quantile is that bound.
 */
export function quantile(buckets: readonly Bucket[], share: number): number | undefined {
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return undefined;
  const wanted = share * total;
  let lower: Bucket = { bound: 0, count: 0 };
  for (const bucket of buckets) {
    if (bucket.bound === Number.POSITIVE_INFINITY) break;
    if (bucket.count >= wanted) {
      const inside = bucket.count - lower.count;
      const part = inside === 0 ? 1 : (wanted - lower.count) / inside;
      return lower.bound + (bucket.bound - lower.bound) * part;
    }
    lower = bucket;
  }
  return lower.bound;
}
