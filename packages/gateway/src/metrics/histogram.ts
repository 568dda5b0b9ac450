/**
 * Histograms in plain numbers, and the last request that fell into each of their buckets.
 */

/** Ids of a span, in hexadecimal. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** An example of what a bucket has counted. */
interface Exemplar {
  readonly requestId: string;
  /** The span of that request, if it is traced. */
  readonly span?: SpanIds | undefined;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Not prom-client's, which is made at a scrape. */
export interface PlainHistogram {
  /** Upper bounds of the buckets, ascending; a last bucket has none. */
  readonly bounds: readonly number[];
  /** How many values fell into each bucket alone, the last included. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
  /** Counts a value. What is no number of at least 0 counts as 0. The id of its request makes it an example. */
  add(value: number, requestId?: string, at?: number, span?: SpanIds): void;
  exemplar(bucket: number): Exemplar | undefined;
}

export function histogram(bounds: readonly number[]): PlainHistogram {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  const ids = counts.map(() => '');
  const values = counts.map(() => 0);
  const times = counts.map(() => 0);
  const spans = new Map<number, SpanIds>();
  let sum = 0;
  let count = 0;
  return {
    bounds,
    counts,
    get sum() {
      return sum;
    },
    get count() {
      return count;
    },
    add(given, requestId, at = 0, span) {
      const value = given >= 0 && given < Number.POSITIVE_INFINITY ? given : 0;
      let bucket = 0;
      while (value > (bounds[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      sum += value;
      count++;
      if (requestId === undefined) return;
      ids[bucket] = requestId;
      values[bucket] = value;
      times[bucket] = at;
      if (span !== undefined) spans.set(bucket, span);
      else if (spans.size > 0) spans.delete(bucket);
    },
    exemplar(bucket) {
      const requestId = ids[bucket];
      if (requestId === undefined || requestId === '') return undefined;
      const span = spans.get(bucket);
      return { requestId, value: values[bucket] ?? 0, at: times[bucket] ?? 0, ...(span && { span }) };
    },
  };
}

/** Seconds. Hits take micro- to milliseconds; the service levels are 10 ms and 200 ms. */
export const hitSeconds = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25,
] as const;

/** Seconds. Providers take seconds to minutes. */
export const missSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300] as const;

/** Seconds of one call of a store. */
export const storeSeconds = [
  0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 1,
] as const;

/** Bytes. */
export const valueBytes = [
  256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
] as const;
