/**
 * The rows of one log that have been read, in their order, and what they say of an answer.
 *
 * A position names the last row that was read, by number and id: an answer that began at a row which this history does
 * not have began in another one (a fail-over lost rows, and others got their numbers), and is dead.
 */

import { randomBytes } from 'node:crypto';
import { type LogRow, maxLogRows } from '../store/shared.ts';
import { type Invalidation, InvalidationIndex, parseInvalidation } from './invalidations.ts';
import type { LogPosition, LogVerdict, Provenance } from './log.ts';

/** Bounds on what is remembered; beyond them the oldest rows go, and with them all that began before. */
const maxBytes = 64 * 1024 * 1024;
const maxPatterns = 1024;

/** A row that has been read. */
export interface KnownRow extends LogRow {
  readonly taken: Invalidation;
  readonly bytes: number;
}

/** Up to where an answer has been judged to stand. */
interface Judged {
  readonly key: string;
  readonly began: number;
  readonly log: string | undefined;
  version: number;
}

export class History {
  readonly generation: string;
  readonly #rows: KnownRow[] = [];
  readonly #index = new InvalidationIndex();
  /** By the list of tags, which belongs to one entry for as long as that is kept. */
  readonly #judged = new WeakMap<readonly string[], Judged>();
  #bytes = 0;
  #floor = 1;
  /** The last row below the floor: whatever began there has missed nothing. */
  #belowFloor: LogRow | undefined;
  /** Changes with every row. */
  #version = 0;
  #position: LogPosition;
  #pending = new Map<string, LogRow>();
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

  /** In order. */
  get rows(): readonly KnownRow[] {
    return this.#rows;
  }

  /** Answers that began below the row before it are dead. */
  get floor(): number {
    return this.#floor;
  }

  /** Rows that hold here, though no reading has shown them yet. */
  get pending(): readonly LogRow[] {
    return [...this.#pending.values()];
  }

  /** Adds what one reading has shown. What is there already is left out. */
  learn(rows: readonly LogRow[], floor: number): void {
    const wasPending = this.#pending.size;
    for (const row of rows) {
      if (row.number <= this.#position.number) continue;
      const taken = parseInvalidation(row.what);
      const bytes = 512 + 4 * row.what.length;
      this.#rows.push({ ...row, taken, bytes });
      this.#bytes += bytes;
      this.#index.add(row.number, taken);
      this.#position = { log: nameOf(this.generation, row.id), number: row.number };
      this.#version += 1;
      this.#pending.delete(originOf(row.id));
    }
    this.#raiseFloor(floor);
    if (wasPending !== this.#pending.size) this.#indexPending();
    this.#keepBounds();
  }

  /** Has rows hold for whatever began anywhere in this history, until a reading shows them. */
  hold(rows: readonly LogRow[]): void {
    for (const row of rows) this.#pending.set(originOf(row.id), row);
    this.#version += 1;
    this.#indexPending();
  }

  verdict(answer: Provenance): LogVerdict {
    const { key, began, log, tagDigests } = answer;
    const { number, log: here } = this.#position;
    if (began === number && log === here && this.#pending.size === 0) return 'valid';
    const judged = this.#judged.get(tagDigests);
    const isKnown = judged?.key === key && judged.began === began && judged.log === log;
    if (isKnown && judged.version === this.#version) return 'valid';
    const verdict = this.#judge(answer);
    if (verdict === 'valid') {
      if (isKnown) judged.version = this.#version;
      else this.#judged.set(tagDigests, { key, began, log, version: this.#version });
    }
    return verdict;
  }

  #judge(answer: Provenance): LogVerdict {
    const { began, log } = answer;
    if (log === undefined || !isOf(this.generation, log)) return 'invalidated';
    if (began > this.#position.number) return 'ahead';
    const isHere = began === 0 ? log === this.generation : log === this.#nameAt(began);
    if (!isHere || began + 1 < this.#floor) return 'invalidated';
    const isTaken = this.#index.takes(answer, began) || this.#pendingIndex.takes(answer, began);
    return isTaken ? 'invalidated' : 'valid';
  }

  /** What a position at this row is called; undefined where there is no such row. */
  #nameAt(number: number): string | undefined {
    const row = number < this.#floor ? this.#belowFloor : this.#rows[indexFrom(this.#rows, number)];
    return row?.number === number ? nameOf(this.generation, row.id) : undefined;
  }

  #raiseFloor(floor: number): void {
    if (floor <= this.#floor) return;
    this.#floor = floor;
    this.#version += 1;
    const gone = this.#rows.splice(0, indexFrom(this.#rows, floor));
    this.#belowFloor = gone.at(-1) ?? this.#belowFloor;
    for (const { number, taken, bytes } of gone) {
      this.#bytes -= bytes;
      this.#index.removeOldest(number, taken);
    }
  }

  #keepBounds(): void {
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

/* MERGED row-id.ts:
 * Ids of rows: `origin`, or `origin~again` where a row that was lost has been appended again.
 *
 * The origin tells that it is the same row. The whole id is never given twice, so that number and id together name one
 * place in one history: a row may be lost, appended again under the number that it had in a history that was lost, too.
 */
export function newRowId(): string {
  return randomBytes(8).toString('hex');
}

export function originOf(id: string): string {
  const at = id.indexOf('~');
  return at < 0 ? id : id.slice(0, at);
}

export function idAgain(id: string): string {
  return `${originOf(id)}~${newRowId()}`;
}
