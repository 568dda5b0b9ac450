import { cacheStatusHeader, memoryStore } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import type { Marks } from '../packages/askonce/src/store/shared.ts';
import { answer, apiError, type ChatWish, chat, completion } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { type CacheSetUpOptions, saying, setUpCache } from './support/set-up-cache.ts';

function setUp({ settings, ...options }: CacheSetUpOptions = {}) {
  const secret = 'a secret for these tests';
  const made = setUpCache({ ...options, settings: { repeatMs: 5_000, secret, ...settings } });
  /** Asks; if the provider is called, it answers with `text`. */
  const asked = (text: string, wish?: ChatWish) => made.replied(chat(wish), completion({ text }));
  return { ...made, asked };
}

describe('a caller that repeats its request at once', () => {
  it('a repeated request is sent to the provider, and the new answer replaces the old one', async () => {
    const { asked, clock, calls, cache } = setUp();
    await asked('first');
    clock.advance(4_999);
    const again = await asked('second');
    expect(cacheStatusHeader(again.cacheStatus)).toBe('askonce; fwd=request; stored; detail="repeat"');
    expect(await textOf(again)).toBe(completion({ text: 'second' }));
    expect(await textOf({ body: (await cache.get(chat()))?.recording.body ?? Buffer.of() })).toBe(
      completion({ text: 'second' }),
    );
    clock.advance(5_000);
    const later = await asked('third');
    expect([later.cacheStatus.kind, await textOf(later)]).toEqual(['hit', completion({ text: 'second' })]);
    expect(calls.length).toBe(2);
  });

  it('a request repeated after a hit is sent to the provider', async () => {
    const { asked, clock } = setUp();
    await asked('first');
    clock.advance(5_000);
    expect((await asked('second')).cacheStatus.kind).toBe('hit');
    clock.advance(1_000);
    expect((await asked('third')).cacheStatus).toMatchObject({ kind: 'forward', reason: 'request' });
  });

  it('a repeat is reported as a miss', async () => {
    const { asked, events } = setUp();
    await asked('first');
    await asked('second');
    expect(events.flatMap((event) => (event.type === 'miss' ? [event.reason] : []))).toEqual([
      'credential',
      'repeat',
    ]);
  });

  it('a repeated request is served the stored answer while the setting is off', async () => {
    const { asked } = setUp({ settings: { repeatMs: 0 } });
    await asked('first');
    expect((await asked('second')).cacheStatus.kind).toBe('hit');
  });

  it.each<[string, ChatWish]>([
    ['a request of another user', { body: { user: 'u-2' } }],
    ['a request for another form', { body: { stream: true } }],
    ['a client’s own retry', { headers: { authorization: 'Bearer alpha', 'x-stainless-retry-count': '1' } }],
    ['an only-if-cached request', { directives: { onlyIfCached: true } }],
  ])('%s is not a repeat, and is served the stored answer', async (_who, wish) => {
    const { ask, asked } = setUp();
    await asked('first');
    expect((await ask(wish)).cacheStatus.kind).toBe('hit');
  });

  it.each([['0'], ['x'], ['-1']])('a retry count of %s does not mark a client’s own retry', async (count) => {
    const { asked } = setUp();
    const headers = { authorization: 'Bearer alpha', 'x-stainless-retry-count': count };
    await asked('first', { headers });
    expect((await asked('second', { headers })).cacheStatus.kind).toBe('forward');
  });

  it('another session and another credential do not repeat a request that only the first has made', async () => {
    const { asked } = setUp({ settings: { scope: 'shared' } });
    await asked('known', { key: 'beta', question: 'Who is there?' });
    await asked('first');
    expect((await asked('second', { key: 'beta' })).cacheStatus.kind).toBe('hit');
    expect((await asked('second', { key: 'beta' })).cacheStatus.kind).toBe('forward');
    expect((await asked('s', { context: { session: 's-1' } })).cacheStatus).toMatchObject({ reason: 'miss' });
  });

  it('a request that was answered with an error is not repeated by the next', async () => {
    const { ask, call, asked, cache } = setUp();
    const failed = ask();
    await settled();
    answer(call(0), apiError('No', 'server_error'), 500);
    expect((await failed).status).toBe(500);
    const headers = { 'content-type': 'application/json' };
    await cache.set(chat(), { form: 'body', status: 200, headers, body: Buffer.from(completion()) });
    expect((await asked('first')).cacheStatus.kind).toBe('hit');
  });

  it('a repeat does not join a call from before it', async () => {
    const { ask, asked, calls, call } = setUp({ settings: { scope: 'shared' } });
    await asked('known', { key: 'beta', question: 'Who is there?' });
    await asked('first');
    const other = ask({ key: 'beta', directives: { noCache: true } });
    await settled();
    const again = ask();
    await settled();
    expect(calls.length).toBe(4);
    answer(call(2), completion({ text: 'for beta' }));
    answer(call(3), completion({ text: 'for alpha' }));
    expect(await textOf(await other)).toBe(completion({ text: 'for beta' }));
    expect(await textOf(await again)).toBe(completion({ text: 'for alpha' }));
  });
});

describe('repeats in several processes', () => {
  function marked(marks: Marks) {
    const clock = fakeClock();
    const memory = memoryStore({ clock });
    const store = { ...memory, shared: { ...memory.shared, marks } };
    return { clock, one: setUp({ clock, store }), other: setUp({ clock, store }) };
  }

  it.each([
    ['at once', <T>(value: T) => value],
    ['later', <T>(value: T) => Promise.resolve(value)],
  ])(
    'another process recognises a repeat by a digest in the marks (marks that answer %s)',
    async (_where, come) => {
      const marks = new Map<string, number>();
      const { one, other, clock } = marked({
        get: (name) => come(marks.get(name)),
        put: (name, until) => come(void marks.set(name, until)),
        remove: (name) => come(void marks.delete(name)),
      });
      await one.asked('first');
      await settled();
      expect((await other.asked('second')).cacheStatus).toMatchObject({
        reason: 'request',
        detail: 'repeat',
      });
      const names = [...marks.keys()].filter((name) => name.startsWith('repeat:'));
      expect(names).toEqual([expect.stringMatching(/^repeat:[0-9a-f]{32}$/)]);
      clock.advance(5_000);
      expect((await one.asked('third')).cacheStatus.kind).toBe('hit');
    },
  );

  it.each<[string, () => never | Promise<never>]>([
    [
      'throw',
      () => {
        throw new Error('no marks');
      },
    ],
    ['reject', () => Promise.reject(new Error('no marks'))],
    ['never answer', () => new Promise<never>(() => {})],
  ])('marks that %s cost no answer, and repeats within the process still count', async (_what, fail) => {
    const { one, other, clock } = marked({ get: fail, put: fail, remove: fail });
    const asked = async ({ cache }: typeof one, wish?: ChatWish) => {
      const reply = cache.ask(chat(wish), saying(completion()));
      for (let step = 0; step < 4; step++) {
        await settled();
        clock.advance(50);
      }
      return reply;
    };
    await asked(one);
    expect((await asked(one)).cacheStatus).toMatchObject({ reason: 'request' });
    await asked(other, { question: 'Who is there?' });
    expect((await asked(other)).cacheStatus.kind).toBe('hit');
    expect(other.events.some(({ type }) => type === 'store-trouble')).toBe(true);
  });
});
