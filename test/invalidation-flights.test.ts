/**
 * Invalidation of flights in progress, of hits that bring tags of their own, across caches, and with a store in trouble.
 */
import { memoryStore, type Store, tieredStore } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { answer, completion } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { about, gone, names, requests, setUpInvalidation, storeAll } from './support/invalidation-set-up.ts';

describe('a flight in progress', () => {
  it('an invalidated flight still answers its waiting callers, but is neither stored nor joined', async () => {
    const { cache, gate, events } = setUpInvalidation();
    const request = about('slow', { tags: ['team=support'] });
    const waiting = [cache.ask(request, gate.provider), cache.ask(request, gate.provider)];
    await settled();
    expect(await cache.invalidate({ tags: 'team=support' })).toBe(0);
    const late = cache.ask(request, gate.provider);
    await settled();
    expect(gate.calls.length).toBe(2);
    answer(gate.call(0), completion({ text: 'old' }));
    for (const one of waiting) expect(await textOf(await one)).toContain('old');
    await settled();
    expect(events).toContainEqual(expect.objectContaining({ type: 'refused', reason: 'invalidated' }));
    const refusing = cache.ask({ ...request, directives: { onlyIfCached: true } }, gate.provider);
    await expect(refusing).rejects.toMatchObject({ code: 'not_cached' });
    answer(gate.call(1), completion({ text: 'new' }));
    expect(await textOf(await late)).toContain('new');
    const after = await cache.ask(request, gate.provider);
    expect([after.cacheStatus.kind, (await textOf(after)).includes('new')]).toEqual(['hit', true]);
  });

  it('an entry written after its invalidation is not served', async () => {
    const clock = fakeClock();
    const inner = memoryStore({ clock });
    let write = () => {};
    const store: Store = {
      ...inner,
      set: (entry) =>
        new Promise((resolve) => {
          write = () => resolve(inner.set(entry));
        }),
    };
    const there = setUpInvalidation({ clock, store, settings: { storeBudgetMs: 1_000 } });
    const asking = there.ask(requests.greeting);
    await settled();
    expect(await there.cache.invalidate({ category: 'greeting' })).toBe(0);
    write();
    await asking;
    expect(inner.statistics().entries).toBe(1);
    expect(await there.cache.get(requests.greeting)).toBe(undefined);
    expect(await there.cache.explain(requests.greeting)).toMatchObject({
      kind: 'miss',
      reason: 'invalidated',
    });
    // The lookup that finds the entry deletes it.
    expect(inner.statistics().entries).toBe(0);
  });

  it('removing an invalid entry from an upper tier spares the newer entry in the tier below', async () => {
    const clock = fakeClock();
    const [upper, lower] = [memoryStore({ clock }), memoryStore({ clock })];
    const there = setUpInvalidation({ clock, store: tieredStore({ upper, lower, clock }) });
    const { cache, ask } = there;
    await ask(requests.greeting);
    const explained = await cache.explain(requests.greeting);
    if (explained.kind !== 'hit') throw new Error('not stored');
    const { key } = explained;
    const old = upper.get(key);
    await cache.invalidate({ all: true });
    const { text } = await ask(requests.greeting);
    upper.delete(key);
    if (old !== undefined) upper.set(old.entry);
    expect(await cache.explain(requests.greeting)).toMatchObject({ kind: 'miss', reason: 'invalidated' });
    await settled();
    expect(await ask(requests.greeting)).toEqual({ text, isHit: true });
  });

  it('a flight gets the tags of its followers, and its entry is invalidated by them', async () => {
    const { cache, gate } = setUpInvalidation();
    const leading = cache.ask(about('same', { tags: ['team=a'] }), gate.provider);
    const following = cache.ask(about('same', { tags: ['team=b'], category: 'news' }), gate.provider);
    await settled();
    expect(gate.calls.length).toBe(1);
    answer(gate.call(0));
    await Promise.all([leading, following]);
    expect((await cache.get(about('same')))?.meta.tags).toEqual(
      expect.arrayContaining(['team=a', 'team=b', 'category=news']),
    );
    expect(await cache.invalidate({ tags: 'team=b' })).toBe(1);
  });

  it('a flight is not joined by a request whose own tag was invalidated since it began, and is stored', async () => {
    const { cache, gate } = setUpInvalidation();
    const leading = cache.ask(about('same', { tags: ['team=a'] }), gate.provider);
    await settled();
    await cache.invalidate({ tags: 'team=b' });
    const other = cache.ask(about('same', { tags: ['team=b'] }), gate.provider);
    await settled();
    expect(gate.calls.length).toBe(2);
    answer(gate.call(0), completion({ text: 'for a' }));
    expect(await textOf(await leading)).toContain('for a');
    answer(gate.call(1), completion({ text: 'for b' }));
    expect(await textOf(await other)).toContain('for b');
    expect((await cache.ask(about('same'), gate.provider)).cacheStatus.kind).toBe('hit');
  });

  it('a flight takes 32 tags of followers, and is not joined by a request that would add more', async () => {
    const { cache, gate } = setUpInvalidation();
    const tags = (from: number) => Array.from({ length: 20 }, (_none, index) => `n${from + index}=1`);
    const asking = [0, 0, 12, 20].map((from) =>
      cache.ask(about('same', from === 0 ? {} : { tags: tags(from) }), gate.provider),
    );
    await settled();
    expect(gate.calls.length).toBe(1);
    asking.push(cache.ask(about('same', { tags: tags(100) }), gate.provider));
    await settled();
    expect(gate.calls.length).toBe(2);
    for (const call of gate.calls) answer(call);
    await Promise.all(asking);
  });
});

describe('a hit whose request brings tags', () => {
  it('a hit gets the request’s tags before it answers, once, so that the entry is invalidated by them', async () => {
    const clock = fakeClock();
    const inner = memoryStore({ clock });
    const added: (readonly string[])[] = [];
    const add: typeof inner.tags.add = (key, digests, expires) => {
      added.push(digests);
      return inner.tags.add(key, digests, expires);
    };
    const there = setUpInvalidation({ clock, store: { ...inner, tags: { ...inner.tags, add } } });
    await there.ask(about('same', { tags: ['team=a'] }));
    const request = about('same', { tags: ['team=a', 'team=b', 'user=eve', 'session=x'], category: 'news' });
    expect((await there.ask(request)).isHit).toBe(true);
    expect((await there.ask(request)).isHit).toBe(true);
    expect((await there.ask(about('same', { tags: ['team=a'] }))).isHit).toBe(true);
    expect(added.map(({ length }) => length)).toEqual([2]);
    expect(await there.cache.invalidate({ tags: ['user=eve', 'session=x'] })).toBe(0);
    expect(await there.cache.invalidate({ category: 'news' }, { dryRun: true })).toBe(1);
    expect(await there.cache.invalidate({ tags: 'team=b' })).toBe(1);
    expect((await there.ask(about('same', { tags: ['team=a'] }))).isHit).toBe(false);
  });

  it('a hit is a miss if the request’s tags cannot be added', async () => {
    const clock = fakeClock();
    const { tags: _none, ...inner } = memoryStore({ clock });
    const failing = memoryStore({ clock });
    for (const store of [
      inner,
      { ...failing, tags: { ...failing.tags, add: () => Promise.reject(new Error('full')) } },
    ]) {
      const there = setUpInvalidation({ clock, store });
      await there.ask(about('same', { tags: ['team=a'] }));
      expect((await there.ask(about('same'))).isHit).toBe(true);
      expect((await there.ask(about('same', { tags: ['team=b'] }))).isHit).toBe(false);
      expect((await there.ask(about('same', { tags: ['team=b'] }))).isHit).toBe(true);
    }
  });

  it('a hit is a miss if one of the request’s tags was invalidated since the entry’s generation began', async () => {
    const there = setUpInvalidation();
    await there.ask(about('same'));
    await there.cache.invalidate({ tags: 'team=b' });
    expect((await there.ask(about('same'))).isHit).toBe(true);
    expect((await there.ask(about('same', { tags: ['team=b'] }))).isHit).toBe(false);
    expect((await there.ask(about('same', { tags: ['team=b'] }))).isHit).toBe(true);
  });
});

describe('two caches over one store, each with a memory of its own', () => {
  async function pair() {
    const clock = fakeClock();
    const lower = memoryStore({ clock });
    const one = setUpInvalidation({
      clock,
      store: tieredStore({ upper: memoryStore({ clock }), lower, clock }),
    });
    const other = setUpInvalidation({
      clock,
      store: tieredStore({ upper: memoryStore({ clock }), lower, clock }),
    });
    // The provider accepts the credential at both.
    for (const each of [one, other]) await each.ask(about('hello?'));
    return { one, other };
  }

  it('two caches over one store invalidate each other’s entries in memory, by added tags too', async () => {
    const { one, other } = await pair();
    await one.ask(about('same', { tags: ['team=a'] }));
    expect((await other.ask(about('same'))).isHit).toBe(true);
    expect((await one.ask(about('same', { tags: ['team=b'] }))).isHit).toBe(true);
    expect(await one.cache.invalidate({ tags: 'team=b' })).toBe(1);
    expect((await other.ask(about('same'))).isHit).toBe(false);
    expect((await one.ask(about('same'))).isHit).toBe(true);
  });

  it('two caches over one store remove a deleted entry from each other’s memory', async () => {
    const { one, other } = await pair();
    await one.ask(requests.ada);
    expect((await other.ask(requests.ada)).isHit).toBe(true);
    expect(await one.cache.delete(requests.ada)).toBe(true);
    expect(await other.cache.get(requests.ada)).toBe(undefined);
    expect((await other.ask(requests.ada)).isHit).toBe(false);
  });
});

describe('a store in trouble', () => {
  it('an unreachable log makes an invalidation fail, and clears memory', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const there = setUpInvalidation({
      clock,
      store: {
        ...store,
        shared: { log: { ...store.shared.log, append: () => Promise.reject(new Error('down')) } },
      },
    });
    await storeAll(there);
    await expect(there.cache.invalidate({ user: 'ada' })).rejects.toMatchObject({ status: 503 });
    expect(store.statistics().entries).toBe(0);
    expect(there.events.some(({ type }) => type === 'invalidated')).toBe(false);
  });

  it.each(['find', 'delete'])(
    'a store that fails to %s makes an invalidation fail, and no invalidated entry is served',
    async (what) => {
      const clock = fakeClock();
      const store = memoryStore({ clock });
      const failing: Store =
        what === 'find'
          ? {
              ...store,
              tags: {
                ...store.tags,
                find: () => {
                  throw new Error('down');
                },
              },
            }
          : { ...store, deleteMany: () => Promise.reject(new Error('down')) };
      const there = setUpInvalidation({ clock, store: failing });
      await storeAll(there);
      await expect(there.cache.invalidate({ user: 'ada' })).rejects.toMatchObject({
        code: 'invalidation_failed',
      });
      expect(store.statistics().entries).toBe(5);
      expect(await gone(there)).toEqual(['ada']);
      if (what === 'find')
        await expect(there.cache.invalidate({ all: true }, { dryRun: true })).rejects.toThrow(
          'nothing was invalidated',
        );
    },
  );

  it('a store that hangs makes an invalidation fail after a minute', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const there = setUpInvalidation({
      clock,
      store: { ...store, deleteMany: () => new Promise<number>(() => {}) },
    });
    await storeAll(there);
    const failing = expect(there.cache.invalidate({ all: true })).rejects.toMatchObject({
      code: 'invalidation_failed',
    });
    await settled();
    clock.advance(60_000);
    await failing;
    expect(await gone(there)).toEqual(names);
  });

  it('a cache whose log was not read for a second serves nothing, and serves again once it is read', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const { readNow: _here, ...far } = store.shared.log;
    let isDown = false;
    const read: typeof far.read = (from) => (isDown ? Promise.reject(new Error('down')) : far.read(from));
    const there = setUpInvalidation({ clock, store: { ...store, shared: { log: { ...far, read } } } });
    await there.ask(requests.greeting);
    expect((await there.ask(requests.greeting)).isHit).toBe(true);
    isDown = true;
    for (let poll = 0; poll < 5; poll++) {
      clock.advance(250);
      await settled();
    }
    expect(await there.cache.get(requests.greeting)).toBe(undefined);
    expect(await there.cache.explain(requests.greeting)).toMatchObject({
      kind: 'miss',
      reason: 'store-trouble',
    });
    isDown = false;
    clock.advance(250);
    await settled();
    expect((await there.ask(requests.greeting)).isHit).toBe(true);
    clock.advance(3_000_000);
    expect((await there.ask(requests.greeting)).isHit).toBe(true);
  });
});
