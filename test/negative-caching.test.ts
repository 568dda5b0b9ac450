import { setImmediate as nextTurn } from 'node:timers/promises';
import { cacheStatusHeader, memoryStore, type Reply } from 'askonce';
import { type FakeClock, fakeClock, faultyStore } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import type { SelectorInput } from '../packages/askonce/src/invalidation/selector.ts';
import { apiError, type ChatWish, chat, completion } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import {
  failing,
  invalid,
  laterStore,
  limited,
  type NegativeSetUpOptions,
  negativeSetUp,
  type Said,
  well,
} from './support/negative-set-up.ts';

type SetUpOptions = Partial<NegativeSetUpOptions<FakeClock>>;

function setUp(wish: SetUpOptions = {}) {
  const made = negativeSetUp({ clock: fakeClock(), ...wish });
  return {
    ...made,
    store: wish.store,
    ask: (chatWish?: ChatWish) => made.cache.ask(chat(chatWish), made.provider),
  };
}

const isNegative = ({ cacheStatus }: Reply) =>
  cacheStatus.kind === 'hit' && cacheStatus.detail === 'negative';
const question = (number: number) => ({ question: `Question no. ${number}` });

describe('an invalid request', () => {
  it('an invalid request is asked once, however often it is repeated, and always answered with the very same error', async () => {
    const { ask, say, count, calls } = setUp();
    say(invalid);
    const first = await ask();
    expect(cacheStatusHeader(first.cacheStatus)).toBe('askonce; fwd=miss');
    for (let time = 1; time < 100; time++) {
      const reply = await ask();
      expect(reply.status).toBe(400);
      expect(await textOf(reply)).toBe(invalid.text);
    }
    expect(calls()).toBe(1);
    expect([count('negative'), count('miss'), count('provider-call')]).toEqual([99, 1, 1]);
  });

  it.each([
    ['at once', (clock: ReturnType<typeof fakeClock>) => memoryStore({ clock })],
    ['later', (clock: ReturnType<typeof fakeClock>) => laterStore(memoryStore({ clock }), nextTurn)],
  ])(
    'an invalid request is asked once by a hundred callers at the same time and a hundred later ones (a store that answers %s)',
    async (_where, storeOf) => {
      const clock = fakeClock();
      const { ask, say, calls } = setUp({ clock, store: storeOf(clock) });
      say(invalid);
      const replies = await Promise.all(Array.from({ length: 100 }, () => ask()));
      const after = await Promise.all(Array.from({ length: 100 }, () => ask()));
      expect(new Set([...replies, ...after].map(({ status }) => status))).toEqual(new Set([400]));
      expect(after.every(isNegative)).toBe(true);
      expect(calls()).toBe(1);
    },
  );

  it('a stored error is served with its age, its remaining lifetime and a request id of its own', async () => {
    const { ask, say, clock } = setUp();
    say({ ...invalid, headers: { 'set-cookie': 'a=b', 'retry-after': '7', 'x-ratelimit-limit': '5' } });
    await ask();
    clock.advance(10_400);
    const reply = await ask();
    expect(cacheStatusHeader(reply.cacheStatus)).toBe('askonce; hit; ttl=890; detail="negative"');
    expect(reply).toMatchObject({ age: 10, key: expect.stringMatching(/^askonce:v1:/) });
    const { 'x-request-id': id, ...headers } = reply.headers;
    expect(id).not.toBe('req_origin');
    expect(headers).toEqual({
      'content-type': 'application/json',
      'askonce-origin-request-id': 'req_origin',
    });
  });

  it('a stored error is served for a quarter of an hour, or for the time that is set', async () => {
    const { ask, say, clock, calls } = setUp();
    say(invalid);
    await ask();
    clock.advance(899_999);
    expect(isNegative(await ask())).toBe(true);
    clock.advance(1);
    await ask();
    expect(calls()).toBe(2);

    const short = setUp({ settings: { negativeSeconds: 5 } });
    short.say(invalid);
    await short.ask();
    short.clock.advance(5_000);
    await short.ask();
    expect(short.calls()).toBe(2);
  });

  it.each<[string, ChatWish]>([
    ['another limit on tokens', { body: { max_tokens: 5 } }],
    ['another form', { body: { stream: true } }],
    ['a parameter at its default', { body: { top_p: 1 } }],
    ['another user', { body: { user: 'u-2' } }],
  ])('a stored error is not served to a request with %s, although both share a key', async (_what, other) => {
    const { ask, say, calls } = setUp();
    say(invalid);
    const [first, key] = [await ask({ knownDefaults: true }), (await ask({ knownDefaults: true })).key];
    expect(first.key).toBe(key);
    say(well);
    const reply = await ask({ ...other, knownDefaults: true });
    expect(reply).toMatchObject({ status: 200, key });
    expect(calls()).toBe(2);
  });

  it('a stored answer is served rather than a stored error', async () => {
    const { ask, say, cache } = setUp();
    say(invalid);
    await ask();
    const stored = await cache.set(chat(), {
      form: 'body',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(completion()),
    });
    expect(stored).toBe(true);
    expect(await ask()).toMatchObject({ status: 200, cacheStatus: { kind: 'hit', detail: 'memory' } });
  });

  it('a stored error is not served to another credential, even on a shared scope', async () => {
    const { ask, say, calls } = setUp({ settings: { scope: 'shared' } });
    say(invalid);
    await ask({ key: 'alpha' });
    say(well);
    expect(await ask({ key: 'beta' })).toMatchObject({ status: 200, cacheStatus: { kind: 'forward' } });
    expect(calls()).toBe(2);
  });

  it('no-cache and a smaller max-age ask again past a stored error, while only-if-cached is served it', async () => {
    const { ask, say, clock, calls } = setUp();
    say(invalid);
    await ask();
    clock.advance(3_000);
    await ask({ directives: { noCache: true } });
    expect(calls()).toBe(2);
    clock.advance(3_000);
    expect(isNegative(await ask({ directives: { maxAge: 3 } }))).toBe(true);
    expect(await ask({ directives: { onlyIfCached: true } })).toMatchObject({ status: 400 });
    expect(calls()).toBe(2);
    await ask({ directives: { maxAge: 2 } });
    expect(calls()).toBe(3);
  });

  it.each<[string, ChatWish]>([
    ['no-store', { directives: { noStore: true } }],
    ['sensitive', { context: { sensitive: true } }],
  ])('an error is not stored for a request that is %s', async (_what, wish) => {
    const { ask, say, calls } = setUp();
    say(invalid);
    await ask(wish);
    await ask(wish);
    expect((await ask()).cacheStatus.kind).toBe('forward');
    expect(calls()).toBe(3);
  });

  it('with negative caching off every error is asked for again, without a call to the store', async () => {
    const clock = fakeClock();
    const store = faultyStore({ store: memoryStore({ clock }), clock });
    const { ask, say, calls } = setUp({ clock, store, settings: { negativeCache: false } });
    say(invalid);
    // No credential is accepted yet, and a refusal by the provider is no acceptance.
    for (let time = 0; time < 10; time++) await ask();
    expect(calls()).toBe(10);
    expect(store.calls).toBe(0);
  });

  it('looking for an error costs a miss at most one call to the store', async () => {
    const clock = fakeClock();
    const store = faultyStore({ store: memoryStore({ clock }), clock });
    const { ask, cache, provider } = setUp({ clock, store });
    await ask(question(1));
    const before = store.calls;
    await cache.ask(chat(question(2)), provider);
    // The lookup, the errors, the write.
    expect(store.calls - before).toBe(3);
  });

  it('an error is stored for a batch of embeddings as well', async () => {
    const { cache, provider, say, calls } = setUp();
    const batch = {
      ...chat(),
      protocol: 'openai-embeddings' as const,
      route: '/embeddings',
      body: JSON.stringify({ model: 'emb', input: ['a', ''] }),
    };
    say(invalid);
    const first = await cache.ask(batch, provider);
    const second = await cache.ask(batch, provider);
    expect([first.status, second.status, isNegative(second)]).toEqual([400, 400, true]);
    expect(await textOf(second)).toBe(invalid.text);
    expect(calls()).toBe(1);
  });
});

describe('errors of an account', () => {
  it.each<[string, Said, Partial<ChatWish>?]>([
    ['a wrong key', { status: 401, text: apiError('Incorrect API key provided', 'invalid_request_error') }],
    ['no permission', { status: 403, text: apiError('No', 'permission_denied') }],
    ['a payment that is due', { status: 402, text: apiError('Insufficient credits') }],
    [
      'a model that it may not use',
      { status: 404, text: apiError('The model does not exist or you do not have access to it.') },
    ],
    [
      'a quota that is used up',
      {
        status: 429,
        text: JSON.stringify({
          error: {
            message: 'You exceeded your current quota',
            type: 'insufficient_quota',
            param: null,
            code: 'insufficient_quota',
          },
        }),
      },
    ],
  ])('an error of an account is never stored: %s', async (_what, said) => {
    const { ask, say, calls, count } = setUp();
    say(said);
    for (let time = 0; time < 3; time++) expect((await ask()).cacheStatus.kind).toBe('forward');
    expect([calls(), count('negative')]).toEqual([3, 0]);
  });

  it('Anthropic’s exhausted credit, which arrives as a 400, is never stored', async () => {
    const { cache, provider, say, calls } = setUp();
    const message =
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.';
    say({
      status: 400,
      text: JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message } }),
    });
    const request = {
      ...chat({ body: { max_tokens: 10 } }),
      protocol: 'anthropic-messages' as const,
      route: '/messages',
    };
    for (let time = 0; time < 3; time++) await cache.ask(request, provider);
    expect(calls()).toBe(3);
    say({
      status: 400,
      text: JSON.stringify({
        type: 'error',
        error: { type: 'invalid_request_error', message: 'messages: at least one' },
      }),
    });
    for (let time = 0; time < 3; time++) await cache.ask(request, provider);
    expect(calls()).toBe(4);
  });
});

describe('a credential held back by a rate limit', () => {
  it('a rate limit holds a credential back from its model for any question, and states the remaining time', async () => {
    const { ask, say, clock, calls } = setUp();
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
    const { ask, say, calls } = setUp(wish);
    say(limited);
    await ask(question(1));
    say(well);
    expect((await ask({ ...question(1), ...other })).status).toBe(200);
    expect((await ask({ ...question(2), ...other })).status).toBe(200);
    expect(calls()).toBe(3);
    expect((await ask(question(2))).status).toBe(429);
  });

  it('a credential held back by a rate limit is still served stored answers', async () => {
    const { ask, say } = setUp();
    await ask(question(1));
    say(limited);
    await ask(question(2));
    expect((await ask(question(1))).status).toBe(200);
    expect((await ask(question(3))).status).toBe(429);
  });

  it('a rate limit holds back twice as long each time, until the provider answers well', async () => {
    const { ask, say, clock, calls } = setUp();
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
    const { ask, say, clock } = setUp();
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
    const { ask, say, calls } = setUp();
    say(limited);
    await Promise.all(Array.from({ length: 10 }, (_, number) => ask(question(number))));
    expect(calls()).toBe(10);
    expect((await ask(question(99))).headers).toMatchObject({ 'retry-after': '1' });
  });

  it('a credential held back by a rate limit may ask with no-cache, and a good answer ends its wait', async () => {
    const { ask, say, calls } = setUp();
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
    const { cache, provider, ask, say } = setUp({ clock });
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
      const { ask, say, clock, calls } = setUp();
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
    const { ask, say, clock } = setUp();
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
    const { ask, say, calls } = setUp({ settings: { scope: 'shared' } });
    say(failing);
    await ask();
    await ask({ key: 'beta' });
    await ask({ directives: { noCache: true } });
    expect(calls()).toBe(3);
  });

  it('an unreachable provider is asked again each time', async () => {
    const { cache } = setUp();
    let calls = 0;
    const gone = () => {
      calls++;
      return Promise.reject(new Error('gone'));
    };
    await expect(cache.ask(chat(), gone)).rejects.toThrow('could not be asked');
    await expect(cache.ask(chat(), gone)).rejects.toThrow('could not be asked');
    expect(calls).toBe(2);
  });
});

describe('errors that are not stored', () => {
  it.each<[string, Said]>([
    ['larger than 64 KiB', { status: 400, text: apiError('x'.repeat(70_000)) }],
    [
      'in an encoding that cannot be decoded',
      { status: 400, headers: { 'content-encoding': 'br' }, text: 'x' },
    ],
    [
      'a stream of events',
      { status: 400, headers: { 'content-type': 'text/event-stream' }, text: 'data: {}\n\n' },
    ],
    ['a redirection', { status: 302, text: '' }],
  ])('an error is not stored when it is %s', async (_what, said) => {
    const { ask, say, calls, count } = setUp();
    say(said);
    await textOf(await ask());
    await textOf(await ask());
    expect([calls(), count('negative')]).toEqual([2, 0]);
  });

  it('an error of a function is not stored', async () => {
    const { cache, provider, say, calls } = setUp();
    const request = {
      ...chat(),
      protocol: 'function' as const,
      body: JSON.stringify({ name: 'f', input: 1 }),
    };
    say(invalid);
    await cache.ask(request, provider);
    await cache.ask(request, provider);
    expect(calls()).toBe(2);
  });
});

describe('invalidation of stored errors', () => {
  it.each<[string, (key: string) => SelectorInput]>([
    ['the question', (keys) => ({ keys })],
    ['a tag', () => ({ tags: 'tmpl=greeting' })],
    ['the category', () => ({ category: 'faq' })],
    ['the model', () => ({ model: 'gpt-x' })],
    ['the user', () => ({ user: 'u-1' })],
    ['everything', () => ({ all: true })],
  ])('an invalidation by %s removes the stored error of an invalid request', async (_what, selector) => {
    const { ask, say, cache, calls } = setUp();
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
      const { ask, say, cache } = setUp();
      say({ ...limited, headers: { 'retry-after': '60' } });
      await ask({ context: { user: 'u-1' } });
      await cache.invalidate(selector);
      say(well);
      expect((await ask(question(2))).status).toBe(isFreed ? 200 : 429);
    },
  );

  it('an error of a call from before an invalidation is not stored', async () => {
    const gate = Promise.withResolvers<void>();
    const { cache, provider, say, ask, calls } = setUp();
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
    const { ask, say, clock, calls, count } = setUp({ settings: { staleDays: 0.5, ttlDays: 2 } });
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
    const { ask, say, clock } = setUp({ settings: { staleDays: 0.5, ttlDays: 2 } });
    await ask();
    clock.advance(43_200_001);
    say(invalid);
    expect([(await ask()).status, (await ask()).status]).toEqual([400, 400]);
  });

  it('a held-back request is answered by the caller’s fallback when nothing is stored', async () => {
    const { cache, provider, say, calls } = setUp();
    say(failing);
    const fallback = async () => provider();
    await cache.ask(chat(), provider);
    say(well);
    const reply = await cache.ask(chat(), provider, { fallback });
    expect(reply).toMatchObject({ status: 200, cacheStatus: { kind: 'forward', detail: 'fallback' } });
    expect(calls()).toBe(2);
  });
});

describe('refreshes of a credential that is held back', () => {
  const settings = { staleDays: 0.5, ttlDays: 2, staleWhileRevalidate: true };

  it('a stale answer is not refreshed while its credential is held back', async () => {
    const { ask, say, clock, calls, events } = setUp({ settings });
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
    return { clock, store, one: setUp({ clock, store: far() }), other: setUp({ clock, store: far() }) };
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
    const third = setUp({ clock, store });
    third.say(limited);
    await third.ask(question(6));
    expect((await third.ask(question(7))).headers).toMatchObject({ 'retry-after': '1' });
  });
});

describe('negative caching with a store in trouble', () => {
  it.each(['throw', 'reject', 'other-key', 'unreadable'] as const)(
    'with a store that fails by `%s` errors are remembered in the process, and each request is answered',
    async (fault) => {
      const clock = fakeClock();
      const store = faultyStore({ store: memoryStore({ clock }), clock });
      const { ask, say, calls } = setUp({ clock, store });
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
    const { ask, say, calls } = setUp({ clock, store });
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
    const { cache, provider, calls } = setUp({ clock, store: slow });
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
