/** Invalidation: what does it cost to find and remove 100 000 entries by a tag, beside removing keys that one knows? */
import { randomBytes } from 'node:crypto';
import { type RedisStore, redisStore } from 'askonce/redis';
import { sampleEntry } from 'askonce/testing';
import { Redis } from 'ioredis';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { atMost, type Figure, median } from './measure.ts';

const entryCount = 100_000;
const pageSize = 1_000;
const rounds = 3;
const digest = '0123456789abcdef0123';
const filter = { clauses: [[digest]] };

export async function invalidationByTag(): Promise<Figure[]> {
  const server = await startRedisProcess();
  const url = `redis://127.0.0.1:${server.port}`;
  const store = await redisStore({ url, budgetMs: 10_000 });
  const bare = new Redis(url);
  const pages = pagesOfKeys();
  const taken: { bare: number; quick: number; thorough: number }[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      taken.push({
        bare: await secondsOf(store, pages, () => unlinked(bare, pages)),
        quick: await secondsOf(store, pages, () => removed(store, false)),
        thorough: await secondsOf(store, pages, () => removed(store, true)),
      });
    }
  } finally {
    bare.disconnect();
    await store.close();
    await server.stop();
  }
  const figure = (way: 'quick' | 'thorough', question: string, limit: number) =>
    atMost(limit, {
      question,
      ours: inSeconds(median(taken.map((times) => times[way]))),
      beside: `bare pipelined UNLINK ${inSeconds(median(taken.map((times) => times.bare)))}`,
      ratio: median(taken.map((times) => times[way] / times.bare)),
    });
  return [
    figure('quick', '100 000 entries found and removed by one tag', 2),
    figure('thorough', 'the same by a look at every entry, as erasure does', 4),
  ];
}

/** Seconds that `remove` takes with all entries kept; it says how many it has removed. */
async function secondsOf(
  store: RedisStore,
  pages: readonly (readonly string[])[],
  remove: () => Promise<number>,
): Promise<number> {
  const body = randomBytes(1_000).toString('hex');
  for (const keys of pages)
    await store.setMany(keys.map((key) => sampleEntry({ key, body, now: Date.now(), tagDigests: [digest] })));
  const start = performance.now();
  const gone = await remove();
  const seconds = (performance.now() - start) / 1000;
  if (gone !== entryCount) throw new Error(`removed ${gone} of ${entryCount}`);
  return seconds;
}

async function removed(store: RedisStore, thorough: boolean): Promise<number> {
  let gone = 0;
  for await (const { keys } of store.tags.find(filter, { thorough })) gone += await store.deleteMany(keys);
  return gone;
}

async function unlinked(bare: Redis, pages: readonly (readonly string[])[]): Promise<number> {
  let gone = 0;
  for (const keys of pages) {
    const pipeline = bare.pipeline();
    for (const key of keys) pipeline.unlink(key);
    gone += (await pipeline.exec())?.filter(([, count]) => count === 1).length ?? 0;
  }
  return gone;
}

function pagesOfKeys(): readonly (readonly string[])[] {
  const key = () => `askonce:v1:${randomBytes(16).toString('hex')}:en:{${randomBytes(32).toString('hex')}}`;
  return Array.from({ length: entryCount / pageSize }, () => Array.from({ length: pageSize }, key));
}

function inSeconds(seconds: number): string {
  return `${seconds.toFixed(2)} s`;
}
