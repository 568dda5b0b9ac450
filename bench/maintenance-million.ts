/**
 * Maintenance of a million entries: how long does a turn of the event loop last at most, in processor time, while all but
 * those in use are removed and requests go on?
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createCache, type Store } from 'askonce';
import { redisStore } from 'askonce/redis';
import { sqliteStore } from 'askonce/sqlite';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { benchSecret, keyOfCopy, numbersBelow, someEntry, storeCopies } from './entries.ts';
import { Skipped } from './measure.ts';
import type { Measured } from './rows.ts';
import { smallQuestion } from './small.ts';
import { collectGarbage, longestTurn } from './turns.ts';

const entryCount = 1_000_000;
/** Entries that are read all the time. */
const usedCount = 100;
const neededBytes = 4_000_000_000;
const maxBytes = 8_000_000_000;
/** Everything is old enough. */
const settings = { secret: benchSecret, maintenanceDays: 1e-9 };

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  if (wanted('maintenance-million-sqlite')) {
    const folder = mkdtempSync(join(tmpdir(), 'askonce-bench-'));
    const store = await sqliteStore({ folder, maxBytes });
    yield { row: 'maintenance-million-sqlite', ours: await longestTurnOf(store) };
    rmSync(folder, { recursive: true });
  }
  if (wanted('maintenance-million-redis')) {
    if (process.availableMemory() < neededBytes) throw new Skipped('less than 4 GB of memory are free');
    const server = await startRedisProcess();
    const store = await redisStore({ url: `redis://127.0.0.1:${server.port}`, budgetMs: 10_000 });
    yield { row: 'maintenance-million-redis', ours: await longestTurnOf(store) };
    await server.stop();
  }
}

async function longestTurnOf(store: Store): Promise<number> {
  const entry = await someEntry(smallQuestion);
  await storeCopies(store, entry, numbersBelow(entryCount));
  const cache = createCache({ store, settings });
  const used = Array.from(numbersBelow(usedCount), (n) => keyOfCopy(entry, n));
  for (let times = 0; times < 3; times++) await store.getMany(used);
  collectGarbage();
  const turns = longestTurn();
  let isDone = false;
  const running = cache.maintain({ kinds: ['expired', 'low-value', 'low-quality'] }).finally(() => {
    isDone = true;
  });
  let answered = 0;
  while (!isDone) {
    const found = await store.get(used[answered % usedCount] ?? '');
    if (found === undefined) throw new Error('an entry in use is gone');
    answered += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { kinds } = await running;
  const longest = turns.stop();
  const removed = kinds['low-value']?.count ?? 0;
  if (removed !== entryCount - usedCount) throw new Error(`removed ${removed} of ${entryCount - usedCount}`);
  if (answered < usedCount) throw new Error(`only ${answered} requests were answered meanwhile`);
  await cache.close(0);
  return longest / 1_000;
}
