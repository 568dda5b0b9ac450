/** Reads the file on the store's own thread: some microseconds for each read, and never a wait for a lock. */
import type { DatabaseSync } from 'node:sqlite';
import { openForReading } from './file/schema.ts';
import { LogReader } from './log/reader.ts';
import { MaintenanceReader } from './maintenance/reader.ts';
import { TagReader } from './tags/reader.ts';
import { VectorReader } from './vectors/reader.ts';
import type { LogName } from './write/messages.ts';

/** How often an entry was found, and when last, in ms since the epoch; the instant of its creation if it never was. */
export interface Heat {
  readonly hits: number;
  readonly last: number;
}

export interface FileFigures {
  readonly entries: number;
  /** Of the pages in use, those of removed entries among them. */
  readonly bytes: number;
}

/** An entry's key and heat. */
export interface HeatRow extends Heat {
  /** Number of the row. */
  readonly id: number;
  readonly key: string;
}

export interface HeatPage {
  readonly rows: readonly HeatRow[];
  /** Rows of the file that it has looked at: those of removed entries, too. */
  readonly looked: number;
  /** Where the next page begins; undefined after the last. */
  readonly next: number | undefined;
}

/** Rows of one page. */
const pageRows = 256;

/** Every call throws what SQLite throws: `SQLITE_BUSY` if it would have to wait. */
export class Reader {
  readonly logs: Readonly<Record<LogName, LogReader>>;
  readonly tags: TagReader;
  readonly vectors: VectorReader;
  readonly maintenance: MaintenanceReader;
  readonly #database: DatabaseSync;
  readonly #searching: DatabaseSync;
  readonly #value;
  readonly #lease;
  readonly #heat;
  readonly #heats;
  readonly #mark;
  readonly #notice;
  readonly #removed;
  readonly #figures;

  constructor(file: string) {
    this.#database = openForReading(file);
    this.logs = {
      log: new LogReader(this.#database, 'log'),
      feed: new LogReader(this.#database, 'feed'),
    };
    // Not mapped: a search through the whole file would bring all of it into this process's memory.
    this.#searching = this.#opened(() => openForReading(file, 0));
    this.tags = new TagReader(this.#searching);
    this.vectors = new VectorReader(this.#searching);
    this.maintenance = new MaintenanceReader(this.#searching);
    this.#value = this.#database.prepare('SELECT value FROM entries WHERE key = ? AND id NOT IN removed');
    // Rows as arrays: naming the one column costs a seventh of the whole lookup.
    this.#value.setReturnArrays(true);
    this.#lease = this.#database.prepare(
      'SELECT lease FROM entries WHERE key = ? AND expires > ? AND id NOT IN removed',
    );
    this.#heat = this.#database.prepare(
      'SELECT hits, last FROM heat WHERE id = (SELECT id FROM entries WHERE key = ? AND expires > ? AND id NOT IN removed)',
    );
    this.#heats = this.#database.prepare(
      `SELECT entries.id AS id, key, hits, last, entries.id IN removed AS isRemoved FROM entries LEFT JOIN heat ON heat.id = entries.id
       WHERE entries.id > ? ORDER BY entries.id LIMIT ?`,
    );
    this.#mark = this.#database.prepare('SELECT until FROM marks WHERE name = ? AND until > ?');
    this.#notice = this.#database.prepare('SELECT text FROM notices WHERE name = ?');
    this.#removed = this.#database.prepare('SELECT id FROM removed LIMIT 1');
    this.#figures = this.#database.prepare(
      `SELECT (SELECT count(*) FROM entries) - (SELECT count(*) FROM removed) AS entries,
         ((SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count))
           * (SELECT page_size FROM pragma_page_size) AS bytes`,
    );
  }

  /** A second connection to the file, or none at all. */
  #opened(open: () => DatabaseSync): DatabaseSync {
    try {
      return open();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** The encoded entry, in memory of its own, expired or not: its bytes hold the expiry, which is faster than SQL. */
  value(key: string): Uint8Array | undefined {
    const value = this.#value.get(key)?.[0];
    return value instanceof Uint8Array ? value : undefined;
  }

  /** The lease under which the entry was written; undefined if there is no entry. */
  lease(key: string, now: number): number | undefined {
    const lease = this.#lease.get(key, now)?.['lease'];
    return typeof lease === 'number' ? lease : undefined;
  }

  heat(key: string, now: number): Heat | undefined {
    const row = this.#heat.get(key, now);
    const hits = row?.['hits'];
    const last = row?.['last'];
    return typeof hits === 'number' && typeof last === 'number' ? { hits, last } : undefined;
  }

  /** The entries after the one with this id, among so many rows at most. */
  heats(after: number, limit: number = pageRows): HeatPage {
    const page = this.#heats.all(after, limit);
    const rows = page.flatMap(({ id, key, hits, last, isRemoved }) =>
      typeof key === 'string' && isRemoved === 0
        ? [{ id: Number(id), key, hits: Number(hits ?? 0), last: Number(last ?? 0) }]
        : [],
    );
    const id = page.length < limit ? undefined : page.at(-1)?.['id'];
    return { rows, looked: page.length, next: typeof id === 'number' ? id : undefined };
  }

  mark(name: string, now: number): number | undefined {
    const until = this.#mark.get(name, now)?.['until'];
    return typeof until === 'number' ? until : undefined;
  }

  notice(name: string): string | undefined {
    const text = this.#notice.get(name)?.['text'];
    return typeof text === 'string' ? text : undefined;
  }

  /** Whether there are removed entries whose rows are still there. */
  hasRemoved(): boolean {
    return this.#removed.get() !== undefined;
  }

  figures(): FileFigures {
    const row = this.#figures.get();
    const entries = row?.['entries'];
    const bytes = row?.['bytes'];
    return {
      entries: typeof entries === 'number' ? entries : 0,
      bytes: typeof bytes === 'number' ? bytes : 0,
    };
  }

  close(): void {
    this.#searching.close();
    this.#database.close();
  }
}
