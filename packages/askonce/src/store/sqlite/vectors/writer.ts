/** Writes the vectors of entries, within the caller's transaction. What removes or replaces an entry removes its vector: see the schema. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { FileOperation } from '../write/messages.ts';

type Owner = Pick<Extract<FileOperation, { type: 'put' }>, 'key' | 'lease' | 'expires' | 'vector'>;

export class VectorWriter {
  readonly #own: StatementSync;
  readonly #stay: StatementSync;
  readonly #disown: StatementSync;
  readonly #put: StatementSync;
  readonly #move: StatementSync;
  readonly #moved: StatementSync;

  constructor(database: DatabaseSync) {
    this.#own = database.prepare(
      'INSERT OR REPLACE INTO vectors (id, key, lease, expires, record) VALUES (?, ?, ?, ?, ?)',
    );
    this.#stay = database.prepare('UPDATE vectors SET lease = ?, expires = ? WHERE id = ? AND expires > ?');
    this.#disown = database.prepare('DELETE FROM vectors WHERE id = ?');
    const insert = `INSERT INTO vectors (id, key, lease, expires, record)
      SELECT id, key, lease, expires, ?1 FROM entries
      WHERE key = ?2 AND lease = ?3 AND expires > ?4 AND id NOT IN removed ON CONFLICT (id)`;
    this.#put = database.prepare(`${insert} DO UPDATE SET record = excluded.record`);
    this.#move = database.prepare(`${insert} DO NOTHING`);
    this.#moved = database.prepare('UPDATE vectors_head SET unmoved = 0 WHERE unmoved = ?');
  }

  /** Writes the vector of the entry with this id, which has just been written itself. */
  own(id: SQLOutputValue | undefined, { key, lease, expires, vector }: Owner, now: number): void {
    if (vector !== undefined && vector !== 'stays') this.#own.run(id ?? null, key, lease, expires, vector);
    else if (vector === undefined || this.#stay.run(lease, expires, id ?? null, now).changes === 0)
      this.#disown.run(id ?? null);
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
