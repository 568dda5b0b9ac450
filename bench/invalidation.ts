/** Invalidation: what does it cost to find and remove 100 000 entries by a tag, beside removing keys that one knows? */
import { createCache } from 'askonce';
import { redisStore } from 'askonce/redis';
import { Redis } from 'ioredis';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { benchSecret, keyOfCopy, numbersBelow, someEntry, storeCopies } from './entries.ts';
import { median, secondsOf } from './measure.ts';
import type { Measured } from './rows.ts';

const entryCount = 100_000;
const pageSize = 1_000;
const rounds = 3;
const tag = 'catalogue=spring';

export async function* measure(): AsyncIterable<Measured> {
  const server = await startRedisProcess();
  const url = `redis://127.0.0.1:${server.port}`;
  const store = await redisStore({ url, budgetMs: 10_000 });
  const cache = createCache({ store, settings: { secret: benchSecret } });
  const bare = new Redis(url);
  const taken: { ours: number; beside: number }[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const entry = await someEntry({ context: { tags: [tag] } });
      await storeCopies(store, entry, numbersBelow(entryCount));
      const keys = Array.from(numbersBelow(entryCount), (n) => keyOfCopy(entry, n));
      const beside = await secondsOf(() => unlinked(bare, keys));
      await storeCopies(store, entry, numbersBelow(entryCount));
      const ours = await secondsOf(async () => {
        const removed = await cache.invalidate({ tags: tag });
        if (removed !== entryCount) throw new Error(`removed ${removed} of ${entryCount}`);
      });
      taken.push({ ours, beside });
    }
  } finally {
    bare.disconnect();
    await cache.close(0);
    await server.stop();
  }
  yield {
    row: 'invalidation-by-tag',
    ours: median(taken.map(({ ours }) => ours)),
    beside: median(taken.map(({ beside }) => beside)),
    ratio: median(taken.map(({ ours, beside }) => ours / beside)),
  };
}

async function unlinked(bare: Redis, keys: readonly string[]): Promise<void> {
  let removed = 0;
  for (let from = 0; from < keys.length; from += pageSize) {
    const pipeline = bare.pipeline();
    for (const key of keys.slice(from, from + pageSize)) pipeline.unlink(key);
    removed += (await pipeline.exec())?.filter(([, count]) => count === 1).length ?? 0;
  }
  if (removed !== keys.length) throw new Error(`unlinked ${removed} of ${keys.length}`);
}
