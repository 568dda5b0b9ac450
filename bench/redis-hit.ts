/** Redis hit: what does an entry read from the shared tier cost beside the bare command, with 64 in flight? */
import { type RedisStore, redisStore } from 'askonce/redis';
import { Redis } from 'ioredis';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { someEntry } from './entries.ts';
import { atLeast, type Figure, inTurns, perSecond } from './measure.ts';

const entryCount = 5_000;
const inFlight = 64;
const rounds = 15;

export async function redisHit(): Promise<Figure[]> {
  const server = await startRedisProcess();
  const url = `redis://127.0.0.1:${server.port}`;
  // Of a busy machine; how long a hit takes at most is not what is asked here.
  const store = await redisStore({ url, budgetMs: 5_000 });
  const bare = new Redis(url, { enableOfflineQueue: true });
  try {
    const keys = await kept(store);
    const { ours, floor, ratio } = await inTurns(
      () => inParallel(keys, async (key) => whole(await store.get(key))),
      () => inParallel(keys, async (key) => (await bare.getBuffer(key))?.length ?? 0),
      1,
      rounds,
    );
    const each = (micros: number) => perSecond((keys.length / micros) * 1e6);
    return [
      atLeast(0.8, {
        question: `Redis hit, ${inFlight} in flight`,
        ours: each(ours),
        beside: `bare ioredis GET ${each(floor)}`,
        ratio: 1 / ratio,
      }),
    ];
  } finally {
    bare.disconnect();
    await store.close();
    await server.stop();
  }
}

/** Reads every key, so many at a time. */
async function inParallel(keys: readonly string[], read: (key: string) => Promise<number>): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let key = keys[next++]; key !== undefined; key = keys[next++])
      if ((await read(key)) === 0) throw new Error('not a hit');
  };
  await Promise.all(Array.from({ length: inFlight }, work));
}

/** Something of each part of what was found, so that all of it has been read. */
function whole(found: Awaited<ReturnType<RedisStore['get']>>): number {
  return found === undefined ? 0 : found.entry.recording.body.length + found.entry.meta.expires;
}

/** Keys of entries as the cache makes them, of a chat's answer of 2 KB. */
async function kept(store: RedisStore): Promise<readonly string[]> {
  const entry = await someEntry();
  const keys = Array.from({ length: entryCount }, (_, n) =>
    entry.key.replace(/[0-9a-f]{8}\}$/, `${n.toString(16).padStart(8, '0')}}`),
  );
  for (let from = 0; from < keys.length; from += 500) {
    const entries = keys.slice(from, from + 500).map((key) => ({ ...entry, key }));
    const results = await store.setMany(entries);
    if (results.some((result) => result !== 'stored')) throw new Error('an entry was not kept');
  }
  return keys;
}
