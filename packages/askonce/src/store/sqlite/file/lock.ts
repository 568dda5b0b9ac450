/**
 * Who uses the file, and who may move it: a lock beside it that everybody who has it open shares, and that one must
 * have alone to move it aside.
 *
 * The file itself cannot say: SQLite refuses to lock what it cannot read. So the lock is an empty database of its own,
 * whose locks end with their process, however that ends.
 */
import { DatabaseSync } from 'node:sqlite';
import { faultOf } from './fault.ts';
import { createPrivateFile } from './private.ts';

export class FileLock {
  readonly #database: DatabaseSync;

  /** `waitMs`: how long to wait for others. */
  constructor(file: string, waitMs: number) {
    createPrivateFile(`${file}-lock`);
    this.#database = new DatabaseSync(`${file}-lock`, { timeout: waitMs });
  }

  /** True once shared with all who use the file; false while somebody has it alone. */
  share(): boolean {
    // The read takes the lock; the open transaction keeps it.
    return this.#take('BEGIN; SELECT count(*) FROM sqlite_schema;');
  }

  /** True once had alone; false while anybody else uses the file. */
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
