/** Writes notices, within the caller's transaction. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Most notices in a file; their names are few and fixed. */
const mostNotices = 1_024;

export class NoticeWriter {
  readonly #put: StatementSync;
  readonly #text: StatementSync;
  readonly #count: StatementSync;

  constructor(database: DatabaseSync) {
    this.#put = database.prepare('INSERT OR REPLACE INTO notices (name, text) VALUES (?, ?)');
    this.#text = database.prepare('SELECT text FROM notices WHERE name = ?');
    this.#count = database.prepare('SELECT count(*) AS count FROM notices');
  }

  /** See `Notices.put`. Undefined if there is no room for another notice. */
  put(name: string, text: string, over: string | undefined): string | undefined {
    const there = this.#text.get(name)?.['text'];
    if (typeof there === 'string' && there !== over) return there;
    if (there === undefined && Number(this.#count.get()?.['count']) >= mostNotices) return undefined;
    this.#put.run(name, text);
    return text;
  }
}
