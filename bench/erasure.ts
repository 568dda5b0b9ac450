/** Erasure: how long does it take to find one user's entries among 100 000 by a look at every one of them? */
import { createCache } from 'askonce';
import { redisStore } from 'askonce/redis';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { benchSecret, numbersBelow, someEntry, storeCopies } from './entries.ts';
import { median, secondsOf } from './measure.ts';
import type { Measured } from './rows.ts';

const entryCount = 100_000;
/** One entry in so many is the user's. */
const oneIn = 100;
const rounds = 3;
const user = 'ada';

export async function* measure(): AsyncIterable<Measured> {
  const server = await startRedisProcess();
  const store = await redisStore({ url: `redis://127.0.0.1:${server.port}`, budgetMs: 10_000 });
  const cache = createCache({ store, settings: { secret: benchSecret } });
  const taken: number[] = [];
  try {
    const others = await someEntry({ context: { user: 'bob' } });
    await storeCopies(store, others, numbersBelow(entryCount - entryCount / oneIn));
    for (let round = 0; round < rounds; round++) {
      const theirs = await someEntry({ context: { user } });
      await storeCopies(store, theirs, numbersBelow(entryCount / oneIn));
      const seconds = await secondsOf(async () => {
        const erased = await cache.erase(user);
        if (erased !== entryCount / oneIn) throw new Error(`erased ${erased} of ${entryCount / oneIn}`);
      });
      taken.push(seconds);
    }
  } finally {
    await cache.close(0);
    await server.stop();
  }
  yield { row: 'erasure', ours: median(taken) };
}
