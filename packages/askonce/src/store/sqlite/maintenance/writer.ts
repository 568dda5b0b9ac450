/** Removes what maintenance has judged, and gives pages back: on the writer's thread, in short steps. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Remains } from '../../maintenance.ts';

/** An entry that is removed if its row is still as it was judged. */
export interface JudgedRow {
  readonly id: number;
  readonly key: string;
  /** The first bytes of its value, checksum included; undefined if it is past its expiry, which alone counts then. */
  readonly mark: Uint8Array | undefined;
  readonly expires: number;
  /** Present if an entry with more hits stays. */
  readonly mostHits: number | undefined;
}

/** Bytes of a value that tell two writes apart: its checksum is in them. */
export const markBytes = 16;
/** Rows that one step deletes. */
const pastAtOnce = 256;
/** Pages that one step gives back, each overwritten: some milliseconds. */
const pagesAtOnce = 64;

export class MaintenanceWriter {
  readonly #database: DatabaseSync;
  readonly #delete: StatementSync;
  readonly #deletePast: StatementSync;
  readonly #tagsPast: StatementSync;
  readonly #marksPast: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const isThere = 'id = ?1 AND key = ?2 AND expires = ?3 AND id NOT IN removed';
    this.#delete = database.prepare(
      `DELETE FROM entries WHERE ${isThere} AND substr(value, 1, ${markBytes}) = ?4
         AND coalesce((SELECT hits FROM heat WHERE heat.id = entries.id), 0) <= ?5`,
    );
    this.#deletePast = database.prepare(`DELETE FROM entries WHERE ${isThere} AND expires <= ?4`);
    this.#tagsPast = database.prepare(
      `DELETE FROM added_tags WHERE (digest, key) IN
         (SELECT digest, key FROM added_tags WHERE expires <= ? LIMIT ${pastAtOnce})
       RETURNING length(digest) + length(CAST(key AS BLOB))`,
    );
    this.#marksPast = database.prepare(
      `DELETE FROM marks WHERE name IN (SELECT name FROM marks WHERE until <= ? LIMIT ${pastAtOnce})
       RETURNING length(CAST(name AS BLOB))`,
    );
    for (const statement of [this.#tagsPast, this.#marksPast]) statement.setReturnArrays(true);
  }

  /** Which of the rows are removed by this call. */
  remove(rows: readonly JudgedRow[], now: number): readonly boolean[] {
    return rows.map(({ id, key, mark, expires, mostHits }) => {
      if (mark === undefined) return this.#deletePast.run(id, key, expires, now).changes > 0;
      const most = mostHits ?? Number.MAX_SAFE_INTEGER;
      return this.#delete.run(id, key, expires, mark, most).changes > 0;
    });
  }

  /** Removes some marks and added tags past their expiry: their number, and the bytes of their names. */
  removePast(now: number): Remains {
    const rows = [...this.#tagsPast.all(now), ...this.#marksPast.all(now)];
    return { count: rows.length, bytes: rows.reduce((sum, { 0: bytes }) => sum + Number(bytes), 0) };
  }

  /** Gives some free pages at the end of the file back. */
  vacuum(): void {
    this.#database.exec(`PRAGMA incremental_vacuum(${pagesAtOnce})`);
  }
}
