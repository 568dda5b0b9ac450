/**
 * Invalidation by every selector, by events and by user; and what becomes of flights in progress, of hits that bring tags
 * of their own, and of stores in trouble.
 */
import { type CacheRequest, type CallerContext, memoryStore, type Store, tieredStore } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { answer, type ChatWish, chat, completion } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { type CacheSetUpOptions, setUpCache } from './support/set-up-cache.ts';

let answers = 0;

function setUp({ settings, ...options }: CacheSetUpOptions = {}) {
  const secret = 'the same for all caches of a test';
  const made = setUpCache({ ...options, settings: { secret, ...settings } });
  /** Asks, lets the provider answer if it is called, and returns the text. */
  async function ask(request: CacheRequest): Promise<{ readonly text: string; readonly isHit: boolean }> {
    const reply = await made.replied(request, completion({ text: `answer ${++answers}` }));
    return { text: await textOf(reply), isHit: reply.cacheStatus.kind === 'hit' };
  }
  return { ...made, gate: made, ask };
}

type SetUp = ReturnType<typeof setUp>;

const about = (question: string, context: CallerContext = {}, body: ChatWish['body'] = {}) =>
  chat({ question, context, body });

const requests = {
  greeting: about('greet', { category: 'greeting', language: 'es', tags: ['team=support', 'team=sales'] }),
  pricing: about('price?', { category: 'pricing', language: 'pt-BR', tenant: 'acme' }),
  ada: about('mine?', { user: 'ada', session: 's1', template: { id: 'hello', version: '3' } }),
  other: about('other?', { character: 'pirate', locale: 'en-GB', indexVersion: '7', language: 'pt' }),
  model: about('model?', {}, { model: 'gpt-y' }),
} as const;

type Name = keyof typeof requests;
const names: readonly Name[] = ['greeting', 'pricing', 'ada', 'other', 'model'];

async function storeAll({ ask }: SetUp): Promise<void> {
  for (const name of names) expect((await ask(requests[name])).isHit).toBe(false);
}

/** The answers that are no longer served. */
async function gone({ cache, gate }: SetUp): Promise<readonly Name[]> {
  const left: Name[] = [];
  for (const name of names) {
    const only = { ...requests[name], directives: { onlyIfCached: true } };
    const isThere = await cache.ask(only, gate.provider).then(
      () => true,
      () => false,
    );
    if (!isThere) left.push(name);
  }
  return left;
}

describe('a selector', () => {
  const long = 'u'.repeat(200);
  const cases: readonly (readonly [string, object, readonly Name[]])[] = [
    ['tags, any of a list', { tags: ['team=support', 'tmpl=hello', 'none=1'] }, ['greeting', 'ada']],
    ['a tag that the library adds', { tags: 'tmplv=3' }, ['ada']],
    ['endpoint', { endpoint: '/chat/completions' }, names],
    ['an endpoint that no answer has', { endpoint: ['/embeddings', '/messages'] }, []],
    ['category', { category: 'pricing' }, ['pricing']],
    ['language, in any case', { language: 'PT-br' }, ['pricing']],
    ['language, but not those that begin with it', { language: 'pt' }, ['other']],
    ['user', { user: ['bob', 'ada'] }, ['ada']],
    ['session', { session: 's1' }, ['ada']],
    ['tenant', { tenant: 'acme' }, ['pricing']],
    ['model', { model: 'gpt-y' }, ['model']],
    ['character, by its tag', { tags: 'character=pirate' }, ['other']],
    ['all fields at once', { category: ['pricing', 'greeting'], language: 'es' }, ['greeting']],
    ['fields that no answer has together', { category: 'pricing', language: 'es' }, []],
    ['a user that no answer has', { user: long }, []],
    ['a pattern after the prefix', { pattern: '*:es:{*}' }, ['greeting']],
    ['everything', { all: true }, names],
  ];

  it.each(cases)(
    'removes the entries that match %s, and returns their number',
    async (_by, selector, expected) => {
      const there = setUp();
      await storeAll(there);
      expect(await there.cache.invalidate(selector, { dryRun: true })).toBe(expected.length);
      expect(await gone(there)).toEqual([]);
      expect(await there.cache.invalidate(selector)).toBe(expected.length);
      expect(await gone(there)).toEqual(expected);
      expect(await there.cache.invalidate(selector)).toBe(0);
      expect(there.events.filter(({ type }) => type === 'invalidated')).toEqual([
        { type: 'invalidated', removed: expected.length, cause: 'asked' },
        { type: 'invalidated', removed: 0, cause: 'asked' },
      ]);
    },
  );

  it('removes entries by the key and the partition that `explain` returns', async () => {
    const there = setUp();
    await storeAll(there);
    const explained = await there.cache.explain(requests.ada);
    if (explained.kind === 'bypass') throw new Error('not explained');
    expect(await there.cache.invalidate({ keys: [explained.key, 'none'] })).toBe(1);
    expect(await gone(there)).toEqual(['ada']);
    const other = await there.cache.explain(requests.other);
    if (other.kind === 'bypass') throw new Error('not explained');
    expect(await there.cache.invalidate({ partition: [other.partition, explained.partition] })).toBe(1);
    expect(await gone(there)).toEqual(['ada', 'other']);
  });

  it('finds a user whose name is too long for a tag', async () => {
    const there = setUp();
    await there.ask(about('long', { user: long }));
    expect(await there.cache.invalidate({ user: long })).toBe(1);
  });

  it('does not affect later answers: the next one is stored and served', async () => {
    const there = setUp();
    const before = await there.ask(requests.greeting);
    await there.cache.invalidate({ all: true });
    const after = await there.ask(requests.greeting);
    expect([after.isHit, after.text === before.text]).toEqual([false, false]);
    expect(await there.ask(requests.greeting)).toEqual({ text: after.text, isHit: true });
  });

  it.each([
    ['the selector is empty', {}],
    ['unknown', { users: ['ada'] }],
    ['users', { users: ['ada'] }],
    ['all: cannot be combined', { all: true, user: 'ada' }],
    ['partition', { partition: '*' }],
    ['cannot be combined with partition', { partition: 'a'.repeat(32), pattern: '*' }],
    ['user', { user: [] }],
    ['tags', { tags: ['a=b', 3] }],
    ['all', { all: false }],
    ['A selector has these fields: tags, keys, endpoint, category, language', null],
  ])('is refused where it is invalid: %s', async (says, selector) => {
    const { cache } = setUp();
    const refused = cache.invalidate(JSON.parse(JSON.stringify(selector)));
    await expect(refused).rejects.toMatchObject({ code: 'invalid_selector', status: 400 });
    await expect(refused).rejects.toThrow(says === 'unknown' ? 'Unrecognized key' : says);
  });
});

describe('a domain event', () => {
  it.each([
    [{ type: 'template.changed', template: 'hello' }, 1],
    [{ type: 'template.changed', name: 'hello', version: 3 }, 1],
    [{ type: 'template.changed', template: 'hello', version: '4' }, 0],
    [{ type: 'index.changed', version: '7' }, 1],
    [{ type: 'model.changed', id: 'gpt-x' }, 4],
    [{ type: 'character.changed', character: 'pirate', why: 'new voice' }, 1],
    [{ type: 'pricing.changed' }, 1],
  ])('invalidates the entries that the setting `events` maps it to: %j', async (event, count) => {
    const there = setUp();
    await storeAll(there);
    expect(await there.cache.emit(event)).toBe(count);
    expect((await gone(there)).length).toBe(count);
    expect(there.events).toContainEqual({ type: 'invalidated', removed: count, cause: 'event' });
  });

  it('may be of a type that the settings define', async () => {
    const there = setUp({
      settings: { events: { published: ['team={team}', 'category={what?}'], odd: ['x={y?}'] } },
    });
    await storeAll(there);
    expect(await there.cache.emit({ type: 'published', team: 'sales', what: 'pricing' })).toBe(0);
    expect(await there.cache.emit({ type: 'published', team: 'sales' })).toBe(1);
    await expect(there.cache.emit({ type: 'odd' })).rejects.toMatchObject({ code: 'invalid_event' });
  });

  it.each([
    [{ type: 'unheard' }, 'template.changed, index.changed'],
    [{ type: 'constructor' }, 'lists template.changed'],
    [{ type: 'template.changed' }, 'template or id or name is missing'],
    [{ type: 'template.changed', template: '' }, 'template'],
    [{ type: 7 }, 'type'],
    ['text', 'the event'],
  ])('is refused where it is invalid: %j', async (event, says) => {
    const { cache } = setUp();
    const rejected = cache.emit(JSON.parse(JSON.stringify(event)));
    await expect(rejected).rejects.toMatchObject({ code: 'invalid_event', status: 400 });
    await expect(rejected).rejects.toThrow(says);
  });
});

describe('one person’s data', () => {
  it('is removed from every tier, and no other person’s data is', async () => {
    const clock = fakeClock();
    const [upper, lower] = [memoryStore({ clock }), memoryStore({ clock })];
    const there = setUp({ clock, store: tieredStore({ upper, lower, clock }) });
    await storeAll(there);
    await there.ask(about('by body', {}, { user: 'ada' }));
    expect(await there.cache.erase('ada')).toBe(2);
    expect([upper, lower].map((tier) => tier.statistics().entries)).toEqual([4, 4]);
    expect(there.events).toContainEqual({ type: 'invalidated', removed: 2, cause: 'erasure' });
    expect(await there.cache.erase('ada')).toBe(0);
    for (const user of ['', 'u'.repeat(257)])
      await expect(there.cache.erase(user)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('a flight in progress', () => {
  it('still answers its waiting callers after an invalidation, but is neither stored nor joined', async () => {
    const { cache, gate, events } = setUp();
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

  it('leaves an entry that is not served where it was written after the invalidation', async () => {
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
    const there = setUp({ clock, store, settings: { storeBudgetMs: 1_000 } });
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

  it('leaves an invalid entry in an upper tier, whose removal spares the newer entry in the tier below', async () => {
    const clock = fakeClock();
    const [upper, lower] = [memoryStore({ clock }), memoryStore({ clock })];
    const there = setUp({ clock, store: tieredStore({ upper, lower, clock }) });
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

  it('gets the tags of its followers, and its entry is invalidated by them', async () => {
    const { cache, gate } = setUp();
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

  it('is not joined by a request whose own tag was invalidated since it began, and is stored', async () => {
    const { cache, gate } = setUp();
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

  it('takes 32 tags of followers, and is not joined by a request that would add more', async () => {
    const { cache, gate } = setUp();
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
  it('adds them to the entry before it answers, once, so that the entry is invalidated by them', async () => {
    const clock = fakeClock();
    const inner = memoryStore({ clock });
    const added: (readonly string[])[] = [];
    const add: typeof inner.tags.add = (key, digests, expires) => {
      added.push(digests);
      return inner.tags.add(key, digests, expires);
    };
    const there = setUp({ clock, store: { ...inner, tags: { ...inner.tags, add } } });
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

  it('is a miss where the tags cannot be added', async () => {
    const clock = fakeClock();
    const { tags: _none, ...inner } = memoryStore({ clock });
    const failing = memoryStore({ clock });
    for (const store of [
      inner,
      { ...failing, tags: { ...failing.tags, add: () => Promise.reject(new Error('full')) } },
    ]) {
      const there = setUp({ clock, store });
      await there.ask(about('same', { tags: ['team=a'] }));
      expect((await there.ask(about('same'))).isHit).toBe(true);
      expect((await there.ask(about('same', { tags: ['team=b'] }))).isHit).toBe(false);
      expect((await there.ask(about('same', { tags: ['team=b'] }))).isHit).toBe(true);
    }
  });

  it('is a miss where one of the tags was invalidated since the entry’s generation began', async () => {
    const there = setUp();
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
    const one = setUp({ clock, store: tieredStore({ upper: memoryStore({ clock }), lower, clock }) });
    const other = setUp({ clock, store: tieredStore({ upper: memoryStore({ clock }), lower, clock }) });
    // The provider accepts the credential at both.
    for (const each of [one, other]) await each.ask(about('hello?'));
    return { one, other };
  }

  it('invalidate each other’s entries in memory, by added tags too', async () => {
    const { one, other } = await pair();
    await one.ask(about('same', { tags: ['team=a'] }));
    expect((await other.ask(about('same'))).isHit).toBe(true);
    expect((await one.ask(about('same', { tags: ['team=b'] }))).isHit).toBe(true);
    expect(await one.cache.invalidate({ tags: 'team=b' })).toBe(1);
    expect((await other.ask(about('same'))).isHit).toBe(false);
    expect((await one.ask(about('same'))).isHit).toBe(true);
  });

  it('remove a deleted entry from each other’s memory', async () => {
    const { one, other } = await pair();
    await one.ask(requests.ada);
    expect((await other.ask(requests.ada)).isHit).toBe(true);
    expect(await one.cache.delete(requests.ada)).toBe(true);
    expect(await other.cache.get(requests.ada)).toBe(undefined);
    expect((await other.ask(requests.ada)).isHit).toBe(false);
  });
});

describe('a store in trouble', () => {
  it('whose log is out of reach makes an invalidation fail, and clears memory', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const there = setUp({
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
    'that fails to %s makes an invalidation fail, and no invalidated entry is served',
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
      const there = setUp({ clock, store: failing });
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

  it('that hangs makes an invalidation fail after a minute', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const there = setUp({ clock, store: { ...store, deleteMany: () => new Promise<number>(() => {}) } });
    await storeAll(there);
    const failing = expect(there.cache.invalidate({ all: true })).rejects.toMatchObject({
      code: 'invalidation_failed',
    });
    await settled();
    clock.advance(60_000);
    await failing;
    expect(await gone(there)).toEqual(names);
  });

  it('whose log was not read for a second serves nothing, and serves again once it is read', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const { readNow: _here, ...far } = store.shared.log;
    let isDown = false;
    const read: typeof far.read = (from) => (isDown ? Promise.reject(new Error('down')) : far.read(from));
    const there = setUp({ clock, store: { ...store, shared: { log: { ...far, read } } } });
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
