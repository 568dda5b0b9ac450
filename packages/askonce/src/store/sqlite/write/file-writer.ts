/** Writes batches. Each is one transaction, which also removes expired entries and evicts cold ones beyond the bound. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { usedBytes } from '../../../sqlite-file/version.ts';
import { feedBytesWithin, logBytesWithin } from '../../log-rows.ts';
import { maxFeedRows, maxLogRows } from '../../shared.ts';
import { logPages } from '../file/schema.ts';
import { LogWriter } from '../log/writer.ts';
import { MaintenanceWriter } from '../maintenance/writer.ts';
import { TagWriter } from '../tags/writer.ts';
import { VectorWriter } from '../vectors/writer.ts';
import type { Effect, FileOperation, LogName, Written } from './messages.ts';
import { NoticeWriter } from './notice-writer.ts';
import { RemovedEntries } from './removed-entries.ts';

/** Most expired rows that one batch removes, so that transactions are short; the next batch continues. */
const expiredPerBatch = 1_024;
const coldPerStep = 16;
/** Share of the bound that is freed once it is exceeded, so that not every batch must evict. */
const slack = 1 / 64;
const mostMarks = 100_000;

export class FileWriter {
  readonly #database: DatabaseSync;
  readonly #maxBytes: number;
  readonly #logs: Readonly<Record<LogName, LogWriter>>;
  readonly #removed: RemovedEntries;
  readonly #tags: TagWriter;
  readonly #vectors: VectorWriter;
  readonly #notices: NoticeWriter;
  readonly #maintenance: MaintenanceWriter;
  readonly #put: StatementSync;
  readonly #warm: StatementSync;
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
    this.#logs = {
      log: new LogWriter(database, 'log', { rows: maxLogRows, bytes: logBytesWithin(maxBytes) }),
      feed: new LogWriter(database, 'feed', { rows: maxFeedRows, bytes: feedBytesWithin(maxBytes) }),
    };
    this.#removed = new RemovedEntries(database);
    this.#tags = new TagWriter(database);
    this.#vectors = new VectorWriter(database);
    this.#notices = new NoticeWriter(database);
    this.#maintenance = new MaintenanceWriter(database);
    this.#put = database.prepare(
      `INSERT INTO entries (key, lease, created, expires, value)
       VALUES (?1, ?2, ?3, ?4, ?5)
       ON CONFLICT (key) DO UPDATE SET
         lease = excluded.lease, created = excluded.created, expires = excluded.expires, value = excluded.value
       WHERE excluded.lease >= entries.lease OR entries.expires <= ?6 OR entries.id IN removed
       RETURNING id`,
    );
    // Runs for every stored answer: binding by position and reading arrays take half the time of names.
    this.#put.setReturnArrays(true);
    this.#warm = database.prepare(
      `INSERT INTO heat (id, hits, last) VALUES (?, 0, ?)
       ON CONFLICT (id) DO UPDATE SET last = max(last, excluded.last)`,
    );
    this.#discard = database.prepare('DELETE FROM entries WHERE key = ? AND value = ?');
    // An entry that was created since was not found then: the hits are those of another that had its key.
    this.#hit = database.prepare(
      `UPDATE heat SET hits = hits + ?1, last = max(last, ?2)
       WHERE id = (SELECT id FROM entries WHERE key = ?3 AND created <= ?2)`,
    );
    this.#mark = database.prepare('INSERT OR REPLACE INTO marks (name, until) VALUES (?, ?)');
    this.#unmark = database.prepare('DELETE FROM marks WHERE name = ?');
    this.#expire = database.prepare(
      `DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE expires <= ? LIMIT ${expiredPerBatch})
       RETURNING key, length(CAST(key AS BLOB)) + length(value) AS bytes`,
    );
    this.#unmarkPast = database.prepare('DELETE FROM marks WHERE until <= ?');
    this.#unmarkExcess = database.prepare(
      `DELETE FROM marks WHERE name IN
         (SELECT name FROM marks ORDER BY until LIMIT max(0, (SELECT count(*) FROM marks) - ${mostMarks}))`,
    );
    this.#coldest = database.prepare(`SELECT id FROM heat ORDER BY last LIMIT ${coldPerStep}`);
    this.#evict = database.prepare('DELETE FROM entries WHERE id = ? RETURNING key');
  }

  /** Writes all of the batch or, if it throws, nothing. */
  write(operations: readonly FileOperation[], now: number): Written {
    const outlastsPowerCut = operations.some(mustOutlastPowerCut);
    if (outlastsPowerCut) this.#database.exec('PRAGMA synchronous = FULL');
    try {
      const written = this.#write(operations, now);
      if (operations.some(endsErasure) || operations.some(({ type }) => type === 'checkpoint'))
        this.#checkpoint('TRUNCATE');
      else if (operations.some(({ type }) => type === 'upkeep')) this.#boundLog();
      return written;
    } finally {
      if (outlastsPowerCut) this.#database.exec('PRAGMA synchronous = NORMAL');
    }
  }

  /** Rebuilds the file, so that it can give pages back from then on: for as long as that takes, all writes wait. */
  rebuild(): void {
    this.#database.exec('VACUUM');
    this.#checkpoint('TRUNCATE');
  }

  /**
   * Pages that only the log has take a reader twice as long, since they are not mapped. Other processes that read at every
   * moment can keep a log from being begun anew: once it is large, their readers are waited for.
   */
  #boundLog(): void {
    const { frames, copied } = this.#checkpoint('PASSIVE');
    if (frames > logPages && copied < frames) this.#checkpoint('RESTART');
  }

  /** Erased answers lie in the write-ahead log as well. Another process that reads leaves them there until it has ended. */
  #checkpoint(mode: 'PASSIVE' | 'RESTART' | 'TRUNCATE') {
    try {
      const row = this.#database.prepare(`PRAGMA wal_checkpoint(${mode})`).get();
      return { frames: Number(row?.['log']), copied: Number(row?.['checkpointed']) };
    } catch {
      // What was written holds all the same; the next checkpoint goes on.
      return { frames: 0, copied: 0 };
    }
  }

  #write(operations: readonly FileOperation[], now: number): Written {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const effects = operations.map((operation) => this.#apply(operation, now));
      // Removed entries expire, too, and are not reported: these go first.
      const past = this.#removed.areThere || isMaintenance(operations) ? [] : this.#expire.all(now);
      const expired = past.flatMap(keyIn);
      const expiredBytes = past.reduce((sum, { bytes }) => sum + Number(bytes), 0);
      if (operations.some(({ type }) => type === 'mark')) this.#boundMarks(now);
      if (operations.some(({ type }) => type === 'tag')) this.#tags.expire(now);
      const evicted = this.#makeRoom();
      this.#database.exec('COMMIT');
      return { effects, expired, expiredBytes, evicted };
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #apply(operation: FileOperation, now: number): Effect {
    switch (operation.type) {
      case 'put': {
        const { key, lease, created, expires, value } = operation;
        const id = this.#put.get(key, lease, created, expires, value, now)?.[0];
        if (id === undefined) return 'superseded';
        this.#warm.run(id, created);
        this.#tags.own(id, operation.digests);
        this.#vectors.own(id, operation, now);
        return 'stored';
      }
      case 'remove':
        return this.#removed.delete(operation.key, now) ? 'gone' : 'absent';
      case 'remove-many': {
        const count = operation.keys.filter((key) => this.#removed.delete(key, now)).length;
        return { type: 'removed', count };
      }
      case 'remove-found':
        return { type: 'removed', count: this.#removed.note(operation.keys, operation.ids, now) };
      case 'reclaim':
        return { type: 'reclaimed', ...this.#removed.reclaim() };
      case 'remove-judged':
        return { type: 'judged', gone: this.#maintenance.remove(operation.rows, now) };
      case 'remove-past':
        return { type: 'reclaimed', ...this.#maintenance.removePast(now) };
      case 'vacuum':
        this.#maintenance.vacuum();
        return 'done';
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
      case 'tag':
        return this.#tags.add(operation.key, operation.digests, operation.expires, now) ? 'done' : 'full';
      case 'append':
        return {
          type: 'appended',
          reading: this.#logs[operation.log].append(operation.rows, operation.above),
        };
      case 'vector': {
        const { key, lease, record } = operation;
        if (!operation.isMoved) return this.#vectors.put(key, lease, record, now) ? 'stored' : 'absent';
        this.#vectors.move(key, lease, record, now);
        return 'done';
      }
      case 'vectors-moved':
        this.#vectors.moved(operation.unmoved);
        return 'done';
      case 'notice': {
        const text = this.#notices.put(operation.name, operation.text, operation.over);
        return text === undefined ? 'full' : { type: 'noticed', text };
      }
      // Follows the transaction: see `writer-thread.ts`.
      case 'rebuild':
        return 'absent';
      case 'checkpoint':
      case 'barrier':
      case 'upkeep':
        return 'done';
    }
  }

  #boundMarks(now: number): void {
    this.#unmarkPast.run(now);
    this.#unmarkExcess.run();
  }

  /** Evicts the coldest entries until the pages in use are within the bound; what is removed already goes first. */
  #makeRoom(): readonly string[] {
    const evicted: string[] = [];
    let target = this.#maxBytes;
    while (usedBytes(this.#database) > target) {
      target = this.#maxBytes * (1 - slack);
      if (this.#removed.reclaim().count > 0) continue;
      const cold = this.#coldest.all();
      if (cold.length === 0) return evicted;
      for (const { id } of cold) evicted.push(...this.#evict.all(id ?? null).flatMap(keyIn));
    }
    return evicted;
  }
}

function keyIn({ key }: Record<string, SQLOutputValue>): readonly string[] {
  return typeof key === 'string' ? [key] : [];
}

/** A batch of maintenance alone, which counts by itself what it removes. */
function isMaintenance(operations: readonly FileOperation[]): boolean {
  return operations.every(({ type }) => maintaining.has(type));
}

const maintaining: ReadonlySet<FileOperation['type']> = new Set([
  'remove-judged',
  'remove-past',
  'reclaim',
  'vacuum',
  'rebuild',
  'checkpoint',
]);

/** The last removal of an erasure. */
function endsErasure(operation: FileOperation): boolean {
  return operation.type === 'remove-many' && operation.wipes && operation.isLast;
}

/** An invalidation holds whatever happens to the machine; the rest is a cache. */
function mustOutlastPowerCut(operation: FileOperation): boolean {
  const isInvalidation = operation.type === 'append' && operation.log === 'log';
  return isInvalidation || (operation.type === 'remove-many' && operation.isLast);
}
