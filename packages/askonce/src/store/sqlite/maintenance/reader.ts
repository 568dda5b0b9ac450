/** Reads what maintenance judges entries by, a page at a time; no answer is read unless it is asked for. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { rowStatements } from '../../../sqlite-file/rows.ts';
import type { Remains } from '../../maintenance.ts';

/** Rows of one page: with their values some 2 ms. */
const pageRows = 64;
/** Rows of one page that are counted, without their values: some 0.3 ms. */
const remainsPageRows = 256;

/** An entry as its row shows it. */
export interface EntryRow {
  readonly id: number;
  readonly key: string;
  readonly created: number;
  readonly expires: number;
  /** Of key, value and vector. */
  readonly bytes: number;
  /** Written hits. */
  readonly hits: number;
}

interface EntryRows {
  readonly rows: readonly EntryRow[];
  readonly looked: number;
  /** Where the next page begins; undefined after the last. */
  readonly next: number | undefined;
}

export interface FilePages {
  readonly pageBytes: number;
  readonly pages: number;
  readonly free: number;
  /** Whether pages at the end of the file can be given back in steps. */
  readonly isIncremental: boolean;
}

export class MaintenanceReader {
  readonly #page: StatementSync;
  readonly #value: StatementSync;
  readonly #removed: StatementSync;
  readonly #tagsPast: StatementSync;
  readonly #marksPast: StatementSync;
  readonly #pages: StatementSync;

  constructor(database: DatabaseSync) {
    const prepare = rowStatements(database);
    // The length of a value is known without its pages.
    this.#page = prepare(
      `SELECT entries.id, entries.key, created, entries.expires,
         length(CAST(entries.key AS BLOB)) + length(value) + coalesce(length(record), 0),
         coalesce(hits, 0), entries.id IN removed
       FROM entries LEFT JOIN heat ON heat.id = entries.id LEFT JOIN vectors ON vectors.id = entries.id
       WHERE entries.id > ? ORDER BY entries.id LIMIT ${pageRows}`,
    );
    this.#value = prepare('SELECT value FROM entries WHERE id = ? AND key = ?');
    this.#removed = prepare(
      `SELECT removed.id, coalesce(length(CAST(entries.key AS BLOB)) + length(value), 0)
       FROM removed LEFT JOIN entries ON entries.id = removed.id
       WHERE removed.id > ? ORDER BY removed.id LIMIT ${remainsPageRows}`,
    );
    // By age and row: the index has them in this order, and rows of one instant are in no two pages.
    this.#tagsPast = prepare(
      `SELECT expires, digest, key, length(digest) + length(CAST(key AS BLOB)) FROM added_tags
       WHERE expires <= ?1 AND (expires, digest, key) > (?2, ?3, ?4)
       ORDER BY expires, digest, key LIMIT ${remainsPageRows}`,
    );
    this.#marksPast = prepare(
      `SELECT until, name, length(CAST(name AS BLOB)) FROM marks
       WHERE until <= ?1 AND (until, name) > (?2, ?3) ORDER BY until, name LIMIT ${remainsPageRows}`,
    );
    this.#pages = prepare(
      `SELECT page_size, page_count, freelist_count, auto_vacuum
       FROM pragma_page_size, pragma_page_count, pragma_freelist_count, pragma_auto_vacuum`,
    );
  }

  /** The entries after the one with this id, without those that are removed. */
  page(after: number): EntryRows {
    const page = this.#page.all(after);
    const rows = page.flatMap(({ 0: id, 1: key, 2: created, 3: expires, 4: bytes, 5: hits, 6: isRemoved }) =>
      typeof key === 'string' && isRemoved === 0
        ? [
            {
              id: Number(id),
              key,
              created: Number(created),
              expires: Number(expires),
              bytes: Number(bytes),
              hits: Number(hits),
            },
          ]
        : [],
    );
    const last = page.length < pageRows ? undefined : page.at(-1)?.[0];
    return { rows, looked: page.length, next: typeof last === 'number' ? last : undefined };
  }

  value({ id, key }: EntryRow): Uint8Array | undefined {
    const value = this.#value.get(id, key)?.[0];
    return value instanceof Uint8Array ? value : undefined;
  }

  /** Rows of entries that are removed already, a page at a time. */
  removed(): Generator<Remains> {
    return pagesOf(this.#removed, [], [-1]);
  }

  /** Added tags and marks past their expiry, a page at a time. */
  *past(now: number): Generator<Remains> {
    yield* pagesOf(this.#tagsPast, [now], [-1, '', '']);
    yield* pagesOf(this.#marksPast, [now], [-1, '']);
  }

  pages(): FilePages {
    const row = this.#pages.get();
    const [pageBytes, pages, free] = [Number(row?.[0]), Number(row?.[1]), Number(row?.[2])];
    return { pageBytes, pages, free, isIncremental: Number(row?.[3]) === 2 };
  }
}

/** Rows end with their bytes; what comes before says where the next page begins. */
function* pagesOf(
  statement: StatementSync,
  values: readonly SQLInputValue[],
  first: readonly SQLInputValue[],
): Generator<Remains> {
  for (let after = first; ; ) {
    const page = statement.all(...values, ...after).map((row) => Object.values(row));
    yield { count: page.length, bytes: page.reduce((sum, row) => sum + Number(row.at(-1)), 0) };
    const last = page.at(-1);
    if (last === undefined || page.length < remainsPageRows) return;
    after = last.slice(0, -1);
  }
}
