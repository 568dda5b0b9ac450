/**
 * Redis miss: what does an answer generated and stored cost beside the bare commands, with 32 in flight? The processor time is
 * that of this process and of the server together: the bare commands keep both busy at once, and a miss mostly this process.
 */
import { randomBytes } from 'node:crypto';
import { createCache } from 'askonce';
import { redisStore } from 'askonce/redis';
import { Redis } from 'ioredis';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { benchSecret } from './entries.ts';
import { inParallel, inTurns, processorTime } from './measure.ts';
import { answered, chatRequest, chatText } from './requests.ts';
import type { Measured } from './rows.ts';

const misses = 2_000;
const inFlight = 32;
const rounds = 9;
const [leaseMs, lifetimeMs] = [30_000, 2_592_000_000];
/** Indexes of the tags that every entry has: endpoint, model and language. */
const indexes = ['endpoint', 'model', 'language'].map((tag) => `bare:${tag}`);

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  const server = await startRedisProcess();
  const url = `redis://127.0.0.1:${server.port}`;
  const store = await redisStore({ url, budgetMs: 5_000 });
  const cache = createCache({ store, settings: { secret: benchSecret, storeBudgetMs: 5_000 } });
  const bare = new Redis(url);
  let asked = 0;
  let next = 0;
  try {
    const value = await storedValue(bare, () => answered(cache, chatRequest(chatText(asked++))));
    const meters = {
      'redis-miss': undefined,
      'redis-miss-processor': async () => processorTime() + (await serverTime(bare)),
    };
    for (const [row, meter] of Object.entries(meters)) {
      if (!wanted(row)) continue;
      const times = await inTurns(
        () => inParallel(misses, inFlight, () => answered(cache, chatRequest(chatText(asked++)))),
        () => inParallel(misses, inFlight, () => bareMiss(bare, value, next++)),
        { calls: 1, rounds, each: misses, meter },
      );
      const stored = (await entryKeys(bare)).length;
      if (stored < asked) throw new Error(`only ${stored} of ${asked} answers were stored`);
      yield { row, ...times };
    }
  } finally {
    bare.disconnect();
    await cache.close();
    await server.stop();
  }
}

/** Two round trips: look and lease; then write, index and release. */
async function bareMiss(bare: Redis, value: Buffer, number: number): Promise<void> {
  const key = `bare:{${number.toString(16).padStart(64, '0')}}`;
  await Promise.all([bare.mget(key, `${key}:neg`), bare.set(`${key}:lease`, 'token', 'PX', leaseMs, 'NX')]);
  const member = randomBytes(48);
  const expires = Date.now() + lifetimeMs;
  await Promise.all([
    bare.set(key, value, 'PX', lifetimeMs),
    ...indexes.flatMap((index) => [bare.zadd(index, expires, member), bare.pexpire(index, lifetimeMs)]),
    bare.get(`${key}:lease`),
    bare.del(`${key}:lease`),
  ]);
}

/** The bytes that the cache stores for an answer. */
async function storedValue(bare: Redis, store: () => Promise<void>): Promise<Buffer> {
  await store();
  const [key] = await entryKeys(bare);
  const value = key === undefined ? null : await bare.getBuffer(key);
  if (value === null) throw new Error('Redis holds no entry');
  return value;
}

/** Processor time of the server, in microseconds. */
async function serverTime(bare: Redis): Promise<number> {
  const seconds = Array.from(
    (await bare.info('cpu')).matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm),
    ([, time]) => Number(time),
  );
  return seconds.reduce((sum, one) => sum + one, 0) * 1e6;
}

async function entryKeys(bare: Redis): Promise<readonly string[]> {
  return (await bare.keys('askonce:v1:*')).filter((key) => /:\{[0-9a-f]{64}\}$/.test(key));
}
