import { memoryStore, type Store } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { answer, chat, completion } from './support/chat.ts';
import { settled } from './support/gated-provider.ts';
import { setUpCache } from './support/set-up-cache.ts';

/** A cache that stores an answer which was asked for without tags. */
async function setUp(changed: (store: Store) => Store = (store) => store) {
  const clock = fakeClock();
  const { cache, calls, events, provider, replied, stored } = setUpCache({
    clock,
    store: changed(memoryStore({ clock })),
  });
  await stored();
  /** What is reported of a request with tags, which must have been answered by a call of its own. */
  const missed = async (tags: readonly string[]) => {
    const before = [calls.length, events.length] as const;
    const { cacheStatus } = await replied(chat({ context: { tags } }));
    expect(calls.length).toBe(before[0] + 1);
    const reasons = events.slice(before[1]).flatMap((event) => (event.type === 'miss' ? [event.reason] : []));
    return [reasons.at(-1), cacheStatus.kind === 'forward' && cacheStatus.detail];
  };
  return { cache, provider, missed };
}

it('a hit from before one of the request’s own tags was invalidated is reported as invalidated', async () => {
  const { cache, missed } = await setUp();
  await cache.invalidate({ tags: ['page=7'] });
  expect(await missed(['page=7'])).toEqual(['invalidated', undefined]);
});

it('an event whose tags an answer has only from hits removes it', async () => {
  const events = { 'page.changed': ['page={page}', 'team={team}'] };
  const { cache, calls, replied, stored } = setUpCache({ settings: { events } });
  await stored();
  const hit = async (...tags: string[]) => (await replied(chat({ context: { tags } }))).cacheStatus.kind;
  expect(await hit('team=a', 'page=7')).toBe('hit');
  expect(await cache.emit({ type: 'page.changed', page: 7, team: 'b' })).toBe(0);
  expect(await hit()).toBe('hit');
  expect(await cache.emit({ type: 'page.changed', page: 7, team: 'a' })).toBe(1);
  expect(await hit()).toBe('forward');
  expect(calls.length).toBe(2);
});

it('a hit that already has as many tags as an entry may have is a miss for a request with another tag', async () => {
  const { cache, provider, missed } = await setUp();
  for (let page = 0; page < 128; page += 16) {
    const tags = Array.from({ length: 16 }, (_, index) => `page=${page + index}`);
    expect((await cache.ask(chat({ context: { tags } }), provider)).cacheStatus.kind).toBe('hit');
  }
  expect(await missed(['page=128'])).toEqual(['tags', 'tags']);
});

it('a hit in a store without tags is a miss for a request with tags', async () => {
  const { missed } = await setUp(({ tags: _, ...store }) => store);
  expect(await missed(['page=7'])).toEqual(['tags', 'tags']);
});

it('a failure to add tags to a hit is reported as store trouble', async () => {
  const add = () => Promise.reject(new Error('out of reach'));
  const { missed } = await setUp((store) => ({
    ...store,
    ...(store.tags && { tags: { ...store.tags, add } }),
  }));
  expect(await missed(['page=7'])).toEqual(['store-trouble', 'store-trouble']);
});

it('a stale answer invalidated by one of the request’s own tags is not served for a failing provider', async () => {
  const { cache, call, clock, provider, stored } = setUpCache({ settings: { staleDays: 0.5, ttlDays: 2 } });
  await stored();
  await cache.invalidate({ tags: ['page=7'] });
  clock.advance(43_200_001);
  const tagged = chat({ context: { tags: ['page=7'] }, directives: { maxStale: 0 } });
  const again = cache.ask(tagged, provider);
  await settled();
  answer(call(1), completion(), 500);
  expect((await again).status).toBe(500);
});

it('tags are added anew to an entry that has replaced another, also where the store reports no removals', async () => {
  const clock = fakeClock();
  const { onRemoved: _, ...store } = memoryStore({ clock });
  const added: string[] = [];
  const { cache, provider, stored, call } = setUpCache({
    clock,
    store: {
      ...store,
      tags: {
        ...store.tags,
        add: (key, digests, expires) => {
          added.push(key);
          return store.tags.add(key, digests, expires);
        },
      },
    },
  });
  const tagged = () => cache.ask(chat({ context: { tags: ['page=7'] } }), provider);
  await stored();
  for (const _time of [1, 2]) expect((await tagged()).cacheStatus.kind).toBe('hit');
  expect(added).toHaveLength(1);
  const again = cache.ask(chat({ directives: { noCache: true } }), provider);
  await settled();
  answer(call(1));
  await again;
  await tagged();
  expect(added).toHaveLength(2);
});
