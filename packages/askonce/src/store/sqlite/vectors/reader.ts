/** Reads the vectors of entries, a page at a time; no answer is read. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { rowStatements } from '../../../sqlite-file/rows.ts';

/** Rows of one page: with encryption, a millisecond or two. */
const pageRows = 64;

/** A vector as it lies in the file. */
export interface VectorRow {
  readonly key: string;
  readonly lease: number;
  readonly expires: number;
  readonly record: Uint8Array;
}

/** An entry of an earlier release, whose vector may be in its value. */
interface UnmovedPage {
  readonly keys: readonly string[];
  /** Where the next page begins; undefined after the last. */
  readonly next: number | undefined;
}

interface VectorPage {
  readonly rows: readonly VectorRow[];
  /** Where the next page begins; undefined after the last. */
  readonly next: number | undefined;
}

export class VectorReader {
  readonly #page: StatementSync;
  readonly #of: StatementSync;
  readonly #unmoved: StatementSync;
  readonly #unmovedPage: StatementSync;

  constructor(database: DatabaseSync) {
    const prepare = rowStatements(database);
    this.#page = prepare(
      `SELECT id, key, lease, expires, record, id IN removed FROM vectors WHERE id > ? ORDER BY id LIMIT ${pageRows}`,
    );
    // The index of keys has the id: the entry itself is not read.
    this.#of = prepare(
      `SELECT entries.id, entries.key, vectors.lease, vectors.expires, record
       FROM entries LEFT JOIN vectors ON vectors.id = entries.id
       WHERE entries.key = ? AND entries.id NOT IN removed`,
    );
    this.#unmoved = prepare('SELECT unmoved FROM vectors_head');
    this.#unmovedPage = prepare(
      `SELECT id, key, id IN removed OR id IN (SELECT id FROM vectors) FROM entries
       WHERE id > ? AND id <= ? ORDER BY id LIMIT ${pageRows}`,
    );
  }

  /** The vectors after the one of the entry with this id, unless they have expired. */
  page(after: number, now: number): VectorPage {
    const page = this.#page.all(after);
    return {
      rows: page.flatMap(({ 0: _id, 5: isRemoved, ...row }) =>
        isRemoved === 0 ? rowIn(row).filter(({ expires }) => expires > now) : [],
      ),
      next: nextOf(page),
    };
  }

  /**
   * The vector beside an entry; `unmoved` if it may be in the entry's value; undefined if the entry is gone, or has none. Entries
   * that have expired count.
   */
  of(key: string): VectorRow | 'unmoved' | undefined {
    const found = this.#of.get(key);
    if (found === undefined) return undefined;
    const [row] = rowIn(found);
    return row ?? (Number(found[0]) <= this.unmoved() ? 'unmoved' : undefined);
  }

  /** The highest id of the entries whose vectors may be in their values; 0 if there are none. */
  unmoved(): number {
    const unmoved = this.#unmoved.get()?.[0];
    return typeof unmoved === 'number' ? unmoved : 0;
  }

  /** Entries after this id and up to `last` without a vector beside them. */
  unmovedPage(after: number, last: number): UnmovedPage {
    const page = this.#unmovedPage.all(after, last);
    return {
      keys: page.flatMap(({ 1: key, 2: isPassed }) =>
        typeof key === 'string' && isPassed === 0 ? [key] : [],
      ),
      next: nextOf(page),
    };
  }
}

type Row = Record<string, SQLOutputValue>;

function rowIn({ 1: key, 2: lease, 3: expires, 4: record }: Row): readonly VectorRow[] {
  const isRow =
    typeof key === 'string' &&
    typeof lease === 'number' &&
    typeof expires === 'number' &&
    record instanceof Uint8Array;
  return isRow ? [{ key, lease, expires, record }] : [];
}

/** The id (the first column) of the last row, if the page is full. */
function nextOf(page: readonly Row[]): number | undefined {
  const id = page.length < pageRows ? undefined : page.at(-1)?.[0];
  return typeof id === 'number' ? id : undefined;
}
