/**
 * Pages of a million entries, as `GET /cache/entries` reads them: how long does a turn of the event loop last at most, in
 * processor time, over pages without a filter, pages with one that nothing fits, and pages of entries that were invalidated?
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type Cache, createCache, type PageOptions, type Store } from 'askonce';
import { redisStore } from 'askonce/redis';
import { sqliteStore } from 'askonce/sqlite';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { benchSecret, numbersBelow, someEntry, storeCopies } from './entries.ts';
import { Skipped } from './measure.ts';
import type { Measured } from './rows.ts';
import { smallQuestion } from './small.ts';
import { longestTurn } from './turns.ts';

const entryCount = 1_000_000;
const neededBytes = 4_000_000_000;
const maxBytes = 8_000_000_000;
/** Pages of each kind. */
const pageCount = 20;
/** Entries that a page may look at: some 4 000, and what a step of `SCAN` has more of. */
const mostLooked = 6_000;

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  if (wanted('entries-page-sqlite')) {
    const folder = mkdtempSync(join(tmpdir(), 'askonce-bench-'));
    const store = await sqliteStore({ folder, maxBytes });
    yield { row: 'entries-page-sqlite', ours: await longestTurnOf(store) };
    rmSync(folder, { recursive: true });
  }
  if (wanted('entries-page-redis')) {
    if (process.availableMemory() < neededBytes) throw new Skipped('less than 4 GB of memory are free');
    const server = await startRedisProcess();
    const store = await redisStore({ url: `redis://127.0.0.1:${server.port}`, budgetMs: 10_000 });
    yield { row: 'entries-page-redis', ours: await longestTurnOf(store) };
    await server.stop();
  }
}

async function longestTurnOf(store: Store): Promise<number> {
  await storeCopies(store, await someEntry(smallQuestion), numbersBelow(entryCount));
  const cache = createCache({ store, settings: { secret: benchSecret } });
  const all = await longestTurnOver(cache, { limit: 200 });
  const rare = await longestTurnOver(cache, { wants: () => false });
  // Their rows are deleted later.
  await cache.invalidate({ pattern: '*' });
  const invalidated = await longestTurnOver(cache, {});
  await cache.close(0);
  return Math.max(all, rare, invalidated) / 1_000;
}

/** In microseconds. */
async function longestTurnOver(cache: Cache, options: PageOptions): Promise<number> {
  const turns = longestTurn();
  let from: string | undefined;
  for (let pages = 0; pages < pageCount; pages++) {
    let looked = 0;
    const wants: PageOptions['wants'] = (entry) => {
      looked += 1;
      return options.wants?.(entry) ?? true;
    };
    const { next } = await cache.page({ ...options, wants, from });
    if (looked > mostLooked) throw new Error(`a page has looked at ${looked} entries`);
    if (next === undefined) break;
    from = next;
  }
  return turns.stop();
}
