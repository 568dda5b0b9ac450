/**
 * What one row of the log takes back: which answers it means, by keys, partitions and digests of tags, never by clear text.
 */
import { z } from 'zod';
import type { EntryFilter } from '../store/contract.ts';
import { partitionOf, patternTest } from '../store/filter.ts';

/** As `EntryFilter`; what fits it is taken back. An empty one means everything. */
export type Invalidation = EntryFilter;

const digests = z.array(z.string().min(1).max(256)).min(1).max(1024);

/** A row's text, parsed. */
const invalidationSchema = z.strictObject({
  clauses: z.array(digests).max(16),
  keys: z.array(z.string().min(1).max(512)).min(1).max(1024).optional(),
  partitions: z.array(z.string().min(1).max(128)).min(1).max(1024).optional(),
  pattern: z.string().min(1).max(512).optional(),
}) satisfies z.ZodType<Invalidation>;

/** Means everything. */
const everything: Invalidation = { clauses: [] };

/** What a row says. One that this version can't read may mean anything, and so is taken to mean everything. */
export function parseInvalidation(what: string): Invalidation {
  try {
    const parsed = invalidationSchema.safeParse(JSON.parse(what));
    return parsed.success ? parsed.data : everything;
  } catch {
    return everything;
  }
}

/* MERGED taken-index.ts:
 * Rows of the log by what they take back, so that judging an answer costs a look-up for each of its tags and not a
 * walk over all rows.
 */
/** What rows are compared with. */
export interface Tagged {
  readonly key: string;
  readonly tagDigests: readonly string[];
}

interface Row {
  readonly number: number;
  readonly taken: Invalidation;
  readonly matches: ((key: string) => boolean) | undefined;
}

export class InvalidationIndex {
  /** Highest number of a row that takes back everything. */
  #all = -1;
  /** Highest number of a row that asks for nothing but this tag, this key, or this partition. */
  readonly #byTag = new Map<string, number>();
  readonly #byKey = new Map<string, number>();
  readonly #byPartition = new Map<string, number>();
  /**
   * Rows that ask for more than one thing, in the order of their numbers: under each name of their shortest clause, or
   * under each partition where they have no clause.
   */
  readonly #joint = new Map<string, Row[]>();
  readonly #jointByPartition = new Map<string, Row[]>();
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
  add(number: number, taken: Invalidation): void {
    const { clauses, keys, partitions, pattern } = taken;
    const [clause] = clauses;
    if (pattern !== undefined) {
      this.#patterns.push({ number, taken, matches: patternTest(pattern) });
    } else if (asksForOne(taken)) {
      for (const key of keys ?? []) this.#byKey.set(key, number);
      for (const partition of partitions ?? []) this.#byPartition.set(partition, number);
      for (const digest of clause ?? []) this.#byTag.set(digest, number);
    } else if (clause === undefined && partitions === undefined) {
      this.#all = number;
    } else {
      const row: Row = { number, taken, matches: undefined };
      if (clause === undefined) addUnder(this.#jointByPartition, partitions ?? [], row);
      else addUnder(this.#joint, shortest(clauses), row);
    }
  }

  /** Takes the oldest row out again. */
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

  /** Whether a row with a number above `began` takes the answer back. */
  takes(answer: Tagged, began: number): boolean {
    if (this.#all > began || (this.#byKey.get(answer.key) ?? -1) > began) return true;
    for (const digest of answer.tagDigests) {
      if ((this.#byTag.get(digest) ?? -1) > began) return true;
      if (this.#joint.size > 0 && anyFits(this.#joint.get(digest), answer, began)) return true;
    }
    if (this.#byPartition.size + this.#jointByPartition.size > 0) {
      const partition = partitionOf(answer.key);
      if ((this.#byPartition.get(partition) ?? -1) > began) return true;
      if (anyFits(this.#jointByPartition.get(partition), answer, began)) return true;
    }
    return anyFits(this.#patterns, answer, began);
  }
}

/** Whether it names tags, keys or partitions, and nothing beside them. */
function asksForOne({ clauses, keys, partitions }: Invalidation): boolean {
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
  if (taken.partitions !== undefined && !taken.partitions.includes(partitionOf(key))) return false;
  if (!taken.clauses.every((clause) => clause.some((digest) => tagDigests.includes(digest)))) return false;
  return matches === undefined || matches(key);
}
