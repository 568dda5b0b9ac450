/**
 * Stored errors beside invalidations, stale answers, and stores that fail or are slow.
 */
import { memoryStore } from 'askonce';
import { fakeClock, faultyStore } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import type { SelectorInput } from '../packages/askonce/src/invalidation/selector.ts';
import { chat } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import {
  failing,
  invalid,
  isNegative,
  laterStore,
  limited,
  question,
  setUpNegative,
  well,
} from './support/negative-set-up.ts';

describe('invalidation of stored errors', () => {
  it.each<[string, (key: string) => SelectorInput]>([
    ['the question', (keys) => ({ keys })],
    ['a tag', () => ({ tags: 'tmpl=greeting' })],
    ['the category', () => ({ category: 'faq' })],
    ['the model', () => ({ model: 'gpt-x' })],
    ['the user', () => ({ user: 'u-1' })],
    ['everything', () => ({ all: true })],
  ])('an invalidation by %s removes the stored error of an invalid request', async (_what, selector) => {
    const { ask, say, cache, calls } = setUpNegative();
    const context = { template: { id: 'greeting' }, category: 'faq', user: 'u-1' };
    say(invalid);
    const { key = '' } = await ask({ context });
    await cache.invalidate({ tags: 'tmpl=other' });
    expect(isNegative(await ask({ context }))).toBe(true);
    await cache.invalidate(selector(key));
    say(well);
    expect((await ask({ context })).status).toBe(200);
    expect(calls()).toBe(2);
  });

  it.each<[string, SelectorInput, boolean]>([
    ['the model', { model: 'gpt-x' }, true],
    ['everything', { all: true }, true],
    ['the user who happened to ask', { user: 'u-1' }, false],
  ])(
    'an invalidation by %s (%j) frees a credential that is held back: %s',
    async (_what, selector, isFreed) => {
      const { ask, say, cache } = setUpNegative();
      say({ ...limited, headers: { 'retry-after': '60' } });
      await ask({ context: { user: 'u-1' } });
      await cache.invalidate(selector);
      say(well);
      expect((await ask(question(2))).status).toBe(isFreed ? 200 : 429);
    },
  );

  it('an error of a call from before an invalidation is not stored', async () => {
    const gate = Promise.withResolvers<void>();
    const { cache, provider, say, ask, calls } = setUpNegative();
    say(invalid);
    const context = { template: { id: 'greeting' } };
    const slow = cache.ask(chat({ context }), async () => {
      await gate.promise;
      return provider();
    });
    await settled();
    await cache.invalidate({ tags: 'tmpl=greeting' });
    gate.resolve();
    expect((await slow).status).toBe(400);
    await ask({ context });
    expect(calls()).toBe(2);
  });
});

describe('stored errors and stale answers', () => {
  it.each([
    ['a provider that failed', failing],
    ['a credential that is held back', limited],
  ])('a stale answer is served rather than the error of %s', async (_what, said) => {
    const { ask, say, clock, calls, count } = setUpNegative({ settings: { staleDays: 0.5, ttlDays: 2 } });
    await ask();
    clock.advance(43_200_001);
    say(said);
    for (let time = 0; time < 3; time++) {
      const reply = await ask();
      expect([reply.status, await textOf(reply)]).toEqual([200, well.text]);
    }
    expect([calls(), count('negative'), count('fallback')]).toEqual([2, 2, 3]);
  });

  it('the error of an invalid request is returned although there is a stale answer', async () => {
    const { ask, say, clock } = setUpNegative({ settings: { staleDays: 0.5, ttlDays: 2 } });
    await ask();
    clock.advance(43_200_001);
    say(invalid);
    expect([(await ask()).status, (await ask()).status]).toEqual([400, 400]);
  });

  it('a held-back request is answered by the caller’s fallback when nothing is stored', async () => {
    const { cache, provider, say, calls } = setUpNegative();
    say(failing);
    const fallback = async () => provider();
    await cache.ask(chat(), provider);
    say(well);
    const reply = await cache.ask(chat(), provider, { fallback });
    expect(reply).toMatchObject({ status: 200, cacheStatus: { kind: 'forward', detail: 'fallback' } });
    expect(calls()).toBe(2);
  });
});

describe('negative caching with a store in trouble', () => {
  it.each(['throw', 'reject', 'other-key', 'unreadable'] as const)(
    'with a store that fails by `%s` errors are remembered in the process, and each request is answered',
    async (fault) => {
      const clock = fakeClock();
      const store = faultyStore({ store: memoryStore({ clock }), clock });
      const { ask, say, calls } = setUpNegative({ clock, store });
      store.fault = fault;
      say(invalid);
      expect((await ask(question(1))).status).toBe(400);
      expect((await ask(question(1))).status).toBe(400);
      expect(calls()).toBe(1);
      say(well);
      expect((await ask(question(2))).status).toBe(200);
    },
  );

  it('with a store that hangs a request waits no longer than the store’s budget', async () => {
    const clock = fakeClock();
    const store = faultyStore({ store: memoryStore({ clock }), clock });
    const { ask, say, calls } = setUpNegative({ clock, store });
    await ask(question(1));
    store.fault = 'hang';
    say(invalid);
    const asked = ask(question(2));
    await settled();
    expect(calls()).toBe(1);
    clock.advance(50);
    expect((await asked).status).toBe(400);
    expect(calls()).toBe(2);
  });
});

describe('a slow lookup of errors', () => {
  it('an answer that is stored during a slow lookup of errors is joined, not asked for again', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const turns: (() => void)[] = [];
    const slow = laterStore(store, () => new Promise((resolve) => turns.push(resolve)));
    const { cache, provider, calls } = setUpNegative({ clock, store: slow });
    const go = async (turn: 'oldest' | 'newest') => {
      (turn === 'oldest' ? turns.shift() : turns.pop())?.();
      await settled();
    };
    const gate = Promise.withResolvers<void>();
    const gated = async () => {
      await gate.promise;
      return provider();
    };
    // The credential must be accepted before anything is looked up.
    const known = cache.ask(chat(question(0)), provider);
    await settled();
    while (turns.length > 0) await go('oldest');
    await known;
    const first = cache.ask(chat(question(1)), gated);
    await settled();
    await go('oldest');
    await go('oldest');
    const second = cache.ask(chat(question(1)), gated);
    await settled();
    await go('oldest');
    // The second has found no answer and now looks for an error, when the first is stored.
    gate.resolve();
    await settled();
    expect(turns.length).toBe(2);
    await go('newest');
    expect((await first).status).toBe(200);
    await go('oldest');
    await settled();
    while (turns.length > 0) await go('oldest');
    expect((await second).cacheStatus).toMatchObject({ collapsed: true });
    expect(calls()).toBe(2);
  });
});
