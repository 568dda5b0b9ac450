/**
 * Sums of counters as they go from one thread to the other: all figures in two buffers, which are handed over instead of
 * copied. As objects, a year of buckets would hold the event loop for a second.
 */
import type { CounterSum } from '../contract.ts';
import { type Counts, countNames, countsOf } from '../counts.ts';
import { durationClasses, noDurations } from '../durations.ts';
import type { TwoDurations } from './reading-durations.ts';

export interface PackedSums {
  readonly groups: readonly string[];
  /** The counts of each group, in the order of `countNames`. */
  readonly counts: Float64Array<ArrayBuffer>;
  /** The two histograms of each group; empty if the query leaves them out. */
  readonly durations: Float64Array<ArrayBuffer>;
}

/** The counts of a group, in the order of `countNames`. */
interface GroupCounts {
  readonly group: string;
  readonly counts: readonly number[];
}

/** Without `durations` the histograms are left out. */
export function packedSums(
  sums: readonly GroupCounts[],
  durations?: ReadonlyMap<string, TwoDurations>,
): PackedSums {
  const counts = new Float64Array(sums.length * countNames.length);
  for (const [index, sum] of sums.entries()) counts.set(sum.counts, index * countNames.length);
  const groups = sums.map(({ group }) => group);
  if (durations === undefined) return { groups, counts, durations: new Float64Array() };
  const histograms = new Float64Array(sums.length * 2 * durationClasses);
  for (const [index, group] of groups.entries()) {
    const two = durations.get(group);
    if (two === undefined) continue;
    histograms.set(two.hitDurations, 2 * index * durationClasses);
    histograms.set(two.missDurations, (2 * index + 1) * durationClasses);
  }
  return { groups, counts, durations: histograms };
}

export function unpackedSums({ groups, counts, durations }: PackedSums): readonly CounterSum[] {
  // One for all: a year of buckets would be 40 MB of zeros.
  const empty = durations.length === 0 ? noDurations() : undefined;
  const histogram = (number: number) =>
    empty ?? durations.subarray(number * durationClasses, (number + 1) * durationClasses);
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
