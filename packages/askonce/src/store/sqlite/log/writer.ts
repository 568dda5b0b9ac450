/** Appends to a log in the file, within the caller's transaction. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { rowBytes } from '../../log-rows.ts';
import type { LogReading, LogRow } from '../../shared.ts';
import type { LogName } from '../write/messages.ts';
import { headOf, type LogHead, logHead } from './reader.ts';

/** Rows examined at a time when the oldest are dropped. */
const oldestAtOnce = 1_024;

/** The most that a log holds. */
export interface LogBounds {
  readonly rows: number;
  readonly bytes: number;
}

export class LogWriter {
  readonly #bounds: LogBounds;
  readonly #head: StatementSync;
  readonly #insert: StatementSync;
  readonly #oldest: StatementSync;
  readonly #drop: StatementSync;
  readonly #updateHead: StatementSync;

  constructor(database: DatabaseSync, name: LogName, bounds: LogBounds) {
    this.#bounds = bounds;
    this.#head = database.prepare(headOf(name));
    this.#insert = database.prepare(`INSERT INTO ${name} (number, id, what) VALUES (?, ?, ?)`);
    this.#oldest = database.prepare(
      `SELECT number, id, what FROM ${name} ORDER BY number LIMIT ${oldestAtOnce}`,
    );
    this.#drop = database.prepare(`DELETE FROM ${name} WHERE number < ?`);
    this.#updateHead = database.prepare(`UPDATE ${name}_head SET last = ?, floor = ?, kept = ?, bytes = ?`);
  }

  append(rows: readonly Pick<LogRow, 'id' | 'what'>[], above: number): LogReading {
    const head = logHead(this.#head.get());
    let last = rows.length === 0 ? head.last : Math.max(head.last, above);
    let { rowCount, bytes } = head;
    const appended: LogRow[] = [];
    for (const row of rows) {
      last += 1;
      this.#insert.run(last, row.id, row.what);
      appended.push({ number: last, ...row });
      rowCount += 1;
      bytes += rowBytes(row);
    }
    const after = this.#trimmed({ ...head, last, rowCount, bytes });
    this.#updateHead.run(after.last, after.floor, after.rowCount, after.bytes);
    return { generation: after.generation, last: after.last, floor: after.floor, rows: appended };
  }

  /** Drops the oldest rows beyond the bounds. */
  #trimmed(head: LogHead): LogHead {
    let { floor, rowCount, bytes } = head;
    const isOver = () => rowCount > 0 && (rowCount > this.#bounds.rows || bytes > this.#bounds.bytes);
    while (isOver()) {
      for (const { number, id, what } of this.#oldest.iterate()) {
        if (!isOver()) break;
        if (typeof number !== 'number' || typeof id !== 'string' || typeof what !== 'string') continue;
        rowCount -= 1;
        bytes -= rowBytes({ id, what });
        floor = number + 1;
      }
      if (this.#drop.run(floor).changes === 0) break;
    }
    return { ...head, floor, rowCount, bytes };
  }
}
