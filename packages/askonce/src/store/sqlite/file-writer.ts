/** Writes batches: each is one transaction, in which expired and then cold entries make room. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Effect, Operation } from './messages.ts';
import { pragma } from './schema.ts';

/** Rows that one batch removes because they expired; the next batch goes on. Keeps transactions short. */
const expiredPerBatch = 1_024;
const coldPerStep = 16;
/** Once over the bound, so much of it is freed, that not every batch must evict. */
const slack = 1 / 64;
const marksKept = 100_000;

export interface Written {
  readonly effects: readonly Effect[];
  /** Entries removed for want of room. */
  readonly evicted: number;
}

export class FileWriter {
  readonly #database: DatabaseSync;
  readonly #maxBytes: number;
  readonly #put: StatementSync;
  readonly #warm: StatementSync;
  readonly #remove: StatementSync;
  readonly #discard: StatementSync;
  readonly #hit: StatementSync;
  readonly #mark: StatementSync;
  readonly #unmark: StatementSync;
  readonly #expire: StatementSync;
  readonly #unmarkPast: StatementSync;
  readonly #unmarkExcess: StatementSync;
  readonly #coldest: StatementSync;
  readonly #evict: StatementSync;

  constructor(database: DatabaseSync, maxBytes: number) {
    this.#database = database;
    this.#maxBytes = maxBytes;
    this.#put = database.prepare(
      `INSERT INTO entries (key, lease, created, expires, value)
       VALUES (:key, :lease, :created, :expires, :value)
       ON CONFLICT (key) DO UPDATE SET
         lease = excluded.lease, created = excluded.created, expires = excluded.expires, value = excluded.value
       WHERE excluded.lease >= entries.lease OR entries.expires <= :now
       RETURNING id`,
    );
    this.#warm = database.prepare(
      `INSERT INTO heat (id, hits, last) VALUES (?, 0, ?)
       ON CONFLICT (id) DO UPDATE SET last = max(last, excluded.last)`,
    );
    this.#remove = database.prepare('DELETE FROM entries WHERE key = ? RETURNING expires');
    this.#discard = database.prepare('DELETE FROM entries WHERE key = ? AND value = ?');
    this.#hit = database.prepare(
      `UPDATE heat SET hits = hits + ?, last = max(last, ?) WHERE id = (SELECT id FROM entries WHERE key = ?)`,
    );
    this.#mark = database.prepare('INSERT OR REPLACE INTO marks (name, until) VALUES (?, ?)');
    this.#unmark = database.prepare('DELETE FROM marks WHERE name = ?');
    this.#expire = database.prepare(
      `DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE expires <= ? LIMIT ${expiredPerBatch})`,
    );
    this.#unmarkPast = database.prepare('DELETE FROM marks WHERE until <= ?');
    this.#unmarkExcess = database.prepare(
      `DELETE FROM marks WHERE name IN
         (SELECT name FROM marks ORDER BY until LIMIT max(0, (SELECT count(*) FROM marks) - ${marksKept}))`,
    );
    this.#coldest = database.prepare(`SELECT id FROM heat ORDER BY last LIMIT ${coldPerStep}`);
    this.#evict = database.prepare('DELETE FROM entries WHERE id = ?');
  }

  /** All of the batch or, where it throws, nothing. */
  write(operations: readonly Operation[], now: number): Written {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const effects = operations.map((operation) => this.#apply(operation, now));
      this.#expire.run(now);
      if (operations.some(({ type }) => type === 'mark')) this.#boundMarks(now);
      const evicted = this.#makeRoom();
      this.#database.exec('COMMIT');
      return { effects, evicted };
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #apply(operation: Operation, now: number): Effect {
    switch (operation.type) {
      case 'put': {
        const { key, lease, created, expires, value } = operation;
        const row = this.#put.get({ key, lease, created, expires, value, now });
        if (row === undefined) return 'superseded';
        this.#warm.run(row['id'] ?? null, created);
        return 'stored';
      }
      case 'remove': {
        const expires = this.#remove.get(operation.key)?.['expires'];
        return typeof expires === 'number' && expires > now ? 'gone' : 'absent';
      }
      case 'discard':
        return this.#discard.run(operation.key, operation.value).changes > 0 ? 'gone' : 'absent';
      case 'hit':
        this.#hit.run(operation.hits, operation.last, operation.key);
        return 'done';
      case 'mark':
        this.#mark.run(operation.name, operation.until);
        return 'done';
      case 'unmark':
        this.#unmark.run(operation.name);
        return 'done';
      case 'barrier':
        return 'done';
    }
  }

  #boundMarks(now: number): void {
    this.#unmarkPast.run(now);
    this.#unmarkExcess.run();
  }

  /** Evicts the coldest until the pages in use are within the bound again. */
  #makeRoom(): number {
    let evicted = 0;
    let target = this.#maxBytes;
    while (this.#usedBytes() > target) {
      target = this.#maxBytes * (1 - slack);
      const cold = this.#coldest.all();
      if (cold.length === 0) return evicted;
      for (const row of cold) this.#evict.run(row['id'] ?? null);
      evicted += cold.length;
    }
    return evicted;
  }

  #usedBytes(): number {
    const pages = pragma(this.#database, 'page_count') - pragma(this.#database, 'freelist_count');
    return pages * pragma(this.#database, 'page_size');
  }
}
