/** Reads the file on the store's own thread: some microseconds for each read, and never a wait for a lock. */
import type { DatabaseSync } from 'node:sqlite';
import { HeldLock } from './file/held-lock.ts';
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

interface Connections {
  /** Reads single rows. */
  readonly finding: DatabaseSync;
  /** Searches the whole file. */
  readonly searching: DatabaseSync;
  /** Holds the read lock, and reads nothing. */
  readonly holding: DatabaseSync;
}

/** Every call throws what SQLite throws: `SQLITE_BUSY` if it would have to wait. */
export class Reader {
  readonly logs: Readonly<Record<LogName, LogReader>>;
  readonly tags: TagReader;
  readonly vectors: VectorReader;
  readonly maintenance: MaintenanceReader;
  readonly #connections: Connections;
  readonly #lock: HeldLock;
  readonly #value;
  readonly #lease;
  readonly #heat;
  readonly #heats;
  readonly #mark;
  readonly #notice;
  readonly #removed;
  readonly #figures;

  /** Opens its connections, or none. */
  static open(file: string): Reader {
    const opened: DatabaseSync[] = [];
    const open = (mapped?: number) => {
      const database = openForReading(file, mapped);
      opened.push(database);
      return database;
    };
    try {
      // Only one is mapped: a search through the whole file would bring all of it into this process's memory.
      return new Reader({ finding: open(), searching: open(0), holding: open(0) });
    } catch (error) {
      for (const database of opened) database.close();
      throw error;
    }
  }

  private constructor(connections: Connections) {
    const { finding: database, searching, holding } = connections;
    this.#connections = connections;
    this.#lock = new HeldLock(holding);
    this.logs = { log: new LogReader(database, 'log'), feed: new LogReader(database, 'feed') };
    this.tags = new TagReader(searching);
    this.vectors = new VectorReader(searching);
    this.maintenance = new MaintenanceReader(searching);
    this.#value = database.prepare('SELECT value FROM entries WHERE key = ? AND id NOT IN removed');
    // Rows as arrays: naming the one column costs a seventh of the whole lookup.
    this.#value.setReturnArrays(true);
    this.#lease = database.prepare(
      'SELECT lease FROM entries WHERE key = ? AND expires > ? AND id NOT IN removed',
    );
    this.#heat = database.prepare(
      'SELECT hits, last FROM heat WHERE id = (SELECT id FROM entries WHERE key = ? AND expires > ? AND id NOT IN removed)',
    );
    this.#heats = database.prepare(
      `SELECT entries.id AS id, key, hits, last, entries.id IN removed AS isRemoved FROM entries LEFT JOIN heat ON heat.id = entries.id
       WHERE entries.id > ? ORDER BY entries.id LIMIT ?`,
    );
    this.#mark = database.prepare('SELECT until FROM marks WHERE name = ? AND until > ?');
    this.#notice = database.prepare('SELECT text FROM notices WHERE name = ?');
    this.#removed = database.prepare('SELECT id FROM removed LIMIT 1');
    this.#figures = database.prepare(
      `SELECT (SELECT count(*) FROM entries) - (SELECT count(*) FROM removed) AS entries,
         ((SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count))
           * (SELECT page_size FROM pragma_page_size) AS bytes`,
    );
  }

  /**
   * The encoded entry, in memory of its own, expired or not: its bytes hold the expiry, which is faster than SQL. `now` in ms:
   * reads of the same millisecond share the file's lock.
   */
  value(key: string, now: number): Uint8Array | undefined {
    this.#lock.beforeRead(now);
    const value = this.#value.get(key)?.[0];
    return value instanceof Uint8Array ? value : undefined;
  }

  /** To be called with true when a batch is sent to the writer, and with false once it is written. */
  writing(isWriting: boolean): void {
    this.#lock.bar(isWriting);
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
    for (const connection of Object.values(this.#connections)) connection.close();
  }
}
