/** Reads a log in the file. A poll that finds nothing new costs a few microseconds. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { AskonceError } from '../../../errors.ts';
import { rowsAtOnce } from '../../log-rows.ts';
import type { LogReading, LogRow } from '../../shared.ts';
import type { LogName } from '../write/messages.ts';

export interface LogHead {
  readonly generation: string;
  readonly last: number;
  readonly floor: number;
  readonly rowCount: number;
  readonly bytes: number;
}

type Row = Record<string, SQLOutputValue>;

/** @throws AskonceError `store_failed` if the file has no head of a log, which the schema does not allow. */
export function logHead(row: Row | undefined): LogHead {
  const { generation, last, floor, rowCount, bytes } = row ?? {};
  if (
    typeof generation !== 'string' ||
    typeof last !== 'number' ||
    typeof floor !== 'number' ||
    typeof rowCount !== 'number' ||
    typeof bytes !== 'number'
  ) {
    throw new AskonceError('store_failed', 'The SQLite file lacks the head of a log.');
  }
  return { generation, last, floor, rowCount, bytes };
}

/** The statement that reads the head of a log. */
export function headOf(name: LogName): string {
  return `SELECT generation, last, floor, kept AS rowCount, bytes FROM ${name}_head`;
}

export class LogReader {
  readonly #database: DatabaseSync;
  readonly #version: StatementSync;
  readonly #head: StatementSync;
  readonly #rows: StatementSync;
  /** The head, and the version of the file in which it was read; a commit of another connection changes the version. */
  #known: { readonly version: SQLOutputValue | undefined; readonly head: LogHead } | undefined;

  constructor(database: DatabaseSync, name: LogName) {
    this.#database = database;
    this.#version = database.prepare('PRAGMA data_version');
    this.#head = database.prepare(headOf(name));
    this.#rows = database.prepare(
      `SELECT number, id, what FROM ${name} WHERE number >= ? ORDER BY number LIMIT ${rowsAtOnce}`,
    );
  }

  read(from: number): LogReading {
    const version = this.#version.get()?.['data_version'];
    if (this.#known?.version !== version || this.#known === undefined) {
      // The version first: a commit in between is then read next time.
      this.#known = { version, head: logHead(this.#head.get()) };
    }
    const { head } = this.#known;
    return from > head.last ? reading(head, []) : this.#readRows(from);
  }

  /** Head and rows of one moment, so that `floor` accounts for every dropped row. */
  #readRows(from: number): LogReading {
    this.#database.exec('BEGIN');
    try {
      return reading(logHead(this.#head.get()), this.#rows.all(from).flatMap(logRow));
    } finally {
      this.#database.exec('COMMIT');
    }
  }
}

function reading({ generation, last, floor }: LogHead, rows: readonly LogRow[]): LogReading {
  return { generation, last, floor, rows };
}

function logRow({ number, id, what }: Row): readonly LogRow[] {
  if (typeof number !== 'number' || typeof id !== 'string' || typeof what !== 'string') return [];
  return [{ number, id, what }];
}
