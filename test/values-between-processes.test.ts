/**
 * Streams of values between two processes that share a Redis.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { askValues, createCache } from 'askonce';
import { redisStore } from 'askonce/redis';
import { expect, it, onTestFinished } from 'vitest';
import { sharedRedis } from './support/redis-server.ts';
import { ownKeys } from './support/redis-stores.ts';
import { allOf, eventually, question, settingsOf } from './support/values-question.ts';

/** A cache of this process, and another process with a cache on the same Redis. */
async function two() {
  const [url, { prefix }] = [sharedRedis(), ownKeys()];
  const store = await redisStore({ url, prefix, budgetMs: 5000 });
  const cache = createCache({ store, settings: settingsOf(prefix) });
  onTestFinished(() => cache.close(0));
  const child = spawn(
    process.execPath,
    [
      '--conditions=askonce-source',
      '--disable-warning=ExperimentalWarning',
      new URL('./support/values-child.ts', import.meta.url).pathname,
      ...[url, prefix],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const other = {
    send: (line: string) => void child.stdin.write(`${line}\n`),
    said: async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? 'null'),
    kill: () => void child.kill('SIGKILL'),
    ended: async () => void (await ended),
  };
  await eventually(async () => (await cache.statistics()).logIsCurrent);
  expect(await other.said()).toEqual({ ready: true });
  return { cache, other };
}

const never = async (): Promise<AsyncIterable<unknown>> => {
  throw new Error('it was to be asked once');
};

it('a stream of values is followed live by another process, value by value, and replayed from the store', async () => {
  const { cache, other } = await two();
  const gates = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  const begun = Promise.withResolvers<void>();
  const leading = askValues(cache, question, async function* () {
    begun.resolve();
    for (const [index, { promise }] of gates.entries()) {
      await promise;
      yield { index, text: 'é\n', nothing: null };
    }
  });
  await begun.promise;
  other.send('go');
  gates[0]?.resolve();
  const own = (await leading).values;
  for (const [index, { resolve }] of gates.entries()) {
    resolve();
    const value = { index, text: 'é\n', nothing: null };
    expect(await own.next()).toEqual({ done: false, value });
    if (index === 0) expect(await other.said()).toEqual({ status: 'forward' });
    expect(await other.said()).toEqual({ value });
  }
  expect(await own.next()).toEqual({ done: true, value: undefined });
  expect(await other.said()).toEqual({ ended: true });
  const again = await askValues(cache, question, never);
  expect(again.cacheStatus.kind).toBe('hit');
  expect(await allOf(again.values)).toHaveLength(3);
});

it('a stream that another process leads is followed here from its first value', async () => {
  const { cache, other } = await two();
  other.send('go');
  expect(await other.said()).toEqual({ leads: true });
  other.send('one');
  expect([await other.said(), await other.said()]).toEqual([
    { status: 'forward' },
    { value: { said: 'one' } },
  ]);
  const { values } = await askValues(cache, question, never);
  expect(await values.next()).toEqual({ done: false, value: { said: 'one' } });
  other.send('two');
  expect(await values.next()).toEqual({ done: false, value: { said: 'two' } });
  other.send('end');
  expect(await values.next()).toEqual({ done: true, value: undefined });
});

it.each(['fail', 'kill'] as const)(
  'a stream whose process does this (%s) fails for followers here, and is not stored',
  async (how) => {
    const { cache, other } = await two();
    other.send('go');
    expect(await other.said()).toEqual({ leads: true });
    other.send('one');
    await other.said();
    const { values } = await askValues(cache, question, never);
    expect(await values.next()).toEqual({ done: false, value: { said: 'one' } });
    if (how === 'fail') other.send('fail');
    else other.kill();
    await expect(values.next()).rejects.toMatchObject({ code: 'provider_broke_off' });
    // Followers learn of a failure before the lease is free: until then, a new question would share it.
    await other.ended();
    const anew = await askValues(cache, question, async function* () {
      yield 'anew';
    });
    expect(await allOf(anew.values)).toEqual(['anew']);
  },
);
