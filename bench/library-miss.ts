/** Library, miss stored in memory and SQLite: what does storing cost beside identity, flight and a bare insert? */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { type Cache, createCache, memoryStore, tieredStore } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { benchSecret } from './entries.ts';
import { inTurns, processorTime } from './measure.ts';
import { answered, chatRequest, chatText } from './requests.ts';
import type { Measured } from './rows.ts';

const calls = 60;
/** Questions a call, after which the event loop gets its turn, as between the requests of a server. */
const each = 32;
const rounds = 11;

export async function* measure(): AsyncIterable<Measured> {
  const file = join(tmpdir(), 'askonce.db');
  const sqlite = await sqliteStore({ file });
  const store = tieredStore({ upper: memoryStore(), lower: sqlite, budgetMs: 5_000 });
  const cache = createCache({ store, settings: { secret: benchSecret } });
  const passing = createCache({ settings: { secret: benchSecret, exactCache: false } });
  let asked = 0;
  try {
    await answered(cache, chatRequest(chatText(asked++)));
    await sqlite.flush();
    const insert = bareInsert(valueIn(file));
    const times = await inTurns(
      {
        work: async () => {
          for (let n = 0; n < each; n++) await answered(cache, chatRequest(chatText(asked++)));
          await setImmediate();
        },
        // What the writer's thread does counts.
        finish: () => sqlite.flush(),
      },
      async () => {
        await askEach(passing);
        insert(each);
        await setImmediate();
      },
      { calls, rounds, each, meter: processorTime },
    );
    const stored = entriesIn(file);
    if (stored !== asked) throw new Error(`only ${stored} of ${asked} answers were stored`);
    yield { row: 'library-miss', ...times };
  } finally {
    await cache.close();
    await passing.close();
  }
}

let passed = 0;

async function askEach(cache: Cache): Promise<void> {
  for (let n = 0; n < each; n++) await answered(cache, chatRequest(chatText(passed++)));
}

/** Inserts rows of the same bytes into a file of its own, in one transaction a call. */
function bareInsert(value: Uint8Array): (count: number) => void {
  const database = new DatabaseSync(join(tmpdir(), 'bare.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('CREATE TABLE entries (key TEXT PRIMARY KEY, value BLOB NOT NULL)');
  const statement = database.prepare('INSERT INTO entries VALUES (?, ?)');
  let inserted = 0;
  return (count) => {
    database.exec('BEGIN');
    for (let n = 0; n < count; n++) {
      const scattered = (Math.imul(++inserted, 0x9e3779b1) >>> 0).toString(16).padStart(64, '0');
      statement.run(`askonce:v1:${'0'.repeat(32)}:und:{${scattered}}`, value);
    }
    database.exec('COMMIT');
  };
}

function valueIn(file: string): Uint8Array {
  const value = read(file, 'SELECT value FROM entries LIMIT 1')?.['value'];
  if (!(value instanceof Uint8Array)) throw new Error('the file holds no entry');
  return value;
}

function entriesIn(file: string): number {
  return Number(read(file, 'SELECT count(*) AS count FROM entries')?.['count']);
}

function read(file: string, query: string) {
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare(query).get();
  database.close();
  return row;
}
