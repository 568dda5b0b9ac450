/**
 * How long credentials and questions are held back after rate limits and failures.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { cacheStatusHeader, memoryStore } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { type ChatWish, chat } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import {
  failing,
  invalid,
  isNegative,
  laterStore,
  limited,
  question,
  type SetUpOptions,
  setUpNegative,
  well,
} from './support/negative-set-up.ts';

describe('a credential held back by a rate limit', () => {
  it('a rate limit holds a credential back from its model for any question, and states the remaining time', async () => {
    const { ask, say, clock, calls } = setUpNegative();
    say({ ...limited, headers: { 'retry-after': '7', 'retry-after-ms': '7000' } });
    await ask(question(1));
    clock.advance(2_500);
    const reply = await ask(question(2));
    expect(reply.status).toBe(429);
    expect(cacheStatusHeader(reply.cacheStatus)).toBe('askonce; hit; ttl=5; detail="negative"');
    expect(reply.headers).toMatchObject({ 'retry-after': '5', 'content-type': 'application/json' });
    expect(reply.headers).not.toHaveProperty('retry-after-ms');
    expect(reply.age).toBe(2);
    expect(await textOf(reply)).toBe(limited.text);
    expect(calls()).toBe(1);
    say(well);
    clock.advance(4_500);
    expect((await ask(question(2))).status).toBe(200);
  });

  it.each<[string, SetUpOptions, ChatWish]>([
    ['another credential', {}, { key: 'beta' }],
    ['another credential of a shared scope', { settings: { scope: 'shared' } }, { key: 'beta' }],
    ['the same for another model', {}, { body: { model: 'gpt-y' } }],
    ['the same at another provider', {}, { upstream: 'https://other.test/v1' }],
  ])('a rate limit does not hold back %s', async (_who, wish, other) => {
    const { ask, say, calls } = setUpNegative(wish);
    say(limited);
    await ask(question(1));
    say(well);
    expect((await ask({ ...question(1), ...other })).status).toBe(200);
    expect((await ask({ ...question(2), ...other })).status).toBe(200);
    expect(calls()).toBe(3);
    expect((await ask(question(2))).status).toBe(429);
  });

  it('a credential held back by a rate limit is still served stored answers', async () => {
    const { ask, say } = setUpNegative();
    await ask(question(1));
    say(limited);
    await ask(question(2));
    expect((await ask(question(1))).status).toBe(200);
    expect((await ask(question(3))).status).toBe(429);
  });

  it('a rate limit holds back twice as long each time, until the provider answers well', async () => {
    const { ask, say, clock, calls } = setUpNegative();
    say(limited);
    const waits: unknown[] = [];
    for (let time = 1; time <= 10; time++) {
      await ask(question(time));
      const { cacheStatus, headers } = await ask(question(1_000 + time));
      waits.push(headers['retry-after']);
      clock.advance(cacheStatus.kind === 'hit' ? cacheStatus.ttl * 1000 : 0);
    }
    expect(waits).toEqual(['1', '2', '4', '8', '16', '32', '64', '128', '256', '300']);
    expect(calls()).toBe(10);
    say(well);
    await ask(question(0));
    say(limited);
    await ask(question(11));
    expect((await ask(question(12))).headers).toMatchObject({ 'retry-after': '1' });
  });

  it('the time held back starts again at its shortest ten minutes after the last rate limit', async () => {
    const { ask, say, clock } = setUpNegative();
    say(limited);
    for (let time = 1; time <= 3; time++) {
      await ask(question(time));
      clock.advance(4_000);
    }
    clock.advance(600_000);
    await ask(question(4));
    expect((await ask(question(5))).headers).toMatchObject({ 'retry-after': '1' });
  });

  it('rate limits of calls under way at the same time count as one', async () => {
    const { ask, say, calls } = setUpNegative();
    say(limited);
    await Promise.all(Array.from({ length: 10 }, (_, number) => ask(question(number))));
    expect(calls()).toBe(10);
    expect((await ask(question(99))).headers).toMatchObject({ 'retry-after': '1' });
  });

  it('a credential held back by a rate limit may ask with no-cache, and a good answer ends its wait', async () => {
    const { ask, say, calls } = setUpNegative();
    say({ ...limited, headers: { 'retry-after': '60' } });
    await ask(question(1));
    say(well);
    expect((await ask({ ...question(2), directives: { noCache: true } })).status).toBe(200);
    expect((await ask(question(3))).status).toBe(200);
    expect(calls()).toBe(3);
  });

  it('a good answer to a call from before a rate limit does not end the wait', async () => {
    const clock = fakeClock();
    const gate = Promise.withResolvers<void>();
    const { cache, provider, ask, say } = setUpNegative({ clock });
    const slow = cache.ask(chat(question(1)), async () => {
      await gate.promise;
      say(well);
      return provider();
    });
    await settled();
    say(limited);
    await ask(question(2));
    gate.resolve();
    expect((await slow).status).toBe(200);
    expect((await ask(question(3))).status).toBe(429);
  });
});

describe('a failing provider', () => {
  it.each([500, 502, 503, 529, 408])(
    'after a %i the same question is held back for a while, and other questions are not',
    async (status) => {
      const { ask, say, clock, calls } = setUpNegative();
      say({ ...failing, status });
      await ask(question(1));
      const reply = await ask(question(1));
      expect(reply).toMatchObject({ status, headers: { 'retry-after': '1' } });
      expect(isNegative(reply)).toBe(true);
      say(well);
      expect((await ask(question(2))).status).toBe(200);
      clock.advance(1_000);
      expect((await ask(question(1))).status).toBe(200);
      expect(calls()).toBe(3);
    },
  );

  it('a failing provider is left alone twice as long each time, or for as long as it asks', async () => {
    const { ask, say, clock } = setUpNegative();
    say(failing);
    await ask();
    clock.advance(1_000);
    await ask();
    expect((await ask()).headers).toMatchObject({ 'retry-after': '2' });
    clock.advance(2_000);
    say({ ...failing, headers: { 'retry-after': '30' } });
    await ask();
    expect((await ask()).headers).toMatchObject({ 'retry-after': '30' });
  });

  it('a failing provider is still asked by another credential, and with no-cache', async () => {
    const { ask, say, calls } = setUpNegative({ settings: { scope: 'shared' } });
    say(failing);
    await ask();
    await ask({ key: 'beta' });
    await ask({ directives: { noCache: true } });
    expect(calls()).toBe(3);
  });

  it('an unreachable provider is asked again each time', async () => {
    const { cache } = setUpNegative();
    let calls = 0;
    const gone = () => {
      calls++;
      return Promise.reject(new Error('gone'));
    };
    await expect(cache.ask(chat(), gone)).rejects.toThrow('could not be called');
    await expect(cache.ask(chat(), gone)).rejects.toThrow('could not be called');
    expect(calls).toBe(2);
  });
});

describe('refreshes of a credential that is held back', () => {
  const settings = { staleDays: 0.5, ttlDays: 2, staleWhileRevalidate: true };

  it('a stale answer is not refreshed while its credential is held back', async () => {
    const { ask, say, clock, calls, events } = setUpNegative({ settings });
    await ask(question(1));
    clock.advance(43_200_001);
    say({ ...limited, headers: { 'retry-after': '60' } });
    await ask(question(2));
    expect((await ask(question(1))).status).toBe(200);
    await settled();
    expect(calls()).toBe(2);
    expect(events.flatMap((event) => (event.type === 'refresh' ? [event.outcome] : []))).toEqual(['skipped']);
    clock.advance(60_000);
    say(well);
    await ask(question(1));
    await settled();
    expect(calls()).toBe(3);
  });
});

describe('several processes over one store', () => {
  function two() {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const far = () => laterStore(store, nextTurn);
    return {
      clock,
      store,
      one: setUpNegative({ clock, store: far() }),
      other: setUpNegative({ clock, store: far() }),
    };
  }

  it('processes over one store serve each other’s errors', async () => {
    const { one, other } = two();
    for (const { say } of [one, other]) say(invalid);
    await one.ask();
    await settled();
    const reply = await other.ask();
    expect([reply.status, isNegative(reply)]).toEqual([400, true]);
    expect(other.calls()).toBe(0);
  });

  it('processes over one store hold a credential back together, longer each time, until a good answer', async () => {
    const { one, other, clock, store } = two();
    for (const { say } of [one, other]) say(limited);
    await one.ask(question(1));
    await settled();
    expect((await other.ask(question(2))).status).toBe(429);
    expect(other.calls()).toBe(0);
    clock.advance(1_000);
    await other.ask(question(3));
    await settled();
    expect((await other.ask(question(4))).headers).toMatchObject({ 'retry-after': '2' });
    clock.advance(2_000);
    other.say(well);
    await other.ask(question(5));
    await settled();
    const third = setUpNegative({ clock, store });
    third.say(limited);
    await third.ask(question(6));
    expect((await third.ask(question(7))).headers).toMatchObject({ 'retry-after': '1' });
  });
});
