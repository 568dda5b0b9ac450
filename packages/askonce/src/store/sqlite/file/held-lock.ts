/**
 * Holds the file's read lock while reads follow each other closely.
 *
 * SQLite takes the lock for each read and gives it back afterwards, each by a system call, which is a quarter of the time that
 * a read takes. Connections of one process share the lock: while this one holds it, the others need no system call. They
 * still see what was written last, since each of their reads is a transaction of its own.
 */
import type { DatabaseSync } from 'node:sqlite';

export class HeldLock {
  readonly #database: DatabaseSync;
  readonly #begin;
  readonly #take;
  readonly #end;
  /** The millisecond of the last read. */
  #last = Number.NaN;
  #isHeld = false;
  #isBarred = false;
  #awaitsTurn = false;

  /** `database` is a connection that nothing else uses. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#begin = database.prepare('BEGIN');
    this.#take = database.prepare('SELECT id FROM removed LIMIT 1');
    this.#end = database.prepare('COMMIT');
  }

  /**
   * Is called before each read, with the time in ms. The second read in one millisecond takes the lock; it is given back in
   * the next millisecond, or as soon as the event loop turns.
   */
  beforeRead(now: number): void {
    if (now === this.#last) {
      if (!this.#isHeld && !this.#isBarred) this.#hold();
      return;
    }
    this.#last = now;
    if (this.#isHeld) this.#release();
  }

  /**
   * While this store writes the lock is not held: what a reader holds of the write-ahead log cannot be written into the file,
   * and the log is begun anew only by a write that finds all of it there.
   */
  bar(isBarred: boolean): void {
    this.#isBarred = isBarred;
    if (isBarred && this.#isHeld) this.#release();
  }

  #hold(): void {
    this.#isHeld = true;
    try {
      this.#begin.run();
      this.#take.get();
    } catch {
      // The read that follows meets the same trouble, and reports it.
    }
    if (this.#awaitsTurn) return;
    this.#awaitsTurn = true;
    setImmediate(() => {
      this.#awaitsTurn = false;
      this.#release();
    });
  }

  #release(): void {
    this.#isHeld = false;
    try {
      if (this.#database.isOpen && this.#database.isTransaction) this.#end.run();
    } catch {
      // As above. Closing the connection gives the lock back.
    }
  }
}
