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
  it('is asked once, however often it comes, and answered with the very same error', async () => {
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
    ['at hand', (clock: ReturnType<typeof fakeClock>) => memoryStore({ clock })],
    ['far', (clock: ReturnType<typeof fakeClock>) => laterStore(memoryStore({ clock }), nextTurn)],
  ])(
    'is asked once by a hundred at the same time, and those who come after, the store being %s',
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

  it('is told how old its error is, how long that stays, and a request id of its own', async () => {
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

  it('is asked again after a quarter of an hour, or what the settings say', async () => {
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
  ])('says nothing about one with %s, which means the same question', async (_what, other) => {
    const { ask, say, calls } = setUp();
    say(invalid);
    const [first, key] = [await ask({ knownDefaults: true }), (await ask({ knownDefaults: true })).key];
    expect(first.key).toBe(key);
    say(well);
    const reply = await ask({ ...other, knownDefaults: true });
    expect(reply).toMatchObject({ status: 200, key });
    expect(calls()).toBe(2);
  });

  it('gives way to an answer that is kept', async () => {
    const { ask, say, cache } = setUp();
    say(invalid);
    await ask();
    const kept = await cache.set(chat(), {
      form: 'body',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(completion()),
    });
    expect(kept).toBe(true);
    expect(await ask()).toMatchObject({ status: 200, cacheStatus: { kind: 'hit', detail: 'memory' } });
  });

  it('is heard of by nobody with another credential, also where all share one scope', async () => {
    const { ask, say, calls } = setUp({ settings: { scope: 'shared' } });
    say(invalid);
    await ask({ key: 'alpha' });
    say(well);
    expect(await ask({ key: 'beta' })).toMatchObject({ status: 200, cacheStatus: { kind: 'forward' } });
    expect(calls()).toBe(2);
  });

  it('is sent where the client says no-cache, or wants a younger answer, and answers who wants a kept one only', async () => {
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
  ])('is sent each time where it is %s, and leaves nothing', async (_what, wish) => {
    const { ask, say, calls } = setUp();
    say(invalid);
    await ask(wish);
    await ask(wish);
    expect((await ask()).cacheStatus.kind).toBe('forward');
    expect(calls()).toBe(3);
  });

  it('is sent each time while the flag is off, without a word to the store about errors', async () => {
    const clock = fakeClock();
    const store = faultyStore({ store: memoryStore({ clock }), clock });
    const { ask, say, calls } = setUp({ clock, store, settings: { negativeCache: false } });
    say(invalid);
    // The first is served to no credential yet; the provider's refusal is no acceptance.
    for (let time = 0; time < 10; time++) await ask();
    expect(calls()).toBe(10);
    expect(store.calls).toBe(0);
  });

  it('costs a miss one call of the store at most', async () => {
    const clock = fakeClock();
    const store = faultyStore({ store: memoryStore({ clock }), clock });
    const { ask, cache, provider } = setUp({ clock, store });
    await ask(question(1));
    const before = store.calls;
    await cache.ask(chat(question(2)), provider);
    // The lookup, the errors, the write.
    expect(store.calls - before).toBe(3);
  });

  it('is remembered for a batch of embeddings, too', async () => {
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

describe('errors of an account are never remembered', () => {
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
  ])('%s', async (_what, said) => {
    const { ask, say, calls, count } = setUp();
    say(said);
    for (let time = 0; time < 3; time++) expect((await ask()).cacheStatus.kind).toBe('forward');
    expect([calls(), count('negative')]).toEqual([3, 0]);
  });

  it("Anthropic's credit, which comes as a 400", async () => {
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

describe('a credential that the provider holds back', () => {
  it('is held back from that model, whatever it asks, and told for how long', async () => {
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
  ])('holds back nobody else: not %s', async (_who, wish, other) => {
    const { ask, say, calls } = setUp(wish);
    say(limited);
    await ask(question(1));
    say(well);
    expect((await ask({ ...question(1), ...other })).status).toBe(200);
    expect((await ask({ ...question(2), ...other })).status).toBe(200);
    expect(calls()).toBe(3);
    expect((await ask(question(2))).status).toBe(429);
  });

  it('is still given what is kept', async () => {
    const { ask, say } = setUp();
    await ask(question(1));
    say(limited);
    await ask(question(2));
    expect((await ask(question(1))).status).toBe(200);
    expect((await ask(question(3))).status).toBe(429);
  });

  it('is held back for twice as long each time, until the provider answers well', async () => {
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

  it('begins anew ten minutes after it was last held back', async () => {
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

  it('counts calls that were under way together as one failure', async () => {
    const { ask, say, calls } = setUp();
    say(limited);
    await Promise.all(Array.from({ length: 10 }, (_, number) => ask(question(number))));
    expect(calls()).toBe(10);
    expect((await ask(question(99))).headers).toMatchObject({ 'retry-after': '1' });
  });

  it('may still ask with no-cache, and is held back no more once that was answered well', async () => {
    const { ask, say, calls } = setUp();
    say({ ...limited, headers: { 'retry-after': '60' } });
    await ask(question(1));
    say(well);
    expect((await ask({ ...question(2), directives: { noCache: true } })).status).toBe(200);
    expect((await ask(question(3))).status).toBe(200);
    expect(calls()).toBe(3);
  });

  it('is not let go by a call that was under way before', async () => {
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

describe('a provider that fails', () => {
  it.each([500, 502, 503, 529, 408])(
    'is not asked that question again for a while after %i, but others',
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

  it('is left alone for twice as long each time, and as long as it asks for', async () => {
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

  it('is asked all the same by another credential, and with no-cache', async () => {
    const { ask, say, calls } = setUp({ settings: { scope: 'shared' } });
    say(failing);
    await ask();
    await ask({ key: 'beta' });
    await ask({ directives: { noCache: true } });
    expect(calls()).toBe(3);
  });

  it('is not taken for failing where it could not be reached', async () => {
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

describe('what is not remembered', () => {
  it.each<[string, Said]>([
    ['an error beyond 64 KiB', { status: 400, text: apiError('x'.repeat(70_000)) }],
    ['an error that could not be decoded', { status: 400, headers: { 'content-encoding': 'br' }, text: 'x' }],
    [
      'an error as a stream of events',
      { status: 400, headers: { 'content-type': 'text/event-stream' }, text: 'data: {}\n\n' },
    ],
    ['a redirection', { status: 302, text: '' }],
  ])('%s', async (_what, said) => {
    const { ask, say, calls, count } = setUp();
    say(said);
    await textOf(await ask());
    await textOf(await ask());
    expect([calls(), count('negative')]).toEqual([2, 0]);
  });

  it('an error of a function', async () => {
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

describe('an invalidation takes back what is remembered', () => {
  it.each<[string, (key: string) => SelectorInput]>([
    ['the question', (keys) => ({ keys })],
    ['a tag', () => ({ tags: 'tmpl=greeting' })],
    ['the category', () => ({ category: 'faq' })],
    ['the model', () => ({ model: 'gpt-x' })],
    ['the user', () => ({ user: 'u-1' })],
    ['everything', () => ({ all: true })],
  ])('of an invalid request, by %s', async (_what, selector) => {
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
  ])('of a credential that is held back, by %s', async (_what, selector, isTakenBack) => {
    const { ask, say, cache } = setUp();
    say({ ...limited, headers: { 'retry-after': '60' } });
    await ask({ context: { user: 'u-1' } });
    await cache.invalidate(selector);
    say(well);
    expect((await ask(question(2))).status).toBe(isTakenBack ? 200 : 429);
  });

  it('of a call that began before', async () => {
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

describe('where a stale answer is kept', () => {
  it.each([
    ['a provider that failed', failing],
    ['a credential that is held back', limited],
  ])('that stands in, rather than the error, for %s', async (_what, said) => {
    const { ask, say, clock, calls, count } = setUp({ settings: { staleDays: 0.5, ttlDays: 2 } });
    await ask();
    clock.advance(43_200_001);
    say(said);
    for (let time = 0; time < 3; time++) {
      const reply = await ask();
      expect([reply.status, await textOf(reply)]).toEqual([200, well.text]);
    }
    expect([calls(), count('negative'), count('stood-in')]).toEqual([2, 2, 3]);
  });

  it('the error of an invalid request is told all the same', async () => {
    const { ask, say, clock } = setUp({ settings: { staleDays: 0.5, ttlDays: 2 } });
    await ask();
    clock.advance(43_200_001);
    say(invalid);
    expect([(await ask()).status, (await ask()).status]).toEqual([400, 400]);
  });

  it('the caller’s own answer stands in where nothing is kept', async () => {
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

describe('a stale answer that is refreshed behind its reader', () => {
  const settings = { staleDays: 0.5, ttlDays: 2, staleWhileRevalidate: true };

  it('is left as it is while the credential is held back', async () => {
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

describe('several processes with one store', () => {
  function two() {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const far = () => laterStore(store, nextTurn);
    return { clock, store, one: setUp({ clock, store: far() }), other: setUp({ clock, store: far() }) };
  }

  it('hear of each other’s errors', async () => {
    const { one, other } = two();
    for (const { say } of [one, other]) say(invalid);
    await one.ask();
    await settled();
    const reply = await other.ask();
    expect([reply.status, isNegative(reply)]).toEqual([400, true]);
    expect(other.calls()).toBe(0);
  });

  it('hold a credential back together, for longer each time, and let it go together', async () => {
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

describe('with a store in trouble', () => {
  it.each(['throw', 'reject', 'other-key', 'unreadable'] as const)(
    'that answers with %s, errors are remembered in the process, and each request is answered',
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

  it('that never answers, a request waits no longer than its budget', async () => {
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

describe('a lookup for errors that takes its time', () => {
  it('misses no answer that lands meanwhile', async () => {
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
    // So that the credential is known: a lookup needs it.
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
    // The second has looked for an answer in vain and now looks for an error, when the first is kept.
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
