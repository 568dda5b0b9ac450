/**
 * Errors that are stored and served again, and errors that never are.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { cacheStatusHeader, memoryStore } from 'askonce';
import { fakeClock, faultyStore } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { apiError, type ChatWish, chat, completion } from './support/chat.ts';
import { textOf } from './support/gated-provider.ts';
import {
  invalid,
  isNegative,
  laterStore,
  question,
  type Said,
  setUpNegative,
  well,
} from './support/negative-set-up.ts';

describe('an invalid request', () => {
  it('an invalid request is asked once, however often it is repeated, and always answered with the very same error', async () => {
    const { ask, say, count, calls } = setUpNegative();
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
      const { ask, say, calls } = setUpNegative({ clock, store: storeOf(clock) });
      say(invalid);
      const replies = await Promise.all(Array.from({ length: 100 }, () => ask()));
      const after = await Promise.all(Array.from({ length: 100 }, () => ask()));
      expect(new Set([...replies, ...after].map(({ status }) => status))).toEqual(new Set([400]));
      expect(after.every(isNegative)).toBe(true);
      expect(calls()).toBe(1);
    },
  );

  it('a stored error is served with its age, its remaining lifetime and a request id of its own', async () => {
    const { ask, say, clock } = setUpNegative();
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
    const { ask, say, clock, calls } = setUpNegative();
    say(invalid);
    await ask();
    clock.advance(899_999);
    expect(isNegative(await ask())).toBe(true);
    clock.advance(1);
    await ask();
    expect(calls()).toBe(2);

    const short = setUpNegative({ settings: { negativeSeconds: 5 } });
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
    const { ask, say, calls } = setUpNegative();
    say(invalid);
    const [first, key] = [await ask({ knownDefaults: true }), (await ask({ knownDefaults: true })).key];
    expect(first.key).toBe(key);
    say(well);
    const reply = await ask({ ...other, knownDefaults: true });
    expect(reply).toMatchObject({ status: 200, key });
    expect(calls()).toBe(2);
  });

  it('a stored answer is served rather than a stored error', async () => {
    const { ask, say, cache } = setUpNegative();
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
    const { ask, say, calls } = setUpNegative({ settings: { scope: 'shared' } });
    say(invalid);
    await ask({ key: 'alpha' });
    say(well);
    expect(await ask({ key: 'beta' })).toMatchObject({ status: 200, cacheStatus: { kind: 'forward' } });
    expect(calls()).toBe(2);
  });

  it('no-cache and a smaller max-age ask again past a stored error, while only-if-cached is served it', async () => {
    const { ask, say, clock, calls } = setUpNegative();
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
    const { ask, say, calls } = setUpNegative();
    say(invalid);
    await ask(wish);
    await ask(wish);
    expect((await ask()).cacheStatus.kind).toBe('forward');
    expect(calls()).toBe(3);
  });

  it('with negative caching off every error is asked for again, without a call to the store', async () => {
    const clock = fakeClock();
    const store = faultyStore({ store: memoryStore({ clock }), clock });
    const { ask, say, calls } = setUpNegative({ clock, store, settings: { negativeCache: false } });
    say(invalid);
    // No credential is accepted yet, and a refusal by the provider is no acceptance.
    for (let time = 0; time < 10; time++) await ask();
    expect(calls()).toBe(10);
    expect(store.calls).toBe(0);
  });

  it('looking for an error costs a miss at most one call to the store', async () => {
    const clock = fakeClock();
    const store = faultyStore({ store: memoryStore({ clock }), clock });
    const { ask, cache, provider } = setUpNegative({ clock, store });
    await ask(question(1));
    const before = store.calls;
    await cache.ask(chat(question(2)), provider);
    // The lookup, the errors, the write.
    expect(store.calls - before).toBe(3);
  });

  it('an error is stored for a batch of embeddings as well', async () => {
    const { cache, provider, say, calls } = setUpNegative();
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
    const { ask, say, calls, count } = setUpNegative();
    say(said);
    for (let time = 0; time < 3; time++) expect((await ask()).cacheStatus.kind).toBe('forward');
    expect([calls(), count('negative')]).toEqual([3, 0]);
  });

  it('Anthropic’s exhausted credit, which arrives as a 400, is never stored', async () => {
    const { cache, provider, say, calls } = setUpNegative();
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
    const { ask, say, calls, count } = setUpNegative();
    say(said);
    await textOf(await ask());
    await textOf(await ask());
    expect([calls(), count('negative')]).toEqual([2, 0]);
  });

  it('an error of a function is not stored', async () => {
    const { cache, provider, say, calls } = setUpNegative();
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
