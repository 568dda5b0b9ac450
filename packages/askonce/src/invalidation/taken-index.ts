/**
 * Rows of the log by what they take back, so that judging an answer costs a look-up for each of its tags and not a
 * walk over all rows.
 */
import { patternTest } from '../store/filter.ts';
import type { Taken } from './taken.ts';

/** What rows are compared with. */
export interface Tagged {
  readonly key: string;
  readonly tagDigests: readonly string[];
}

interface Row {
  readonly number: number;
  readonly taken: Taken;
  readonly matches: ((key: string) => boolean) | undefined;
}

export class TakenIndex {
  /** Highest number of a row that takes back everything. */
  #all = -1;
  /** Highest number of a row that asks for nothing but this tag, or this key. */
  readonly #byTag = new Map<string, number>();
  readonly #byKey = new Map<string, number>();
  /** Rows that ask for more than one thing, under each name of their shortest clause, in the order of their numbers. */
  readonly #joint = new Map<string, Row[]>();
  /** Rows with a pattern, in the order of their numbers. */
  readonly #patterns: Row[] = [];

  /** How many rows have a pattern: each of them is compared with every answer. */
  get patterns(): number {
    return this.#patterns.length;
  }

  /** The lowest number of a row with a pattern; 0 where there is none. */
  get firstPattern(): number {
    return this.#patterns[0]?.number ?? 0;
  }

  /** Adds a row; numbers come in ascending order. */
  add(number: number, taken: Taken): void {
    const { clauses, keys, pattern } = taken;
    const [clause] = clauses;
    if (pattern !== undefined) {
      this.#patterns.push({ number, taken, matches: patternTest(pattern) });
    } else if (clause === undefined) {
      if (keys === undefined) this.#all = number;
      else for (const key of keys) this.#byKey.set(key, number);
    } else if (clauses.length === 1 && keys === undefined) {
      for (const digest of clause) this.#byTag.set(digest, number);
    } else {
      const row: Row = { number, taken, matches: undefined };
      for (const digest of shortest(clauses)) {
        const rows = this.#joint.get(digest);
        if (rows === undefined) this.#joint.set(digest, [row]);
        else if (rows.at(-1) !== row) rows.push(row);
      }
    }
  }

  /** Takes the oldest row out again. */
  removeOldest(number: number, { clauses, keys, pattern }: Taken): void {
    if (pattern !== undefined) {
      this.#patterns.shift();
      return;
    }
    for (const key of keys ?? []) if (this.#byKey.get(key) === number) this.#byKey.delete(key);
    for (const digest of clauses.flat()) {
      if (this.#byTag.get(digest) === number) this.#byTag.delete(digest);
      const rows = this.#joint.get(digest);
      if (rows?.[0]?.number !== number) continue;
      rows.shift();
      if (rows.length === 0) this.#joint.delete(digest);
    }
  }

  /** Whether a row with a number above `began` takes the answer back. */
  takes(answer: Tagged, began: number): boolean {
    if (this.#all > began || (this.#byKey.get(answer.key) ?? -1) > began) return true;
    for (const digest of answer.tagDigests) {
      if ((this.#byTag.get(digest) ?? -1) > began) return true;
      if (this.#joint.size > 0 && anyFits(this.#joint.get(digest), answer, began)) return true;
    }
    return anyFits(this.#patterns, answer, began);
  }
}

function shortest(clauses: Taken['clauses']): readonly string[] {
  return clauses.reduce((best, clause) => (clause.length < best.length ? clause : best));
}

/** The newest first: once a row is no newer than the answer, none is. */
function anyFits(rows: readonly Row[] | undefined, answer: Tagged, began: number): boolean {
  if (rows === undefined) return false;
  for (let index = rows.length - 1; index >= 0; index--) {
    const row = rows[index];
    if (row === undefined || row.number <= began) return false;
    if (fits(row, answer)) return true;
  }
  return false;
}

function fits({ taken, matches }: Row, { key, tagDigests }: Tagged): boolean {
  if (taken.keys !== undefined && !taken.keys.includes(key)) return false;
  if (!taken.clauses.every((clause) => clause.some((digest) => tagDigests.includes(digest)))) return false;
  return matches === undefined || matches(key);
}
