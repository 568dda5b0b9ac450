/**
 * A lock beside the file: every process that has the file open shares it, and a process must hold it exclusively to move
 * the file aside.
 *
 * The file itself cannot serve as the lock, since SQLite does not lock a file that it cannot read. The lock is an empty
 * database, whose locks end with their process, however that ends.
 */
import { DatabaseSync } from 'node:sqlite';
import { faultOf } from './fault.ts';
import { createPrivateFile } from './private.ts';

export class FileLock {
  readonly #database: DatabaseSync;

  /** `waitMs`: how long to wait for other processes. */
  constructor(file: string, waitMs: number) {
    createPrivateFile(`${file}-lock`);
    this.#database = new DatabaseSync(`${file}-lock`, { timeout: waitMs });
  }

  /** Takes the lock in common with other users of the file. False while a process holds it exclusively. */
  share(): boolean {
    // The read takes the lock; the open transaction holds it.
    return this.#take('BEGIN; SELECT count(*) FROM sqlite_schema;');
  }

  /** Takes the lock exclusively. False while another process uses the file. */
  exclude(): boolean {
    return this.#take('BEGIN EXCLUSIVE');
  }

  release(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  close(): void {
    this.release();
    this.#database.close();
  }

  #take(statements: string): boolean {
    try {
      this.#database.exec(statements);
      return true;
    } catch (error) {
      this.release();
      if (faultOf(error) === 'busy') return false;
      throw error;
    }
  }
}
