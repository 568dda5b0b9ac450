/**
 * Invalidation by every selector, by events and by user.
 */
import { memoryStore, type Store, tieredStore } from 'askonce';
import { wrapped } from 'askonce/store';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { settled } from './support/gated-provider.ts';
import {
  about,
  gone,
  type Name,
  names,
  requests,
  setUpInvalidation,
  storeAll,
} from './support/invalidation-set-up.ts';

describe('a selector', () => {
  const long = 'u'.repeat(200);
  const cases: readonly (readonly [string, object, readonly Name[]])[] = [
    ['tags, any of a list', { tags: ['team=support', 'tmpl=hello', 'none=1'] }, ['greeting', 'ada']],
    ['a tag that the library adds', { tags: 'tmplv=3' }, ['ada']],
    ['endpoint', { endpoint: '/chat/completions' }, names],
    ['an endpoint that no answer has', { endpoint: ['/embeddings', '/messages'] }, []],
    ['category', { category: 'pricing' }, ['pricing']],
    ['category, in any case', { category: 'PRICING' }, ['pricing']],
    ['category as a tag, in any case', { tags: 'category=Pricing' }, ['pricing']],
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
    'an invalidation by %s removes the matching entries and returns their number',
    async (_by, selector, expected) => {
      const there = setUpInvalidation();
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

  it('an invalidation removes entries by the key and the partition that `explain` returns', async () => {
    const there = setUpInvalidation();
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

  it('an invalidation finds a user whose name is too long for a tag', async () => {
    const there = setUpInvalidation();
    await there.ask(about('long', { user: long }));
    expect(await there.cache.invalidate({ user: long })).toBe(1);
  });

  it('an invalidation does not affect later answers: the next one is stored and served', async () => {
    const there = setUpInvalidation();
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
  ])('an invalid selector is refused: %s', async (says, selector) => {
    const { cache } = setUpInvalidation();
    const refused = cache.invalidate(JSON.parse(JSON.stringify(selector)));
    await expect(refused).rejects.toMatchObject({ code: 'invalid_selector', status: 400 });
    await expect(refused).rejects.toThrow(says === 'unknown' ? 'there is no such field' : says);
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
  ])(
    'a domain event invalidates the entries that the setting `events` maps it to: %j',
    async (event, count) => {
      const there = setUpInvalidation();
      await storeAll(there);
      expect(await there.cache.emit(event)).toBe(count);
      expect((await gone(there)).length).toBe(count);
      expect(there.events).toContainEqual({ type: 'invalidated', removed: count, cause: 'event' });
    },
  );

  it('a domain event may be of a type that the settings define', async () => {
    const there = setUpInvalidation({
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
  ])('an invalid domain event is refused: %j', async (event, says) => {
    const { cache } = setUpInvalidation();
    const rejected = cache.emit(JSON.parse(JSON.stringify(event)));
    await expect(rejected).rejects.toMatchObject({ code: 'invalid_event', status: 400 });
    await expect(rejected).rejects.toThrow(says);
  });
});

describe('one person’s data', () => {
  it('erasing removes one person’s data from every tier, and no other person’s', async () => {
    const clock = fakeClock();
    const [upper, lower] = [memoryStore({ clock }), memoryStore({ clock })];
    const there = setUpInvalidation({ clock, store: tieredStore({ upper, lower, clock }) });
    await storeAll(there);
    await there.ask(about('by body', {}, { user: 'ada' }));
    expect(await there.cache.erase('ada')).toBe(2);
    expect([upper, lower].map((tier) => tier.statistics().entries)).toEqual([4, 4]);
    expect(there.events).toContainEqual({ type: 'invalidated', removed: 2, cause: 'erasure' });
    expect(await there.cache.erase('ada')).toBe(0);
    for (const user of ['', 'u'.repeat(257)])
      await expect(there.cache.erase(user)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('erasing resolves once the index has been searched, and reports what only a look at every entry finds', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const look = Promise.withResolvers<void>();
    // An index that has lost one of the two entries, as a full server loses parts of it.
    const index: Store['tags'] = {
      add: store.tags.add,
      async *find(filter, options) {
        if (options?.thorough === true) await look.promise;
        for await (const batch of store.tags.find(filter, options))
          yield options?.thorough === true ? batch : { ...batch, keys: batch.keys.slice(1) };
      },
    };
    const there = setUpInvalidation({ clock, store: wrapped(store, { tags: index }) });
    await storeAll(there);
    await there.ask(about('by body', {}, { user: 'ada' }));
    const { byIndex, thorough } = await there.cache.beginErasure('ada');
    expect([byIndex, store.statistics().entries]).toEqual([1, 5]);
    expect(await gone(there)).toContain('ada');
    look.resolve();
    expect(await thorough).toBe(1);
    expect(there.events.filter(({ type }) => type === 'invalidated')).toEqual([
      { type: 'invalidated', removed: 1, cause: 'erasure' },
      { type: 'invalidated', removed: 1, cause: 'erasure' },
    ]);
  });

  it('a long invalidation goes on as long as each step ends within a minute', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const slow: Store['tags'] = {
      add: store.tags.add,
      async *find(filter, options) {
        for (let step = 0; step < 10; step++) {
          clock.advance(50_000);
          yield { keys: [], added: [] };
        }
        yield* store.tags.find(filter, options);
      },
    };
    const there = setUpInvalidation({ clock, store: wrapped(store, { tags: slow }) });
    await storeAll(there);
    expect(await there.cache.invalidate({ all: true }, { dryRun: true })).toBe(names.length);
    expect(await there.cache.invalidate({ all: true })).toBe(names.length);
  });
});

it('an answer that an index has lost is deleted when it is found, once, and not too many at a time', async () => {
  const clock = fakeClock();
  const store = memoryStore({ clock });
  const empty: Store['tags'] = { add: store.tags.add, async *find() {} };
  const deleting: string[] = [];
  const slow = Promise.withResolvers<void>();
  const there = setUpInvalidation({
    clock,
    store: wrapped(store, {
      tags: empty,
      delete: async (key) => {
        deleting.push(key);
        await slow.promise;
        return store.delete(key);
      },
    }),
  });
  const asked = Array.from({ length: 20 }, (_, number) => about(`number ${number}?`, { tags: ['team=x'] }));
  for (const request of asked) await there.ask(request);
  expect(await there.cache.invalidate({ tags: 'team=x' })).toBe(0);
  const refused = async () => {
    for (const request of asked) {
      const only = { ...request, directives: { onlyIfCached: true } };
      await expect(there.cache.ask(only, there.gate.provider)).rejects.toMatchObject({ code: 'not_cached' });
    }
  };
  await refused();
  await refused();
  expect([deleting.length, new Set(deleting).size]).toEqual([16, 16]);
  slow.resolve();
  await settled();
  await refused();
  await settled();
  expect([deleting.length, store.statistics().entries]).toEqual([20, 0]);
});
