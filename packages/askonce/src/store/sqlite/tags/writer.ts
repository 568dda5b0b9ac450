/** Writes the tags of entries, within the caller's transaction. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { eachDigest } from '../../../entry/digests.ts';

/** Most added tags in a file, about 100 MB. Beyond it, none is added until some have expired. */
const mostAdded = 262_144;
/** Rows that may be added before all are counted again: other processes add rows, too. */
const countedEvery = 1_024;
/** Expired rows that one batch removes. */
const expiredPerBatch = 1_024;

export class TagWriter {
  readonly #own: StatementSync;
  readonly #disown: StatementSync;
  readonly #add: StatementSync;
  readonly #expire: StatementSync;
  readonly #count: StatementSync;
  #room = 0;

  constructor(database: DatabaseSync) {
    this.#own = database.prepare('INSERT OR REPLACE INTO entry_tags (id, digests) VALUES (?, ?)');
    this.#disown = database.prepare('DELETE FROM entry_tags WHERE id = ?');
    this.#add = database.prepare(
      `INSERT INTO added_tags (digest, key, expires)
       SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM entries WHERE key = ?2)
       ON CONFLICT (digest, key) DO UPDATE SET expires = max(expires, excluded.expires)`,
    );
    this.#expire = database.prepare(
      `DELETE FROM added_tags WHERE (digest, key) IN
         (SELECT digest, key FROM added_tags WHERE expires <= ? LIMIT ${expiredPerBatch})`,
    );
    this.#count = database.prepare('SELECT count(*) AS count FROM added_tags');
  }

  /** Replaces the own tags of the entry with this id. */
  own(id: SQLOutputValue | undefined, digests: Uint8Array): void {
    if (digests.length === 0) this.#disown.run(id ?? null);
    else this.#own.run(id ?? null, digests);
  }

  /** Adds tags to an entry, if there is one. False if there is no room. */
  add(key: string, digests: Uint8Array, expires: number, now: number): boolean {
    for (const digest of eachDigest(digests)) {
      if (this.#room === 0) this.#recount(now);
      if (this.#room === 0) return false;
      this.#room -= 1;
      this.#add.run(digest, key, expires);
    }
    return true;
  }

  #recount(now: number): void {
    this.#expire.run(now);
    const count = this.#count.get()?.['count'];
    const free = typeof count === 'number' ? mostAdded - count : 0;
    this.#room = Math.max(0, Math.min(countedEvery, free));
  }

  expire(now: number): void {
    this.#expire.run(now);
  }
}
