/**
 * The rows of one log that this process has read, in order, and what they say of an answer.
 *
 * A position names the last row that was read, by number and id. An answer that began at a row which this history does
 * not contain began in another history, where a fail-over lost rows and their numbers were assigned again. It is invalid.
 */
import { randomBytes } from 'node:crypto';
import { type LogRow, maxLogRows } from '../store/shared.ts';
import { type Invalidation, InvalidationIndex, parseInvalidation } from './invalidations.ts';
import type { LogPosition, LogVerdict, Provenance } from './log.ts';

/** Bounds on what is remembered. Beyond them the oldest rows are dropped, and answers that began before them are invalid. */
const maxBytes = 64 * 1024 * 1024;
const maxPatterns = 1024;

/** A row that has been read. */
export interface KnownRow extends LogRow {
  readonly invalidation: Invalidation;
  readonly bytes: number;
}

/** Up to which version of the history an answer has been found valid. */
interface Judged {
  readonly key: string;
  readonly began: number;
  readonly log: string | undefined;
  version: number;
}

export class History {
  /** Names the log; a log that was lost and began again has another one. */
  readonly generation: string;
  readonly #rows: KnownRow[] = [];
  readonly #index = new InvalidationIndex();
  /** By the list of tag digests: that object belongs to one entry for as long as memory holds the entry. */
  readonly #judged = new WeakMap<readonly string[], Judged>();
  #bytes = 0;
  #floor = 1;
  /** The last row below the floor: an answer that began there has missed nothing. */
  #belowFloor: LogRow | undefined;
  /** Changes with every row. */
  #version = 0;
  #position: LogPosition;
  readonly #pending = new Map<string, LogRow>();
  #pendingIndex = new InvalidationIndex();

  constructor(generation: string) {
    this.generation = generation;
    this.#position = { log: generation, number: 0 };
  }

  get position(): LogPosition {
    return this.#position;
  }

  /** The last row that was read. */
  get last(): LogRow | undefined {
    return this.#rows.at(-1) ?? this.#belowFloor;
  }

  /** In the order of their numbers. */
  get rows(): readonly KnownRow[] {
    return this.#rows;
  }

  /** The lowest number that is still remembered: an answer that missed a row below it is invalid. */
  get floor(): number {
    return this.#floor;
  }

  /** Rows that are in force here although no reading has shown them yet. */
  get pending(): readonly LogRow[] {
    return [...this.#pending.values()];
  }

  /** Adds the rows of a reading, and skips those that are known. */
  learn(rows: readonly LogRow[], floor: number): void {
    const wasPending = this.#pending.size;
    for (const row of rows) {
      if (row.number <= this.#position.number) continue;
      const invalidation = parseInvalidation(row.what);
      const bytes = 512 + 4 * row.what.length;
      this.#rows.push({ ...row, invalidation, bytes });
      this.#bytes += bytes;
      this.#index.add(row.number, invalidation);
      this.#position = { log: nameOf(this.generation, row.id), number: row.number };
      this.#version += 1;
      this.#pending.delete(originOf(row.id));
    }
    this.#raiseFloor(floor);
    if (wasPending !== this.#pending.size) this.#indexPending();
    this.#applyBounds();
  }

  /** Puts rows in force for answers that began anywhere in this history, until a reading shows the rows. */
  hold(rows: readonly LogRow[]): void {
    for (const row of rows) this.#pending.set(originOf(row.id), row);
    this.#version += 1;
    this.#indexPending();
  }

  /** See {@link InvalidationLog.verdict}. */
  verdict(provenance: Provenance): LogVerdict {
    const { key, began, log } = provenance;
    const { number, log: here } = this.#position;
    if (began === number && log === here && this.#pending.size === 0) return 'valid';
    // Read only now: to know the tags of an answer under way, the language of its question must be detected.
    const { tagDigests } = provenance;
    const judged = this.#judged.get(tagDigests);
    const isKnown = judged?.key === key && judged.began === began && judged.log === log;
    if (isKnown && judged.version === this.#version) return 'valid';
    const verdict = this.#judge(provenance);
    if (verdict === 'valid') {
      if (isKnown) judged.version = this.#version;
      else this.#judged.set(tagDigests, { key, began, log, version: this.#version });
    }
    return verdict;
  }

  #judge(provenance: Provenance): LogVerdict {
    const { began, log } = provenance;
    if (log === undefined || !isOf(this.generation, log)) return 'invalidated';
    if (began > this.#position.number) return 'ahead';
    const isHere = began === 0 ? log === this.generation : log === this.#nameAt(began);
    if (!isHere || began + 1 < this.#floor) return 'invalidated';
    const isRemoved = this.#index.removes(provenance, began) || this.#pendingIndex.removes(provenance, began);
    return isRemoved ? 'invalidated' : 'valid';
  }

  /** The name of a position at the row with this number; undefined if there is no such row. */
  #nameAt(number: number): string | undefined {
    const row = number < this.#floor ? this.#belowFloor : this.#rows[indexFrom(this.#rows, number)];
    return row?.number === number ? nameOf(this.generation, row.id) : undefined;
  }

  #raiseFloor(floor: number): void {
    if (floor <= this.#floor) return;
    this.#floor = floor;
    this.#version += 1;
    const dropped = this.#rows.splice(0, indexFrom(this.#rows, floor));
    this.#belowFloor = dropped.at(-1) ?? this.#belowFloor;
    for (const { number, invalidation, bytes } of dropped) {
      this.#bytes -= bytes;
      this.#index.removeOldest(number, invalidation);
    }
  }

  #applyBounds(): void {
    while (this.#index.patterns > maxPatterns) this.#raiseFloor(this.#index.firstPattern + 1);
    while (this.#bytes > maxBytes || this.#rows.length > maxLogRows) {
      const oldest = this.#rows[Math.floor(this.#rows.length / 8)];
      if (oldest === undefined) return;
      this.#raiseFloor(oldest.number + 1);
    }
  }

  #indexPending(): void {
    this.#pendingIndex = new InvalidationIndex();
    for (const row of this.#pending.values())
      this.#pendingIndex.add(Number.POSITIVE_INFINITY, parseInvalidation(row.what));
  }
}

/** The index of the first row with this number or a higher one. */
function indexFrom(rows: readonly LogRow[], number: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.number ?? number) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

function nameOf(generation: string, id: string): string {
  return `${generation}.${id}`;
}

function isOf(generation: string, log: string): boolean {
  return log === generation || (log.startsWith(generation) && log[generation.length] === '.');
}

/** Rows to append, each with an id of its own. */
export function newRows(invalidations: readonly Invalidation[]): readonly Pick<LogRow, 'id' | 'what'>[] {
  return invalidations.map((one) => ({ id: newId(), what: JSON.stringify(one) }));
}

function newId(): string {
  return randomBytes(8).toString('hex');
}

/** What all ids of one row begin with, however often it was lost and appended again: an id is `origin` or `origin~again`. */
export function originOf(id: string): string {
  const at = id.indexOf('~');
  return at < 0 ? id : id.slice(0, at);
}

/**
 * The id under which a lost row is appended again. An id is never used twice, so that a number and an id together name
 * one place in one history: a row that is appended again may get the number that it had in a history that was lost too.
 */
export function idAgain(id: string): string {
  return `${originOf(id)}~${newId()}`;
}
