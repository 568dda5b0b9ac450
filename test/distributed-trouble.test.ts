import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answer, completion, events, json, sse } from './support/chat.ts';
import { listen, textOf } from './support/gated-provider.ts';
import { startSharingGateways, troubledBudget } from './support/gateway-processes-on-redis.ts';
import { eventually, manualProvider } from './support/manual-provider.ts';
import { processes } from './support/processes.ts';
import { startRedis } from './support/redis-server.ts';

/** A follower that waited until the leader counts as dead would wait in vain. */
const patient = { progressMs: 600_000, leaseMs: 600_000 };
const streamed = { body: { stream: true } };

describe.each(['at once', 'silently'] as const)('a shared store that fails %s during a flight', (how) => {
  it.each([true, false])(
    'a follower that was sent nothing asks for itself when the shared store fails (following: %j)',
    async (followElsewhere) => {
      const { ask, pass, until, memory, clock, calls, call } = await processes(3, {
        ...patient,
        followElsewhere,
      });
      const leading = ask(0);
      await pass(20);
      const waiting = [1, 2].flatMap((index) => [0, 1].map(() => ask(index)));
      await pass(500);
      expect(calls.length).toBe(1);
      memory.fail(how);
      const failed = clock.monotonic();
      await until(() => calls.length === 3);
      // The failure is noticed at the next look, after which two calls may take their time.
      expect(clock.monotonic() - failed).toBeLessThan(1500);
      for (const index of [0, 1, 2]) answer(call(index));
      await pass(500);
      for (const reply of await Promise.all([leading, ...waiting]))
        expect(await textOf(reply)).toBe(completion());
      expect(calls.length).toBe(3);
    },
  );

  it('when the shared store fails, a stream that was sent something ends with an error, and a body is asked for anew', async () => {
    const { ask, pass, until, memory, calls, call } = await processes(2, { ...patient, progressMs: 20_000 });
    const leading = ask(0, streamed);
    const body = ask(0, { question: 'Whole?' });
    await pass(20);
    const reading = ask(1, streamed);
    const waiting = ask(1, { question: 'Whole?' });
    await pass(20);
    const [first = '', ...rest] = events(['one ', 'two']);
    call(0).begin(200, sse);
    call(0).send(first);
    call(1).begin(200, json);
    call(1).send(completion().slice(0, 10));
    await pass(50);
    const heard = listen(await reading);
    memory.fail(how);
    await until(() => calls.length === 3);
    answer(call(2), completion({ text: 'another' }));
    await pass(500);
    expect(await textOf(await waiting)).toContain('another');
    await until(() => heard.error !== undefined, 100);
    expect(heard.text).toBe(first);
    expect(heard.error).toMatchObject({ code: 'provider_broke_off' });
    for (const piece of rest) call(0).send(piece);
    call(0).end();
    call(1).send(completion().slice(10));
    call(1).end();
    await pass(500);
    expect(await textOf(await leading)).toBe([first, ...rest].join(''));
    expect(await textOf(await body)).toBe(completion());
    expect(calls.length).toBe(3);
  });
});

it('one failed call to the shared store does not make a follower ask beside a live leader', async () => {
  const { ask, pass, until, memory, calls, call } = await processes(2, patient);
  const leading = ask(0);
  await pass(20);
  let heard = '';
  void ask(1)
    .then(textOf)
    .then((text) => {
      heard = text;
    });
  await pass(500);
  memory.fail('at once');
  await pass(20);
  memory.fail('no more');
  await pass(5000, 50);
  expect(calls.length).toBe(1);
  answer(call(0));
  await until(() => heard !== '', 50);
  expect([heard, await textOf(await leading)]).toEqual([completion(), completion()]);
  expect(calls.length).toBe(1);
});

it.for(['kill', 'pause'] as const)(
  'a follower asks for itself when its Redis goes away (%s), however long a leader may be silent',
  { timeout: 60_000 },
  async (trouble) => {
    const redis = await startRedis();
    const provider = await manualProvider();
    const gateways = await startSharingGateways(2, {
      redisPort: redis.port,
      provider: provider.url,
      environment: { ...troubledBudget, ASKONCE_PROGRESS_MS: '600000', ASKONCE_LEASE_MS: '600000' },
    });
    const client = new Redis(redis.url).on('error', () => {});
    onTestFinished(() => client.disconnect());
    const body = JSON.stringify({ model: 'gpt-x', messages: [{ role: 'user', content: 'What?' }] });
    const [first, second] = gateways.map(
      ({ process }) =>
        () =>
          process.ask('/v1/chat/completions', body),
    );
    const leading = first?.();
    const one = await provider.call(0);
    const following = second?.();
    let streams: readonly string[] = [];
    await eventually(() => {
      void client.keys('*:flight').then((keys) => {
        streams = keys;
      });
      return streams.length > 0;
    }, 'the flight to be followed');
    await redis[trouble]();
    const other = await provider.call(1);
    for (const [{ response }, text] of [
      [one, 'one'],
      [other, 'other'],
    ] as const) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(completion({ text }));
    }
    expect((await leading)?.body.toString()).toContain('one');
    expect((await following)?.body.toString()).toContain('other');
    expect(provider.calls.length).toBe(2);
    redis.resume();
  },
);
