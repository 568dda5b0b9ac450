/** A stale answer in the memory of one process, after another process has refreshed it. */
import { memoryStore, tieredStore } from 'askonce';
import { redisStore } from 'askonce/redis';
import { fakeClock } from 'askonce/testing';
import { expect, it, onTestFinished } from 'vitest';
import { chat, completion, json } from './support/chat.ts';
import { textOf } from './support/gated-provider.ts';
import { startRedis } from './support/redis-server.ts';
import { observedCache, once } from './support/set-up-cache.ts';

/** Two caches on one Redis, each with memory of its own, by one clock. */
async function two() {
  const redis = await startRedis({ appends: false });
  const clock = fakeClock();
  let text = 'old';
  let calls = 0;
  const provider = async () => {
    calls += 1;
    return { status: 200, headers: json, body: once(completion({ text })) };
  };
  const cacheOn = async () => {
    const lower = await redisStore({ url: redis.url, clock, budgetMs: 10_000 });
    const store = tieredStore({ upper: memoryStore({ clock }), lower, clock, budgetMs: 10_000 });
    const settings = { secret: 'one secret for both', storeBudgetMs: 10_000, staleWhileRevalidate: true };
    const observed = observedCache({ store, clock, settings });
    onTestFinished(() => observed.cache.close(0));
    const request = chat({ directives: { staleAfter: 10 } });
    const ask = async () => {
      const reply = await observed.cache.ask(request, provider);
      return { text: await textOf(reply), status: reply.cacheStatus };
    };
    await expect.poll(() => observed.cache.statistics()).toMatchObject({ logIsCurrent: true });
    return { ...observed, ask };
  };
  const [here, there] = [await cacheOn(), await cacheOn()];
  /** The answer becomes stale. Both caches have read the log since. */
  async function pass(): Promise<void> {
    clock.advance(20_000);
    const haveRead = async () => {
      clock.advance(50);
      const statistics = await Promise.all([here, there].map(({ cache }) => cache.statistics()));
      return statistics.every(({ logIsCurrent }) => logIsCurrent);
    };
    await expect.poll(haveRead).toBe(true);
  }
  return {
    pass,
    here,
    there,
    say(next: string) {
      text = next;
    },
    get calls() {
      return calls;
    },
  };
}

const old = completion({ text: 'old' });
const fresh = completion({ text: 'new' });

it('after one process has refreshed an answer, no other serves the old one from its memory', async () => {
  const scene = await two();
  const { pass, here, there, say } = scene;
  await there.ask();
  await here.ask();
  expect((await here.ask()).text).toBe(old);
  say('new');
  await pass();
  expect((await there.ask()).text).toBe(old);
  await expect.poll(() => there.count('refresh', 'succeeded')).toBe(1);
  const reply = await here.ask();
  expect(reply.text).toBe(fresh);
  expect(reply.status).toMatchObject({ kind: 'hit' });
  expect(here.count('refresh')).toBe(0);
  expect((await here.ask()).text).toBe(fresh);
  expect(scene.calls).toBe(2);
});

it('a stale answer that no other process has refreshed is served from memory, and refreshed', async () => {
  const { pass, here, say } = await two();
  await here.ask();
  say('new');
  await pass();
  expect((await here.ask()).text).toBe(old);
  await expect.poll(() => here.count('refresh', 'succeeded')).toBe(1);
  expect((await here.ask()).text).toBe(fresh);
});
