/** Reads what maintenance judges entries by, a page at a time; no answer is read unless it is asked for. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Rows of one page: with their values some 2 ms. */
const pageRows = 64;

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

/** Rows that outlived their entries, or their own expiry. */
export interface RemainingRows {
  readonly count: number;
  readonly bytes: number;
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
  readonly #past: StatementSync;
  readonly #pages: StatementSync;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
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
      `SELECT count(*), coalesce(sum(length(CAST(entries.key AS BLOB)) + length(value)), 0)
       FROM removed LEFT JOIN entries ON entries.id = removed.id`,
    );
    this.#past = prepare(
      `SELECT (SELECT count(*) FROM added_tags WHERE expires <= ?1) + (SELECT count(*) FROM marks WHERE until <= ?1),
         (SELECT coalesce(sum(length(digest) + length(CAST(key AS BLOB))), 0) FROM added_tags WHERE expires <= ?1)
           + (SELECT coalesce(sum(length(CAST(name AS BLOB))), 0) FROM marks WHERE until <= ?1)`,
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

  /** Rows of entries that are removed already. */
  removed(): RemainingRows {
    return counted(this.#removed.get());
  }

  /** Marks and added tags past their expiry. */
  past(now: number): RemainingRows {
    return counted(this.#past.get(now));
  }

  pages(): FilePages {
    const row = this.#pages.get();
    const [pageBytes, pages, free] = [Number(row?.[0]), Number(row?.[1]), Number(row?.[2])];
    return { pageBytes, pages, free, isIncremental: Number(row?.[3]) === 2 };
  }
}

function counted(row: Record<string, unknown> | undefined): RemainingRows {
  return { count: Number(row?.[0] ?? 0), bytes: Number(row?.[1] ?? 0) };
}
