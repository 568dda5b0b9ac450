/**
 * Removes entries, within the caller's transaction: by deleting their rows, or by noting that they are removed.
 *
 * To delete a row changes a page of each index, and those of keys lie anywhere in the file: of a million entries that
 * takes a minute. To note that a row is void takes a fiftieth of it, and no reader finds the entry from then on. Rows are
 * reclaimed later, by any process that has the file open.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Remains } from '../../maintenance.ts';

/** Rows that one step deletes, and bytes of values from which on it deletes no more: for some 10 ms, other writes wait. */
const reclaimedAtOnce = 256;
const bytesAtOnce = 8_388_608;

export class RemovedEntries {
  readonly #note: StatementSync;
  readonly #isRemoved: StatementSync;
  readonly #delete: StatementSync;
  readonly #any: StatementSync;
  readonly #some: StatementSync;
  readonly #reclaim: StatementSync;
  readonly #forget: StatementSync;

  constructor(database: DatabaseSync) {
    this.#note = database.prepare(
      'INSERT OR IGNORE INTO removed (id) SELECT id FROM entries WHERE id = ? AND key = ? AND expires > ?',
    );
    this.#isRemoved = database.prepare('SELECT id FROM entries WHERE key = ? AND id IN removed');
    this.#delete = database.prepare('DELETE FROM entries WHERE key = ? RETURNING expires');
    this.#any = database.prepare('SELECT id FROM removed LIMIT 1');
    // The length of a value is known without its pages.
    this.#some = database.prepare(
      `SELECT removed.id, length(CAST(key AS BLOB)) + length(value) FROM removed LEFT JOIN entries ON entries.id = removed.id
       ORDER BY removed.id LIMIT ${reclaimedAtOnce}`,
    );
    this.#some.setReturnArrays(true);
    this.#reclaim = database.prepare('DELETE FROM entries WHERE id = ?');
    this.#forget = database.prepare('DELETE FROM removed WHERE id = ?');
  }

  /** Whether there are rows to reclaim. */
  get areThere(): boolean {
    return this.#any.get() !== undefined;
  }

  /** Deletes an entry. True if there was one that had not expired. */
  delete(key: string, now: number): boolean {
    const wasRemoved = this.#isRemoved.get(key) !== undefined;
    const expires = this.#delete.get(key)?.['expires'];
    return !wasRemoved && typeof expires === 'number' && expires > now;
  }

  /** Notes that entries are removed; how many there were. One that has another id by now is deleted. */
  note(keys: readonly string[], ids: readonly number[], now: number): number {
    let count = 0;
    for (const [index, key] of keys.entries())
      if (this.#note.run(ids[index] ?? null, key, now).changes > 0 || this.delete(key, now)) count += 1;
    return count;
  }

  /** Deletes some rows of removed entries: their number, and the bytes of keys and values. */
  reclaim(): Remains {
    let [count, bytes] = [0, 0];
    for (const { 0: id = null, 1: length } of this.#some.all()) {
      if (bytes >= bytesAtOnce) break;
      if (this.#reclaim.run(id).changes === 0) this.#forget.run(id);
      count += 1;
      bytes += Number(length);
    }
    return { count, bytes };
  }
}
