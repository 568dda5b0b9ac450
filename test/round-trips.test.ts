/** How many round trips to Redis a request takes. What is counted is not how long they take. */
import { memoryStore, type Store, tieredStore } from 'askonce';
import { redisStore } from 'askonce/redis';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { apiError, type ChatWish, chat, completion, events, json, sse } from './support/chat.ts';
import { startCountingProxy } from './support/counting-proxy.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { startRedis } from './support/redis-server.ts';
import { clientOf } from './support/redis-stores.ts';
import { observedCache, once } from './support/set-up-cache.ts';

/** Distinguishes the first questions of caches. */
let made = 0;
const secret = 'one secret for all of them';
const wrong = apiError('messages: expected a list');

type Stacked = (lower: Store) => Store;
const alone: Stacked = (lower) => lower;
const belowMemory: Stacked = (lower) => tieredStore({ upper: memoryStore(), lower, budgetMs: 10_000 });

/** A cache on Redis. Nothing is polled or renewed, since its clock stands, and the credential is known to be accepted. */
async function cacheOn(port: number, stacked: Stacked) {
  const clock = fakeClock();
  const proxy = await startCountingProxy(port);
  const store = stacked(await redisStore({ url: proxy.url, clock, budgetMs: 10_000 }));
  const observed = observedCache({
    store,
    clock,
    settings: { secret, storeBudgetMs: 10_000, negativeCache: true },
  });
  const { cache } = observed;
  onTestFinished(() => cache.close(0));
  let calls = 0;

  /** The round trips of a request, those after its reply included. */
  async function trips(wish: ChatWish, status = 200): Promise<number> {
    await proxy.idle();
    proxy.counted();
    const reply = await cache.ask(chat(wish), async ({ body }) => {
      calls += 1;
      const isStream = body.toString().includes('"stream":true');
      const text = isStream ? events(['Par', 'is.']).join('') : completion();
      return { status, headers: isStream ? sse : json, body: once(status === 200 ? text : wrong) };
    });
    await textOf(reply);
    await settled();
    await proxy.idle();
    return proxy.counted();
  }

  while (!(await cache.statistics()).logIsCurrent) await proxy.idle();
  await trips({ question: `Is the credential accepted (${port} ${made++})?` });
  return {
    ...observed,
    trips,
    idle: () => proxy.idle(),
    get calls() {
      return calls;
    },
  };
}

const stream = { body: { stream: true } };

describe.each([
  ['alone', alone],
  ['below memory', belowMemory],
] as const)('Redis %s', (_, stacked) => {
  it('a miss takes two round trips: look and lease; write, index and release', async () => {
    const { port } = await startRedis({ appends: false });
    const { trips, count } = await cacheOn(port, stacked);
    expect(await trips({ question: 'body' })).toBe(2);
    expect(await trips({ question: 'stream', ...stream })).toBe(2);
    expect([count('stored'), count('lease', 'acquired')]).toEqual([3, 3]);
    const other = await cacheOn(port, stacked);
    expect(await other.trips({ question: 'body' })).toBe(1);
    expect(await other.trips({ question: 'stream', ...stream })).toBe(1);
    expect(other.calls).toBe(1);
  });

  it('an error takes two round trips, and one in a process that does not know of it', async () => {
    const { port } = await startRedis({ appends: false });
    const { trips } = await cacheOn(port, stacked);
    expect(await trips({ question: 'wrong' }, 400)).toBe(2);
    expect(await trips({ question: 'wrong' }, 400)).toBe(1);
    const other = await cacheOn(port, stacked);
    expect(await other.trips({ question: 'wrong' })).toBe(1);
    expect(other.calls).toBe(1);
  });

  it('no lease is left once the answer is stored, or every request for it has ended otherwise', async () => {
    const { port } = await startRedis({ appends: false });
    const { trips, cache, count, idle } = await cacheOn(port, stacked);
    await trips({ question: 'stored' });
    await trips({ question: 'refused' }, 500);
    await trips({ question: 'only if cached', directives: { onlyIfCached: true } }).catch(() => {});
    const leaving = new AbortController();
    const left = cache.ask(chat({ question: 'left' }), neverCalled, { signal: leaving.signal });
    leaving.abort();
    await expect(left).rejects.toThrow();
    await idle();
    expect(await leasesOn(port)).toEqual([]);
    expect(count('lease', 'lost')).toBe(0);
  });

  it('simultaneous requests of one process share the lease that the first of them asks for', async () => {
    const { port } = await startRedis({ appends: false });
    const { cache, count, idle } = await cacheOn(port, stacked);
    const before = count('lease', 'acquired');
    let calls = 0;
    const provider = async () => {
      calls += 1;
      return { status: 200, headers: json, body: once(completion()) };
    };
    const replies = await Promise.all(Array.from({ length: 20 }, () => cache.ask(chat(), provider)));
    for (const reply of replies) expect(await textOf(reply)).toBe(completion());
    await idle();
    expect([calls, count('lease', 'acquired') - before, count('lease', 'contended')]).toEqual([1, 1, 0]);
    expect(count('lease', 'released')).toBe(count('lease', 'acquired'));
    expect(await leasesOn(port)).toEqual([]);
  });
});

async function neverCalled(): Promise<never> {
  throw new Error('the request has left');
}

async function leasesOn(port: number): Promise<readonly string[]> {
  const client = clientOf(`redis://127.0.0.1:${port}`);
  return await client.keys('*:lease');
}
