/** Lease: what does a lease taken and released cost beside the bare commands, with 64 in flight? */
import { redisStore } from 'askonce/redis';
import { Redis } from 'ioredis';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { atMost, type Figure, inTurns, micros } from './measure.ts';

const leaseCount = 5_000;
const inFlight = 64;
const terms = { leaseMs: 30_000, deadAfterMs: 5_000 } as const;

export async function leaseTakenAndReleased(): Promise<Figure[]> {
  const server = await startRedisProcess();
  const url = `redis://127.0.0.1:${server.port}`;
  const {
    shared: { leases },
    close,
  } = await redisStore({ url });
  const bare = new Redis(url);
  const token = 'inbox/token';
  try {
    const { ours, floor, ratio } = await inTurns(
      () =>
        eachOfThem(async (key) => {
          const { held } = await leases.take(key, '', token, terms);
          if (!held || !(await leases.release(key, '', token))) throw new Error('not held');
        }),
      () =>
        eachOfThem(async (key) => {
          await bare.set(`${key}:lease`, token, 'PX', terms.leaseMs, 'NX');
          if ((await bare.get(`${key}:lease`)) !== token) throw new Error('not held');
          await bare.del(`${key}:lease`);
        }),
      1,
    );
    return [
      atMost(1.5, {
        question: `lease taken and released, ${inFlight} in flight`,
        ours: micros(ours / leaseCount),
        beside: `bare SET NX PX, GET and DEL ${micros(floor / leaseCount)}`,
        ratio,
      }),
    ];
  } finally {
    bare.disconnect();
    await close();
    await server.stop();
  }
}

/** Calls `work` with the key of an entry for each lease, so many at a time. */
async function eachOfThem(work: (key: string) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < leaseCount) await work(`askonce:v1:${'ab'.repeat(16)}:en:{${(next++).toString(16)}}`);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}
