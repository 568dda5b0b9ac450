/**
 * Answers by their keys: a caller that knows the key of an answer reads it from its flight or its entry, if a request of
 * that caller could have had the key.
 */
import { createCache, memoryStore, type Subscriber } from 'askonce';
import { cachedHandler } from 'askonce/endpoint';
import { fakeClock, faultyStore } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { answer, apiError, chat, events, json, sse, stream } from './support/chat.ts';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { type CacheSetUpOptions, setUpCache } from './support/set-up-cache.ts';

const secret = 'sixteen or more characters';
const all = events(['Par', 'is', ' it', ' is.']);
const streamed = { body: { stream: true } } as const;
const withoutIds = (text: string) => text.replace(/^id: .*\n/gm, '');
const idsIn = (text: string) => Array.from(text.matchAll(/^id: (\S+)$/gm), ([, id]) => id ?? '');

function setUp(options: CacheSetUpOptions = {}) {
  const made = setUpCache({ ...options, settings: { secret, ...options.settings } });
  const { cache, clock } = made;
  /** Subscribes as the credential; a refusal is waited for. */
  async function subscribe(key: string | undefined, as = 'alpha', more: Partial<Subscriber> = {}) {
    const asked = cache.subscribe(key ?? '', { headers: { authorization: `Bearer ${as}` }, ...more });
    asked.catch(() => {});
    await settled();
    clock.advance(100);
    return await asked;
  }
  /** Asks for a stream of which `sent` events have come. */
  async function flying(sent: number, wish: Parameters<typeof chat>[0] = streamed) {
    const asked = cache.ask(chat(wish), made.provider);
    await settled();
    const call = made.call(made.calls.length - 1);
    call.begin(200, sse);
    for (const event of all.slice(0, sent)) call.send(event);
    const reply = await asked;
    const leader = listen(reply);
    await settled();
    const rest = async (from = sent) => {
      for (const event of all.slice(from)) call.send(event);
      call.end();
      await settled();
    };
    return { call, reply, leader, rest };
  }
  return { ...made, subscribe, flying };
}

const reads = async (subscription: Awaited<ReturnType<ReturnType<typeof setUp>['subscribe']>>) => {
  if (subscription === undefined) throw new Error('there is no answer');
  return await textOf(subscription.reply);
};

describe('an answer that is being generated', () => {
  it('a late subscriber gets what came before and follows without a gap, byte for byte but for the ids', async () => {
    const { subscribe, flying, calls, events: observed } = setUp();
    const { reply, leader, rest } = await flying(3);
    const late = await subscribe(reply.key);
    expect(late).toMatchObject({
      protocol: 'openai-chat',
      reply: {
        status: 200,
        key: reply.key,
        cacheStatus: { kind: 'forward', reason: 'miss', collapsed: true },
      },
    });
    const plain = await subscribe(reply.key, 'alpha', { eventIds: false });
    await rest();
    const text = await reads(late);
    expect([withoutIds(text), await reads(plain)]).toEqual([leader.text, leader.text]);
    expect(leader.text).toBe(all.join(''));
    expect(idsIn(text).map((id) => id.split(':')[1])).toEqual(all.map((_, index) => String(index + 1)));
    expect(calls.length).toBe(1);
    expect(observed.filter(({ type }) => type === 'subscribed')).toEqual([
      { type: 'subscribed', from: 'flight' },
      { type: 'subscribed', from: 'flight' },
    ]);
  });

  it('a subscriber resumes after the last event that it saw, in the flight and later in the entry', async () => {
    const { subscribe, flying } = setUp();
    const { reply, rest } = await flying(3);
    const first = await subscribe(reply.key);
    if (first === undefined) throw new Error('there is no answer');
    const heard = listen(first.reply);
    await settled();
    const lastEventId = idsIn(heard.text).at(-1);
    heard.leave();
    const second = await subscribe(reply.key, 'alpha', { lastEventId });
    await rest();
    const third = await subscribe(reply.key, 'alpha', { lastEventId });
    const expected = all.slice(3).join('');
    expect([withoutIds(await reads(second)), withoutIds(await reads(third))]).toEqual([expected, expected]);
    const another = await subscribe(reply.key, 'alpha', { lastEventId: '0123456789abcdef:2' });
    expect(withoutIds(await reads(another))).toBe(all.join(''));
  });

  it('a body that is being generated becomes a stream for a subscriber', async () => {
    const { cache, subscribe, provider, call } = setUp();
    const asked = cache.ask(chat(), provider);
    await settled();
    const { key } = await cache.explain(chat()).then((one) => (one.kind === 'bypass' ? { key: '' } : one));
    const late = subscribe(key);
    await settled();
    answer(call(0));
    await asked;
    const text = await reads(await late);
    expect(text).toContain('Paris.');
    expect(text).toMatch(/^id: \S+:1$/m);
    expect(text).toMatch(/data: \[DONE\]\nid: \S+\n\n$/);
  });

  it('a failure of the provider reaches a subscriber with the credential that it concerns', async () => {
    const { cache, subscribe, provider, call } = setUp();
    const asked = cache.ask(chat(streamed), provider);
    await settled();
    const explained = await cache.explain(chat(streamed));
    const late = subscribe(explained.kind === 'bypass' ? '' : explained.key);
    await settled();
    answer(call(0), apiError('no'), 400);
    await asked;
    const found = await late;
    expect([found?.reply.status, await reads(found)]).toEqual([400, apiError('no')]);
  });

  it('a subscriber that leaves is not served on, and the rest are', async () => {
    const { subscribe, flying } = setUp();
    const { reply, leader, rest } = await flying(2);
    const leaving = new AbortController();
    const late = await subscribe(reply.key, 'alpha', { signal: leaving.signal });
    if (late === undefined) throw new Error('there is no answer');
    const heard = listen(late.reply);
    await settled();
    leaving.abort(new Error('gone'));
    await rest();
    expect([heard.error?.message, withoutIds(heard.text)]).toEqual(['gone', all.slice(0, 2).join('')]);
    expect(leader.text).toBe(all.join(''));
  });

  it('a refresh does not take the place of the entry that a subscriber has begun to read', async () => {
    const set = setUp({ settings: { staleWhileRevalidate: true, staleDays: 1 / 24, ttlDays: 1 } });
    const { cache, subscribe, flying, clock, provider, call } = set;
    const { reply, rest } = await flying(0);
    await rest();
    const before = idsIn(await reads(await subscribe(reply.key)));
    clock.advance(2 * 3_600_000);
    await textOf(await cache.ask(chat(streamed), provider));
    await settled();
    call(1).begin(200, sse);
    const other = events(['Lyon', ' it', ' is.']);
    call(1).send(other[0] ?? '');
    await settled();
    const resumed = await subscribe(reply.key, 'alpha', { lastEventId: before[1] });
    expect(withoutIds(await reads(resumed))).toBe(all.slice(2).join(''));
    const anew = await subscribe(reply.key);
    for (const event of other.slice(1)) call(1).send(event);
    call(1).end();
    expect(withoutIds(await reads(anew))).toBe(other.join(''));
  });

  it('a flight whose answer has been invalidated takes no subscriber', async () => {
    const { cache, subscribe, flying } = setUp();
    const { reply, rest } = await flying(2, { ...streamed, context: { tags: ['team=a'] } });
    await cache.invalidate({ tags: ['team=a'] });
    expect(await subscribe(reply.key)).toBeUndefined();
    await rest();
    expect(await subscribe(reply.key)).toBeUndefined();
  });
});

describe('an answer that is stored', () => {
  it('a stream is replayed with its ids, as a hit with its age, and counts as no request', async () => {
    const { subscribe, flying, clock, events: observed } = setUp();
    const { reply, rest } = await flying(0);
    await rest();
    const asked = observed.length;
    clock.advance(4900);
    const found = await subscribe(reply.key);
    expect(found?.reply).toMatchObject({
      age: 4,
      key: reply.key,
      cacheStatus: { kind: 'hit', detail: 'memory' },
    });
    expect(withoutIds(await reads(found))).toBe(all.join(''));
    expect(observed.slice(asked)).toEqual([{ type: 'subscribed', from: 'entry' }]);
  });

  it('a body becomes a stream where the protocol can, and is served as it is elsewhere', async () => {
    const { subscribe, stored, cache, provider, call, calls } = setUp();
    const text = await stored({});
    const found = await subscribe(text.key);
    expect(found?.reply.cacheStatus).toMatchObject({ detail: 'converted' });
    expect(await reads(found)).toContain('data: [DONE]');
    const request = {
      ...chat(),
      protocol: 'openai-embeddings',
      route: '/embeddings',
      body: '{"model":"embed-x","input":"a"}',
    };
    const vector = '{"object":"embedding","index":0,"embedding":[0.5]}';
    const vectors = `{"object":"list","data":[${vector}],"model":"embed-x"}`;
    const asked = cache.ask(request, provider);
    await settled();
    answer(call(calls.length - 1), vectors);
    const plain = await subscribe((await asked).key);
    expect([await reads(plain), plain?.reply.headers['content-type']]).toEqual([
      vectors,
      json['content-type'],
    ]);
  });

  it('another process with the same store and secret serves an entry, and one with another secret does not', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const first = setUp({ store, clock });
    const { key } = await first.stored({});
    for (const [own, served] of [
      [secret, true],
      ['another of sixteen characters', false],
    ] as const) {
      const second = setUp({ store, clock, settings: { secret: own } });
      await second.stored({ question: 'Am I alpha?' });
      expect((await second.subscribe(key)) !== undefined).toBe(served);
    }
  });

  it('an entry that the store returns under the key of another route is not served', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    let mixedUp: string | undefined;
    const get = async (key: string) => {
      const found = await store.get(mixedUp ?? key);
      return found && { ...found, entry: { ...found.entry, key } };
    };
    const cache = createCache({ clock, store: { ...store, get } });
    const handler = cachedHandler(cache, (request) => new Response(`at ${new URL(request.url).pathname}`), {
      routes: { '/one': {}, '/two': {} },
    });
    for (const path of ['/one', '/two']) await (await handler(new Request(`http://a.test${path}`))).text();
    const keys = (await cache.page()).entries.map(({ key }) => key).toSorted();
    expect(keys).toEqual([expect.stringContaining(':api:/one:{'), expect.stringContaining(':api:/two:{')]);
    const [one = '', other = ''] = keys;
    async function subscribe(key: string) {
      const asked = cache.subscribe(key, { headers: { host: 'a.test' } });
      await settled();
      clock.advance(100);
      return await asked;
    }
    expect(await reads(await subscribe(one))).toBe('at /one');
    mixedUp = other;
    expect(await subscribe(one)).toBeUndefined();
  });

  it('an entry that cannot be read is not served, and is reported as store trouble', async () => {
    const clock = fakeClock();
    const store = faultyStore({ store: memoryStore({ clock }), clock });
    const { subscribe, stored, count } = setUp({ store, clock });
    const { key } = await stored({});
    store.fault = 'unreadable';
    expect(await subscribe(key)).toBeUndefined();
    expect(count('store-trouble')).toBe(1);
  });

  it('an entry that is stale is replayed, and one that has expired is not', async () => {
    const { subscribe, stored, clock } = setUp({
      settings: { staleDays: 1, ttlDays: 2, staleWhileRevalidate: false },
    });
    const { key } = await stored({});
    clock.advance(1.5 * 86_400_000);
    // The provider's acceptance is older than the entry's freshness.
    await stored({ question: 'Another?' });
    expect((await subscribe(key))?.reply.cacheStatus).toMatchObject({ kind: 'hit' });
    clock.advance(86_400_000);
    await stored({ question: 'And another?' });
    expect(await subscribe(key)).toBeUndefined();
  });
});

describe('a caller that may not be served', () => {
  it('another credential, tenant, user or session gets nothing, neither from the flight nor from the entry', async () => {
    const { subscribe, flying, stored } = setUp();
    await stored({ key: 'beta', question: 'Am I beta?' });
    const context = { tenant: 't', user: 'u', session: 's' };
    const { reply, rest } = await flying(2, { ...streamed, context });
    const others = async () => [
      await subscribe(reply.key, 'beta', { context }),
      await subscribe(reply.key, '', { context }),
      await subscribe(reply.key, 'alpha'),
      await subscribe(reply.key, 'alpha', { context: { ...context, tenant: 'x' } }),
      await subscribe(reply.key, 'alpha', { context: { ...context, user: 'x' } }),
      await subscribe(reply.key, 'alpha', { context: { ...context, session: 'x' } }),
      await subscribe(reply.key, 'alpha', { context: { ...context, sensitive: true } }),
    ];
    expect(new Set(await others())).toEqual(new Set([undefined]));
    expect((await subscribe(reply.key, 'alpha', { context }))?.reply.status).toBe(200);
    await rest();
    expect(new Set(await others())).toEqual(new Set([undefined]));
    expect((await subscribe(reply.key, 'alpha', { context }))?.reply.status).toBe(200);
  });

  it('on a shared scope only a credential that the provider has accepted is served', async () => {
    const { subscribe, flying, stored } = setUp({ settings: { scope: 'shared' } });
    await stored({ key: 'beta', question: 'Am I beta?' });
    const { reply, rest } = await flying(2);
    expect(await subscribe(reply.key, 'gamma')).toBeUndefined();
    const late = await subscribe(reply.key, 'beta');
    await rest();
    expect(withoutIds(await reads(late))).toBe(all.join(''));
    expect(await subscribe(reply.key, 'gamma')).toBeUndefined();
    expect(withoutIds(await reads(await subscribe(reply.key, 'beta')))).toBe(all.join(''));
  });

  it('a sensitive request, one that is not to be stored and one that is unknown have no key to subscribe to', async () => {
    const { cache, subscribe, flying, provider, call, calls } = setUp();
    const { key } = (await flying(2, { ...streamed, question: 'Known?' })).reply;
    for (const wish of [{ context: { sensitive: true } }, { directives: { noStore: true } }]) {
      const explained = await cache.explain(chat(streamed));
      const asked = cache.ask(chat({ ...streamed, ...wish }), provider);
      await settled();
      const passing = call(calls.length - 1);
      expect(await subscribe(explained.kind === 'bypass' ? '' : explained.key)).toBeUndefined();
      stream(passing, all);
      expect((await asked).key).toBeUndefined();
    }
    const forged = [
      '',
      'x',
      'x'.repeat(10_000),
      `${key}:neg`,
      key?.replace(/.\}$/, '}'),
      key?.replace(/v1:./, 'v1:z'),
      key?.replace(':und:', ':fr:'),
    ];
    for (const one of forged) expect(await subscribe(one)).toBeUndefined();
  });

  it('a refusal comes at the same time whether or not there is an answer', async () => {
    const { cache, clock, flying } = setUp();
    const { reply, rest } = await flying(2);
    const key = reply.key ?? '';
    const waits = async (asked: string) => {
      let refused = false;
      const headers = { authorization: 'Bearer beta' };
      const refusal = cache.subscribe(asked, { headers }).then(() => {
        refused = true;
      });
      await settled();
      clock.advance(99);
      await settled();
      const early = refused;
      clock.advance(1);
      await refusal;
      return [early, refused];
    };
    const absent = key.replace(/.\}$/, '}');
    expect([await waits(key), await waits(absent)]).toEqual([
      [false, true],
      [false, true],
    ]);
    await rest();
    expect(await waits(key)).toEqual([false, true]);
  });

  it('a context beyond its limits is an error whatever the key is, and a closed cache serves no answer', async () => {
    const { cache, subscribe } = setUp();
    await expect(subscribe('x', 'alpha', { context: { tenant: 'x'.repeat(10_000) } })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await cache.close();
    await expect(subscribe('x')).rejects.toMatchObject({ code: 'closed' });
  });
});
