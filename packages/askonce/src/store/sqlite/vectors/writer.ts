/** Writes the vectors of entries, within the caller's transaction. What removes or replaces an entry removes its vector: see the schema. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';

export class VectorWriter {
  readonly #own: StatementSync;
  readonly #put: StatementSync;
  readonly #move: StatementSync;
  readonly #moved: StatementSync;

  constructor(database: DatabaseSync) {
    this.#own = database.prepare(
      'INSERT OR REPLACE INTO vectors (id, key, lease, expires, record) VALUES (?, ?, ?, ?, ?)',
    );
    const insert = `INSERT INTO vectors (id, key, lease, expires, record)
      SELECT id, key, lease, expires, ?1 FROM entries
      WHERE key = ?2 AND lease = ?3 AND expires > ?4 AND id NOT IN removed ON CONFLICT (id)`;
    this.#put = database.prepare(`${insert} DO UPDATE SET record = excluded.record`);
    this.#move = database.prepare(`${insert} DO NOTHING`);
    this.#moved = database.prepare('UPDATE vectors_head SET unmoved = 0 WHERE unmoved = ?');
  }

  /** Adds the vector of the entry with this id, which has just been written. */
  own(
    id: SQLOutputValue | undefined,
    { key, lease, expires }: { readonly key: string; readonly lease: number; readonly expires: number },
    record: Uint8Array,
  ): void {
    this.#own.run(id ?? null, key, lease, expires, record);
  }

  /** Replaces the vector of an entry. False if the entry is gone, or was stored under another lease. */
  put(key: string, lease: number, record: Uint8Array, now: number): boolean {
    return this.#put.run(record, key, lease, now).changes > 0;
  }

  /** As `put`, unless the entry has a vector beside it. */
  move(key: string, lease: number, record: Uint8Array, now: number): void {
    this.#move.run(record, key, lease, now);
  }

  /** Notes that the entries up to this id, which were all, have no vector in their values any more that is not beside them. */
  moved(unmoved: number): void {
    this.#moved.run(unmoved);
  }
}
