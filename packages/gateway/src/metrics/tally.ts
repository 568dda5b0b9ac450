/**
 * Counts by name. The names are a closed set, and each is there from the start, at zero; what is none of them is counted
 * as `other`, so that a label never has more values than are listed here.
 */

/** Stands for all names that are none of the known ones. */
const otherName = 'other';

export interface Tally {
  /** Adds to the count of a name. Default: one. */
  add(name: string, by?: number): void;
  readonly counts: ReadonlyMap<string, number>;
}

export function tally(known: readonly string[]): Tally {
  const counts = new Map(known.map((name) => [name, 0]));
  return {
    add(name, by = 1) {
      const count = counts.get(name);
      if (count === undefined) counts.set(otherName, (counts.get(otherName) ?? 0) + by);
      else counts.set(name, count + by);
    },
    counts,
  };
}

export interface PairTally {
  add(first: string, second: string): void;
  /** The counts of the second names by the first. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Counts by two names. Pairs are there once they are counted: most of them never happen. */
export function pairTally(first: readonly string[], second: readonly string[]): PairTally {
  const counts = new Map<string, Map<string, number>>();
  const [firstNames, secondNames] = [new Set(first), new Set(second)];
  return {
    add(one, two) {
      const outer = firstNames.has(one) ? one : otherName;
      const inner = secondNames.has(two) ? two : otherName;
      const row = counts.get(outer) ?? new Map<string, number>();
      counts.set(outer, row);
      row.set(inner, (row.get(inner) ?? 0) + 1);
    },
    counts,
  };
}
