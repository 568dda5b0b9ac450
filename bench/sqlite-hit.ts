/** SQLite hit: what does an entry read from the durable tier cost beside the bare row? */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sqliteStore } from 'askonce/sqlite';
import { someEntry } from './entries.ts';
import { atLeast, type Figure, inTurns, micros } from './measure.ts';

const entryCount = 20_000;

export async function sqliteHit(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'askonce-bench-'));
  const store = await sqliteStore({ folder, maxQueueLength: entryCount * 2, maxQueueBytes: 1024 ** 3 });
  const entry = await someEntry();
  const keys = Array.from({ length: entryCount }, (_, n) =>
    entry.key.replace(/[0-9a-f]{8}\}$/, `${n.toString(16).padStart(8, '0')}}`),
  );
  await store.setMany(keys.map((key) => ({ ...entry, key })));
  await store.flush();

  const bare = new DatabaseSync(join(folder, 'askonce.db'), { readOnly: true });
  bare.exec('PRAGMA mmap_size = 2147418112');
  const statement = bare.prepare('SELECT value FROM entries WHERE key = ?');
  let n = 0;
  // Keys in an order that has nothing to do with where they lie.
  const next = () => {
    n = (n + 7919) % entryCount;
    return keys[n] ?? '';
  };
  try {
    const { ours, floor, ratio } = await inTurns(
      () => {
        const found = store.get(next());
        if (found === undefined || found instanceof Promise || found.entry.recording.body.length === 0)
          throw new Error('not a hit');
        return found.entry.meta.expires;
      },
      () => statement.get(next()),
      entryCount,
    );
    return [
      atLeast(0.8, {
        question: 'SQLite hit',
        ours: micros(ours),
        beside: `bare node:sqlite get ${micros(floor)}`,
        ratio: 1 / ratio,
      }),
    ];
  } finally {
    bare.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}
