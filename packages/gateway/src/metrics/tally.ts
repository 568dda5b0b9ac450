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

/**
 * Counts by two names. A pair is there once it is counted, since most never happen; but those with a second name among
 * `expected` are there from the start, so that a rate finds where they began.
 */
export function pairTally(
  first: readonly string[],
  second: readonly string[],
  expected: readonly string[] = [],
): PairTally {
  const counts = new Map(
    expected.length === 0 ? [] : first.map((name) => [name, new Map(expected.map((other) => [other, 0]))]),
  );
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
