/**
 * Invalidations as rows of the log: which entries one row removes, by keys, partitions and digests of tags, never by
 * clear text; and an index of many rows, so that judging an answer costs a look-up for each of its tags.
 */
import { z } from 'zod';
import type { EntryFilter } from '../store/contract.ts';
import { partitionOf, patternTest } from '../store/filter.ts';

/** The entries that match the filter are removed; one without conditions matches every entry. */
export type Invalidation = EntryFilter;

const digests = z.array(z.string().min(1).max(256)).min(1).max(1024);

/** The JSON of a row. */
const invalidationSchema = z.strictObject({
  clauses: z.array(digests).max(16),
  keys: z.array(z.string().min(1).max(512)).min(1).max(1024).optional(),
  partitions: z.array(z.string().min(1).max(128)).min(1).max(1024).optional(),
  pattern: z.string().min(1).max(512).optional(),
}) satisfies z.ZodType<Invalidation>;

const everything: Invalidation = { clauses: [] };

/** Reads a row. A row that this version can't read may mean any entry, so it removes every entry. */
export function parseInvalidation(what: string): Invalidation {
  try {
    const parsed = invalidationSchema.safeParse(JSON.parse(what));
    return parsed.success ? parsed.data : everything;
  } catch {
    return everything;
  }
}

/** What rows are matched against. */
export interface Tagged {
  readonly key: string;
  readonly tagDigests: readonly string[];
}

interface Row {
  readonly number: number;
  readonly invalidation: Invalidation;
  readonly matchesPattern: ((key: string) => boolean) | undefined;
}

/** The rows of one history, by what they ask for. */
export class InvalidationIndex {
  /** The highest number of a row that removes everything. */
  #all = -1;
  /** The highest number of a row whose only condition is this tag, this key or this partition. */
  readonly #byTag = new Map<string, number>();
  readonly #byKey = new Map<string, number>();
  readonly #byPartition = new Map<string, number>();
  /**
   * Rows with several conditions, in the order of their numbers: under each tag of their shortest clause, or under each
   * partition if they have no clause.
   */
  readonly #joint = new Map<string, Row[]>();
  readonly #jointByPartition = new Map<string, Row[]>();
  /** Rows with a pattern, in the order of their numbers. */
  readonly #patterns: Row[] = [];

  /** The number of rows with a pattern. Every answer is matched against each of them. */
  get patterns(): number {
    return this.#patterns.length;
  }

  /** The lowest number of a row with a pattern; 0 if there is none. */
  get firstPattern(): number {
    return this.#patterns[0]?.number ?? 0;
  }

  /** Adds a row. Numbers must ascend. */
  add(number: number, invalidation: Invalidation): void {
    const { clauses, keys, partitions, pattern } = invalidation;
    const [clause] = clauses;
    if (pattern !== undefined) {
      this.#patterns.push({ number, invalidation, matchesPattern: patternTest(pattern) });
    } else if (hasOneCondition(invalidation)) {
      for (const key of keys ?? []) this.#byKey.set(key, number);
      for (const partition of partitions ?? []) this.#byPartition.set(partition, number);
      for (const digest of clause ?? []) this.#byTag.set(digest, number);
    } else if (clause === undefined && partitions === undefined) {
      this.#all = number;
    } else {
      const row: Row = { number, invalidation, matchesPattern: undefined };
      if (clause === undefined) addUnder(this.#jointByPartition, partitions ?? [], row);
      else addUnder(this.#joint, shortest(clauses), row);
    }
  }

  /** Drops the oldest row. */
  removeOldest(number: number, { clauses, keys, partitions, pattern }: Invalidation): void {
    if (pattern !== undefined) {
      this.#patterns.shift();
      return;
    }
    for (const key of keys ?? []) if (this.#byKey.get(key) === number) this.#byKey.delete(key);
    for (const partition of partitions ?? []) {
      if (this.#byPartition.get(partition) === number) this.#byPartition.delete(partition);
      removeUnder(this.#jointByPartition, partition, number);
    }
    for (const digest of clauses.flat()) {
      if (this.#byTag.get(digest) === number) this.#byTag.delete(digest);
      removeUnder(this.#joint, digest, number);
    }
  }

  /** Whether a row with a number above `began` removes the answer. */
  removes(answer: Tagged, began: number): boolean {
    if (this.#all > began || (this.#byKey.get(answer.key) ?? -1) > began) return true;
    for (const digest of answer.tagDigests) {
      if ((this.#byTag.get(digest) ?? -1) > began) return true;
      if (this.#joint.size > 0 && anyMatches(this.#joint.get(digest), answer, began)) return true;
    }
    if (this.#byPartition.size + this.#jointByPartition.size > 0) {
      const partition = partitionOf(answer.key);
      if ((this.#byPartition.get(partition) ?? -1) > began) return true;
      if (anyMatches(this.#jointByPartition.get(partition), answer, began)) return true;
    }
    return anyMatches(this.#patterns, answer, began);
  }
}

/** Whether it names either one clause of tags, or keys, or partitions. */
function hasOneCondition({ clauses, keys, partitions }: Invalidation): boolean {
  return clauses.length + (keys === undefined ? 0 : 1) + (partitions === undefined ? 0 : 1) === 1;
}

function addUnder(index: Map<string, Row[]>, names: readonly string[], row: Row): void {
  for (const name of names) {
    const rows = index.get(name);
    if (rows === undefined) index.set(name, [row]);
    else if (rows.at(-1) !== row) rows.push(row);
  }
}

function removeUnder(index: Map<string, Row[]>, name: string, number: number): void {
  const rows = index.get(name);
  if (rows?.[0]?.number !== number) return;
  rows.shift();
  if (rows.length === 0) index.delete(name);
}

function shortest(clauses: Invalidation['clauses']): readonly string[] {
  return clauses.reduce((best, clause) => (clause.length < best.length ? clause : best));
}

/** Goes from the newest row to the oldest, and ends at the first that is not newer than the answer. */
function anyMatches(rows: readonly Row[] | undefined, answer: Tagged, began: number): boolean {
  if (rows === undefined) return false;
  for (let index = rows.length - 1; index >= 0; index--) {
    const row = rows[index];
    if (row === undefined || row.number <= began) return false;
    if (matches(row, answer)) return true;
  }
  return false;
}

function matches({ invalidation, matchesPattern }: Row, { key, tagDigests }: Tagged): boolean {
  const { clauses, keys, partitions } = invalidation;
  if (keys !== undefined && !keys.includes(key)) return false;
  if (partitions !== undefined && !partitions.includes(partitionOf(key))) return false;
  if (!clauses.every((clause) => clause.some((digest) => tagDigests.includes(digest)))) return false;
  return matchesPattern === undefined || matchesPattern(key);
}
