/** A breaker before a real server that goes and comes back. */
import { expect, it } from 'vitest';
import { startRedis } from '../../../../../test/support/redis-server.ts';
import { eventually, ownKeys, storeOn } from '../../../../../test/support/redis-stores.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import { breaker } from '../breaker/breaker.ts';

async function setUp() {
  const server = await startRedis();
  const clock = fakeClock(Date.now());
  const { prefix, keyOf } = ownKeys();
  // Its own time-outs are the machine's; the breaker's are this test's.
  const redis = await storeOn({ url: server.url, prefix, budgetMs: 1_000 });
  const changes: string[] = [];
  const guarded = breaker(redis, {
    clock,
    openMs: 60_000,
    onChange: ({ side, state }) => changes.push(`${side} ${state}`),
  });
  const entry = (name: string) => sampleEntry({ key: keyOf(name), now: Date.now() });
  const reads = async (name: string) => (await guarded.get(keyOf(name)))?.entry.key === keyOf(name);
  return { server, clock, redis, guarded, changes, entry, reads };
}

it('a restarted server is used again as soon as the driver has connected, for reads and writes each after one trial', async () => {
  const { server, redis, guarded, changes, entry, reads } = await setUp();
  expect(await guarded.set(entry('a'))).toBe('stored');
  expect(await reads('a')).toBe(true);
  await server.kill();
  for (let time = 0; time < 5; time++) {
    await expect(reads('a')).rejects.toMatchObject({ code: 'store_failed' });
    expect(await guarded.set(entry('b'))).toBe('failed');
  }
  expect(guarded.states()).toEqual({ reads: 'open', writes: 'open' });

  await server.restart();
  await expect
    .poll(
      () =>
        redis.ping().then(
          () => true,
          () => false,
        ),
      eventually,
    )
    .toBe(true);
  // The driver has reported the connection, and not a millisecond of the breaker's has passed.
  await expect.poll(() => reads('a').catch(() => false), eventually).toBe(true);
  expect(guarded.states()).toEqual({ reads: 'closed', writes: 'open' });
  expect(await guarded.set(entry('b'))).toBe('stored');
  expect(guarded.states()).toEqual({ reads: 'closed', writes: 'closed' });
  expect(await reads('b')).toBe(true);
  expect(changes).toEqual([
    'reads open',
    'writes open',
    'reads half-open',
    'reads closed',
    'writes half-open',
    'writes closed',
  ]);
});

it('reads of one unanswered command count as one failure', async () => {
  const { server, clock, guarded, changes, entry, reads } = await setUp();
  expect(await guarded.set(entry('a'))).toBe('stored');
  server.pause();
  const asked = Array.from({ length: 32 }, () => reads('a').catch(() => 'too slow'));
  clock.advance(50);
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['too slow']));
  server.resume();
  expect(guarded.states().reads).toBe('closed');
  await expect.poll(() => reads('a').catch(() => false), eventually).toBe(true);
  expect(changes).toEqual([]);
});
