/**
 * Sums of counters as they go from one thread to the other: all figures in two buffers, which are handed over instead of
 * copied. As objects, a year of buckets would hold the event loop for a second.
 */
import type { CounterSum, Durations } from '../contract.ts';
import { type Counts, countNames, countsOf } from '../counts.ts';
import { durationClasses } from '../durations.ts';

export interface PackedSums {
  readonly groups: readonly string[];
  /** The counts of each group, in the order of `countNames`. */
  readonly counts: Float64Array<ArrayBuffer>;
  /** The two histograms of each group. */
  readonly durations: Float64Array<ArrayBuffer>;
}

/** The sums of a group; it takes the place of a {@link CounterSum} on its way. */
interface Sums {
  readonly group: string;
  readonly counts: readonly number[];
  readonly hitDurations: Durations;
  readonly missDurations: Durations;
}

export function packedSums(sums: readonly Sums[]): PackedSums {
  const counts = new Float64Array(sums.length * countNames.length);
  const durations = new Float64Array(sums.length * 2 * durationClasses);
  for (const [index, sum] of sums.entries()) {
    counts.set(sum.counts, index * countNames.length);
    durations.set(sum.hitDurations, 2 * index * durationClasses);
    durations.set(sum.missDurations, (2 * index + 1) * durationClasses);
  }
  return { groups: sums.map(({ group }) => group), counts, durations };
}

export function unpackedSums({ groups, counts, durations }: PackedSums): readonly CounterSum[] {
  const histogram = (number: number) =>
    durations.subarray(number * durationClasses, (number + 1) * durationClasses);
  return groups.map((group, index) => ({
    group,
    counts: countsAt(counts, index),
    hitDurations: histogram(2 * index),
    missDurations: histogram(2 * index + 1),
  }));
}

function countsAt(counts: Float64Array, index: number): Counts {
  return countsOf((_name, place) => counts[index * countNames.length + place] ?? 0);
}
