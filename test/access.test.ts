import { memoryStore, type Store } from 'askonce';
import type { Marks } from 'askonce/store';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { answer, apiError, chat, completion, events, json, sse } from './support/chat.ts';
import { gatedProvider, listen, settled, textOf } from './support/gated-provider.ts';
import { type CacheSetUpOptions, setUpCache } from './support/set-up-cache.ts';

const secret = 'sixteen or more characters';

function setUp({ settings, ...options }: CacheSetUpOptions = {}) {
  const made = setUpCache({ ...options, settings: { scope: 'shared', secret, ...settings } });
  /** Lets the provider accept the credential, by a question of its own. */
  const accept = (key: string) => made.stored({ key, question: `Am I ${key}?` });
  return { ...made, accept };
}

describe('a failure in a scope that credentials share', () => {
  it.each([401, 403, 429, 500, 503])(
    'a failure with status %i reaches no other credential',
    async (status) => {
      const { cache, accept, provider, calls, call } = setUp();
      for (const key of ['beta', 'gamma', 'delta']) await accept(key);
      const before = calls.length;
      const bad = [cache.ask(chat({ key: 'bad' }), provider), cache.ask(chat({ key: 'bad' }), provider)];
      const good = ['beta', 'gamma', 'delta'].map((key) => cache.ask(chat({ key }), provider));
      await settled();
      expect(calls.length).toBe(before + 1);
      // The head is enough; the body is still to come.
      call(before).begin(status, { ...json, 'retry-after': '9' });
      await settled();
      // One of the other requests leads, the rest follow.
      expect(calls.length).toBe(before + 2);
      answer(call(before + 1));
      for (const asked of good) {
        const reply = await asked;
        expect([reply.status, await textOf(reply)]).toEqual([200, completion()]);
      }
      call(before).send(apiError('no'));
      call(before).end();
      for (const asked of bad) {
        const reply = await asked;
        expect([reply.status, reply.headers['retry-after'], await textOf(reply)]).toEqual([
          status,
          '9',
          apiError('no'),
        ]);
      }
      expect(calls.length).toBe(before + 2);
    },
  );

  it('an unreachable provider is reported to no other credential', async () => {
    const { cache, accept, provider, calls, call } = setUp();
    await accept('beta');
    const bad = cache.ask(chat({ key: 'bad' }), provider);
    const good = cache.ask(chat({ key: 'beta' }), provider);
    await settled();
    call(1).fail(new Error('ECONNREFUSED'));
    await expect(bad).rejects.toMatchObject({ code: 'provider_unreachable' });
    await settled();
    answer(call(2));
    expect(await textOf(await good)).toBe(completion());
    expect(calls.length).toBe(3);
  });

  it('failures cost one call for each credential, however many requests fail', async () => {
    const { cache, accept, provider, calls } = setUp();
    const keys = Array.from({ length: 12 }, (_, index) => `key${index}`);
    for (const key of keys) await accept(key);
    const before = calls.length;
    const asked = keys.flatMap((key) => Array.from({ length: 5 }, () => cache.ask(chat({ key }), provider)));
    for (let index = before; index < calls.length || index === before; index++) {
      await settled();
      const next = calls[index];
      if (next !== undefined) answer(next, apiError('no'), 500);
      await settled();
    }
    expect((await Promise.all(asked)).every(({ status }) => status === 500)).toBe(true);
    expect(calls.length - before).toBe(keys.length);
  });
});

describe('a credential that the provider has not accepted', () => {
  it('an unaccepted credential is served no hit, joins no flight of others, and does not learn that an entry exists', async () => {
    const { cache, accept, provider, calls, call } = setUp();
    await accept('alpha');
    const storing = cache.ask(chat({ key: 'alpha' }), provider);
    await settled();
    answer(call(1));
    await storing;
    const stranger = cache.ask(chat({ key: 'stranger' }), provider);
    await settled();
    expect(calls.length).toBe(3);
    answer(call(2), apiError('wrong key', 'invalid_api_key'), 401);
    const reply = await stranger;
    expect([reply.status, reply.cacheStatus]).toEqual([
      401,
      { kind: 'forward', reason: 'miss', detail: undefined, stored: false },
    ]);

    void cache.ask(chat({ key: 'alpha', question: 'Another?' }), provider);
    void cache.ask(chat({ key: 'stranger', question: 'Another?' }), provider);
    void cache.ask(chat({ key: 'stranger', question: 'Another?' }), provider);
    await settled();
    expect(calls.length).toBe(5);
    await expect(
      cache.ask(chat({ key: 'stranger', directives: { onlyIfCached: true } }), provider),
    ).rejects.toMatchObject({ code: 'not_cached' });
  });

  it('a credential is served hits once it is accepted, for `credentialHours`', async () => {
    const { cache, accept, provider, clock } = setUp();
    await accept('alpha');
    await accept('beta');
    const question = 'Am I alpha?';
    const asked = () => cache.ask(chat({ key: 'beta', question }), provider);
    expect((await asked()).cacheStatus.kind).toBe('hit');
    clock.advance(24 * 3_600_000 - 1);
    expect((await asked()).cacheStatus.kind).toBe('hit');
    clock.advance(1);
    const late = gatedProvider();
    void cache.ask(chat({ key: 'beta', question }), late.provider);
    await settled();
    expect(late.calls.length).toBe(1);
  });

  it('a credential loses its access at its first 401', async () => {
    const { cache, accept, provider, calls, call } = setUp();
    await accept('alpha');
    await accept('beta');
    const asked = cache.ask(chat({ key: 'beta' }), provider);
    const waits = cache.ask(chat({ key: 'beta', question: 'Another?' }), provider);
    const leads = cache.ask(chat({ key: 'alpha', question: 'A third?' }), provider);
    await settled();
    answer(call(2), apiError('revoked'), 401);
    expect((await asked).status).toBe(401);
    const before = calls.length;
    void cache.ask(chat({ key: 'beta', question: 'Am I alpha?' }), provider);
    void cache.ask(chat({ key: 'beta', question: 'A third?' }), provider);
    await settled();
    expect(calls.length).toBe(before + 2);
    for (const one of calls.slice(3)) answer(one);
    await Promise.all([waits, leads]);
  });

  it.each(['before', 'after'])(
    'a credential refused meanwhile gets nothing of the flight it follows, %s the head',
    async (when) => {
      const { cache, accept, provider, calls, call } = setUp();
      await accept('alpha');
      await accept('beta');
      const leader = cache.ask(chat({ key: 'alpha' }), provider);
      const follower = cache.ask(chat({ key: 'beta' }), provider);
      const refused = cache.ask(chat({ key: 'beta', question: 'Another?' }), provider);
      await settled();
      if (when === 'after') call(2).begin(200, json);
      await settled();
      answer(call(3), apiError('revoked'), 401);
      await refused;
      if (when === 'before') call(2).begin(200, json);
      await settled();
      expect(calls.length).toBe(when === 'before' ? 5 : 4);
      call(2).send(completion());
      call(2).end();
      await leader;
      await settled();
      expect(calls.length).toBe(5);
      answer(call(4), apiError('revoked'), 401);
      expect((await follower).status).toBe(401);
    },
  );
});

describe('accepted credentials in the store’s marks', () => {
  function marked() {
    const stored = new Map<string, number>();
    const marks: Marks = {
      get: (name) => stored.get(name),
      put: async (name, until) => void stored.set(name, until),
      remove: async (name) => void stored.delete(name),
    };
    const memory = memoryStore({ clock: fakeClock() });
    const store: Store = { ...memory, shared: { ...memory.shared, marks } };
    return { stored, store };
  }

  it('accepted and refused credentials survive a restart in the store’s marks', async () => {
    const { stored, store } = marked();
    const first = setUp({ store });
    await first.accept('alpha');
    await first.accept('beta');
    const { cache, provider, call } = setUp({ store });
    const question = 'Am I alpha?';
    expect((await cache.ask(chat({ key: 'beta', question }), provider)).cacheStatus.kind).toBe('hit');
    const asked = cache.ask(chat({ key: 'beta', question: 'Another?' }), provider);
    await settled();
    answer(call(0), apiError('revoked'), 401);
    await asked;
    expect(stored.size).toBe(1);
    const third = setUp({ store });
    void third.cache.ask(chat({ key: 'beta', question }), third.provider);
    await settled();
    expect(third.calls.length).toBe(1);
    expect([...stored.keys()].every((name) => /^accepted:[0-9a-f]{32}$/.test(name))).toBe(true);
  });

  it('marks that fail or hang cost one provider call, and no longer than the store’s budget', async () => {
    const { store } = marked();
    const get: Marks['get'][] = [
      () => Promise.reject(new Error('broken')),
      () => new Promise(() => {}),
      () => {
        throw new Error('broken');
      },
    ];
    for (const broken of get) {
      const marks: Marks = {
        get: broken,
        put: () => Promise.reject(new Error('broken')),
        remove: () => Promise.reject(new Error('broken')),
      };
      const { cache, provider, clock, calls, call } = setUp({
        store: { ...store, shared: { ...store.shared, marks } },
      });
      const asked = cache.ask(chat(), provider);
      await settled();
      clock.advance(50);
      await settled();
      expect(calls.length).toBe(1);
      answer(call(0));
      expect(await textOf(await asked)).toBe(completion());
      expect((await cache.ask(chat(), provider)).cacheStatus.kind).toBe('hit');
      await cache.delete(chat());
    }
  });
});

describe('a stream that follows another credential’s flight', () => {
  it('a stream follows another credential’s flight if its own is accepted, and gets a new leader if the first is refused', async () => {
    const { cache, accept, provider, calls, call } = setUp();
    await accept('beta');
    const body = { stream: true };
    void cache.ask(chat({ key: 'bad', body }), provider);
    const follower = cache.ask(chat({ key: 'beta', body }), provider);
    await settled();
    answer(call(1), apiError('no'), 401);
    await settled();
    expect(calls.length).toBe(3);
    call(2).begin(200, sse);
    const received = listen(await follower);
    for (const event of events(['a'])) call(2).send(event);
    call(2).end();
    await settled();
    expect([received.text, received.ended]).toEqual([events(['a']).join(''), true]);
  });
});
