/** Reads the tags of entries, a page at a time; a page takes some milliseconds at most. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { unpackDigests } from '../../../entry/digests.ts';
import { rowStatements } from '../../../sqlite-file/rows.ts';

/** Rows of one page that leave SQLite. */
const pageRows = 1_000;
/** Rows of one page that SQLite itself looks through: about a millisecond. */
const searchedRows = 4_000;
/** Most tags that SQLite looks for by itself; for more, every row leaves it. */
const searchedTags = 8;

/** An entry, by its id in the file. */
export interface FoundRow {
  readonly id: number;
  readonly key: string;
}

interface Page {
  readonly rows: readonly FoundRow[];
  /** Where the next page begins; undefined after the last. */
  readonly next: number | undefined;
}

export class TagReader {
  readonly #entries: StatementSync;
  readonly #tagged: StatementSync;
  readonly #taggedEnd: StatementSync;
  readonly #taggedOne: StatementSync;
  readonly #taggedSome: StatementSync;
  readonly #key: StatementSync;
  readonly #entry: StatementSync;
  readonly #bearers: StatementSync;
  readonly #added: StatementSync;

  constructor(database: DatabaseSync) {
    const prepare = rowStatements(database);
    this.#entries = prepare(
      `SELECT id, key, expires, id IN removed FROM entries WHERE id > ? ORDER BY id LIMIT ${pageRows}`,
    );
    this.#tagged = prepare(`SELECT id, digests FROM entry_tags WHERE id > ? ORDER BY id LIMIT ${pageRows}`);
    this.#taggedEnd = prepare(
      `SELECT max(id), count(*) FROM (SELECT id FROM entry_tags WHERE id > ? ORDER BY id LIMIT ${searchedRows})`,
    );
    // A digest begins at every tenth byte. The tags come first: the index by expiry would go through all entries.
    const taggedAny = (count: number) => {
      const any = Array.from({ length: count }, () => 'instr(digests, ?) % 10 = 1').join(' OR ');
      return prepare(
        `SELECT tags.id, key, iif(?, digests, NULL) FROM entry_tags AS tags CROSS JOIN entries ON entries.id = tags.id
         WHERE tags.id > ? AND tags.id <= ? AND +expires > ? AND (${any}) AND tags.id NOT IN removed
         ORDER BY tags.id LIMIT ${pageRows}`,
      );
    };
    this.#taggedOne = taggedAny(1);
    this.#taggedSome = taggedAny(searchedTags);
    this.#key = prepare('SELECT key FROM entries WHERE id = ? AND expires > ? AND id NOT IN removed');
    this.#entry = prepare(
      `SELECT digests FROM entries LEFT JOIN entry_tags ON entry_tags.id = entries.id
       WHERE entries.key = ? AND entries.expires > ? AND entries.id NOT IN removed`,
    );
    this.#bearers = prepare(
      `SELECT key FROM added_tags WHERE digest = ? AND key > ? AND expires > ? ORDER BY key LIMIT ${pageRows}`,
    );
    this.#added = prepare('SELECT digest FROM added_tags WHERE key = ? AND expires > ?');
  }

  /** All entries after the one with this id. */
  entries(after: number, now: number): Page {
    const page = this.#entries.all(after);
    return {
      rows: page.flatMap(({ 0: id, 1: key, 2: expires, 3: isRemoved }) =>
        Number(expires) > now && isRemoved === 0 ? found(id, key) : [],
      ),
      next: nextOf(page),
    };
  }

  /**
   * Entries after the one with this id that have any of `digests` among their own tags, and whose own tags fit;
   * without `fits`, any of the digests will do.
   */
  fitting(
    after: number,
    now: number,
    digests: readonly Uint8Array[],
    fits?: (own: readonly string[]) => boolean,
  ): Page {
    const [first] = digests;
    if (first === undefined || digests.length > searchedTags)
      return this.#examined(after, now, digests, fits);
    const { 0: end, 1: count } = this.#taggedEnd.get(after) ?? {};
    if (typeof end !== 'number') return { rows: [], next: undefined };
    const terms = [fits === undefined ? 0 : 1, after, end, now] as const;
    const some = Array.from({ length: searchedTags }, (_none, at) => digests[at] ?? first);
    const page =
      digests.length === 1 ? this.#taggedOne.all(...terms, first) : this.#taggedSome.all(...terms, ...some);
    const isMeant = (own: SQLOutputValue | undefined) =>
      fits === undefined || (own instanceof Uint8Array && fits(unpackDigests(own)));
    return {
      rows: page.flatMap(({ 0: id, 1: key, 2: own }) => (isMeant(own) ? found(id, key) : [])),
      next: nextOf(page) ?? (count === searchedRows ? end : undefined),
    };
  }

  /** As `fitting`, for more digests than SQLite looks for: every row of the page is examined here. */
  #examined(
    after: number,
    now: number,
    digests: readonly Uint8Array[],
    fits: ((own: readonly string[]) => boolean) | undefined,
  ): Page {
    const any = new Set(digests.flatMap(unpackDigests));
    const isMeant = fits ?? ((own: readonly string[]) => own.some((digest) => any.has(digest)));
    const page = this.#tagged.all(after);
    const rows = page.flatMap(({ 0: id, 1: own }) =>
      own instanceof Uint8Array && isMeant(unpackDigests(own))
        ? found(id, this.#key.get(id ?? null, now)?.[0])
        : [],
    );
    return { rows, next: nextOf(page) };
  }

  /** The entry's own digests; undefined if there is no such entry. */
  own(key: string, now: number): readonly string[] | undefined {
    const row = this.#entry.get(key, now);
    if (row === undefined) return undefined;
    const digests = row[0];
    return digests instanceof Uint8Array ? unpackDigests(digests) : [];
  }

  /** The digests that were added to an entry. */
  added(key: string, now: number): readonly string[] {
    const rows = this.#added.all(key, now);
    return rows.flatMap(({ 0: digest }) => (digest instanceof Uint8Array ? unpackDigests(digest) : []));
  }

  /** Keys after this one to which the digest was added; at most a page of them. */
  bearers(digest: Uint8Array, after: string, now: number): readonly string[] {
    return this.#bearers.all(digest, after, now).flatMap((row) => text(row[0]));
  }
}

type Row = Record<string, SQLOutputValue>;

function found(id: SQLOutputValue | undefined, key: SQLOutputValue | undefined): readonly FoundRow[] {
  return typeof id === 'number' && typeof key === 'string' ? [{ id, key }] : [];
}

function text(value: SQLOutputValue | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : [];
}

/** The id (the first column) of the last row, if the page is full. */
function nextOf(page: readonly Row[]): number | undefined {
  const id = page.length < pageRows ? undefined : page.at(-1)?.[0];
  return typeof id === 'number' ? id : undefined;
}
