/** How long answers in memory are served while the invalidation log cannot be read. */
import { memoryStore, tieredStore } from 'askonce';
import { redisStore } from 'askonce/redis';
import { fakeClock } from 'askonce/testing';
import { expect, it, onTestFinished } from 'vitest';
import { chat, completion, json } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { startRedis } from './support/redis-server.ts';
import { observedCache, once } from './support/set-up-cache.ts';

/** A cache whose memory holds an answer, and whose Redis has gone. */
async function withoutRedis(settings: { readonly logToleranceMs?: number }) {
  const redis = await startRedis({ appends: false });
  const clock = fakeClock();
  const lower = await redisStore({ url: redis.url, clock, budgetMs: 10_000 });
  const store = tieredStore({ upper: memoryStore({ clock }), lower, clock, budgetMs: 10_000 });
  const secret = 'one secret for these tests';
  const { cache } = observedCache({ store, clock, settings: { secret, storeBudgetMs: 10_000, ...settings } });
  onTestFinished(() => cache.close(0));
  await expect.poll(() => cache.statistics()).toMatchObject({ logIsCurrent: true });
  const ask = async (question = 'stored') => {
    const reply = await cache.ask(chat({ question }), async () => ({
      status: 200,
      headers: json,
      body: once(completion()),
    }));
    await textOf(reply);
    return reply.cacheStatus;
  };
  await ask();
  await redis.kill();
  /** Time passes, and the readings of the log fail. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      clock.advance(1_000);
      await settled();
    }
  }
  return { ask, pass, cache };
}

it('while the log cannot be read, answers in memory are served for `logToleranceMs`, and not longer', async () => {
  const { ask, pass } = await withoutRedis({ logToleranceMs: 60_000 });
  await pass(50_000);
  expect(await ask()).toMatchObject({ kind: 'hit' });
  await pass(20_000);
  expect(await ask()).toMatchObject({ kind: 'forward', detail: 'store-trouble' });
});

it('by default, answers in memory are served for a second after the log was read', async () => {
  const { ask, pass } = await withoutRedis({});
  expect(await ask()).toMatchObject({ kind: 'hit' });
  await pass(3_000);
  expect(await ask()).toMatchObject({ kind: 'forward', detail: 'store-trouble' });
});

it('what is generated while the log cannot be read is not stored, whatever the tolerance', async () => {
  const { ask, pass } = await withoutRedis({ logToleranceMs: 60_000 });
  await pass(3_000);
  for (let asked = 0; asked < 2; asked++)
    expect(await ask('new')).toMatchObject({ kind: 'forward', stored: false });
});
