/** Redis hit: what does an entry read from the shared tier cost beside the bare command, with 64 in flight? */
import { redisStore } from 'askonce/redis';
import { Redis } from 'ioredis';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { keyOfCopy, numbersBelow, someEntry, storeCopies } from './entries.ts';
import { inParallel, inTurns, processorTime } from './measure.ts';
import type { Measured } from './rows.ts';

const entryCount = 5_000;
const inFlight = 64;
/** Times that each key is read in a round, so that garbage collection weighs on all rounds alike. */
const readsOfEach = 4;

export async function* measure(): AsyncIterable<Measured> {
  const server = await startRedisProcess();
  const url = `redis://127.0.0.1:${server.port}`;
  // Long enough for a busy machine: how long a hit takes at most is not the question here.
  const store = await redisStore({ url, budgetMs: 5_000 });
  const bare = new Redis(url);
  try {
    const entry = await someEntry();
    await storeCopies(store, entry, numbersBelow(entryCount));
    const keys = Array.from(numbersBelow(entryCount), (n) => keyOfCopy(entry, n));
    const readAll = (read: (key: string) => Promise<number>) => () =>
      inParallel(entryCount, inFlight, async (n) => {
        if ((await read(keys[n] ?? '')) === 0) throw new Error('not a hit');
      });
    const times = await inTurns(
      readAll(async (key) => {
        const found = await store.get(key);
        // Something of each part, so that all of it has been decoded.
        return found === undefined ? 0 : found.entry.recording.body.length + found.entry.meta.expires;
      }),
      readAll(async (key) => (await bare.getBuffer(key))?.length ?? 0),
      { calls: readsOfEach, each: entryCount, meter: processorTime },
    );
    yield { row: 'redis-hit', ...times };
  } finally {
    bare.disconnect();
    await store.close();
    await server.stop();
  }
}
