/** SQLite hit: what does an entry read from the durable tier cost beside the bare row? */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Store } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { keyOfCopy, numbersBelow, someEntry, storeCopies } from './entries.ts';
import { inTurns } from './measure.ts';
import type { Measured } from './rows.ts';

const entryCount = 20_000;
/** Keys come in an order that has nothing to do with where they lie. */
const step = 7_919;

export async function* measure(): AsyncIterable<Measured> {
  const file = join(tmpdir(), 'askonce.db');
  const store = await sqliteStore({ file });
  const entry = await someEntry();
  await storeCopies(store, entry, numbersBelow(entryCount));
  const bare = new DatabaseSync(file, { readOnly: true });
  bare.exec('PRAGMA mmap_size = 2147418112');
  const statement = bare.prepare('SELECT value FROM entries WHERE key = ?');
  let n = 0;
  const keys = Array.from(numbersBelow(entryCount), (number) => keyOfCopy(entry, number));
  const next = () => {
    n = (n + step) % entryCount;
    return keys[n] ?? '';
  };
  try {
    const times = await inTurns(
      () => readBody(store, next()),
      () => statement.get(next()),
      { calls: entryCount },
    );
    yield { row: 'sqlite-hit', ...times };
  } finally {
    bare.close();
    await store.close();
  }
}

/** Reads an entry's body. Its metadata are decoded only when they are read. */
function readBody(store: Store, key: string): number {
  const found = store.get(key);
  if (found === undefined || found instanceof Promise || !('entry' in found)) throw new Error('not a hit');
  return found.entry.recording.body.length;
}
