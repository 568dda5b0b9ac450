/**
 * A request that warms the cache (`Directives.warm`): its answer is stored for callers to come, and it counts as no request.
 */
import { describe, expect, it } from 'vitest';
import { answer, apiError, type ChatWish, chat, completion, json } from './support/chat.ts';
import { capital, capitalAgain, setUpSemantic } from './support/semantic-set-up.ts';
import { once, setUpCache } from './support/set-up-cache.ts';

const look = { directives: { warm: 'look' } } as const;
const warming = { directives: { warm: 'ask' } } as const;

const warmed = (wish: ChatWish = {}) => chat({ ...wish, ...warming });

describe('a request that warms', () => {
  it('stores its answer, which a caller then gets as a hit', async () => {
    const { replied, ask } = setUpCache();
    const reply = await replied(warmed());
    expect(reply.cacheStatus).toMatchObject({ kind: 'forward', reason: 'miss' });
    expect((await ask()).cacheStatus.kind).toBe('hit');
  });

  it('is reported as a call with a cause of its own, and as no request', async () => {
    const { replied, ask, events } = setUpCache();
    await expect(ask(look)).rejects.toMatchObject({ code: 'not_cached' });
    await replied(warmed());
    await replied(warmed());
    await ask(look);
    expect(events.map(({ type }) => type)).toEqual(['provider-call', 'stored', 'provider-answer']);
    expect(events.map((event) => 'cause' in event && event.cause)).toEqual(['warm', false, 'warm']);
  });

  it('calls no provider if a fresh entry is there, and calls it once that is stale', async () => {
    const { replied, calls, clock, ask } = setUpCache({ settings: { staleDays: 1, ttlDays: 3 } });
    await replied(warmed());
    expect((await replied(warmed())).cacheStatus.kind).toBe('hit');
    expect(calls).toHaveLength(1);
    clock.advance(36 * 3_600_000);
    await replied(warmed());
    expect(calls).toHaveLength(2);
    expect((await ask(look)).cacheStatus).toMatchObject({ kind: 'hit', detail: 'memory' });
  });

  it('a request that only looks finds no stale entry, and refreshes none', async () => {
    const { replied, calls, clock, ask } = setUpCache({ settings: { staleDays: 1, ttlDays: 3 } });
    await replied(warmed());
    clock.advance(36 * 3_600_000);
    await expect(ask(look)).rejects.toMatchObject({ code: 'not_cached' });
    expect(calls).toHaveLength(1);
  });

  it('gets the provider’s failure, and no stale answer in its place', async () => {
    const { replied, clock, cache } = setUpCache({
      settings: { staleDays: 1, ttlDays: 3, staleIfErrorSeconds: 1_000_000 },
    });
    await replied(warmed());
    clock.advance(36 * 3_600_000);
    const failing = async () => ({ status: 500, headers: json, body: once(apiError('server_error')) });
    expect((await cache.ask(warmed(), failing)).status).toBe(500);
  });

  it('adds its tags to an entry that is there', async () => {
    const { replied, cache } = setUpCache();
    await replied(chat());
    await replied(warmed({ context: { tags: ['source=warming'] } }));
    expect(await cache.invalidate({ tags: 'source=warming' })).toBe(1);
  });

  it('makes nothing a repeat, and is none', async () => {
    const { replied, calls, ask } = setUpCache({ settings: { repeatMs: 5_000 } });
    await replied(warmed());
    await replied(warmed());
    expect((await ask()).cacheStatus.kind).toBe('hit');
    await replied(warmed());
    expect(calls).toHaveLength(1);
  });

  it.each([
    ['no-store', { directives: { warm: 'ask', noStore: true } }],
    ['side-effects', { body: { web_search_options: {} }, ...warming }],
    ['sensitive', { context: { sensitive: true }, ...warming }],
  ] satisfies [string, ChatWish][])(
    'is refused, without a call, if it bypasses the cache: %s',
    async (why, wish) => {
      const { ask, calls, events } = setUpCache();
      await expect(ask(wish)).rejects.toMatchObject({
        code: 'not_warmable',
        message: expect.stringContaining(why),
      });
      expect([calls, events]).toEqual([[], []]);
    },
  );

  it('shares its call with a caller that asks meanwhile, which counts as a request that was shared', async () => {
    const { cache, calls, call, provider, events } = setUpCache();
    const asked = [cache.ask(warmed(), provider), cache.ask(chat(), provider)];
    while (calls.length === 0) await Promise.resolve();
    answer(call(0), completion());
    await Promise.all(asked);
    expect(calls).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'provider-call')).toMatchObject([{ cause: 'warm' }]);
    expect(events.filter(({ type }) => type === 'miss')).toHaveLength(1);
  });
});

describe('a request that warms where there is a semantic tier', () => {
  it('gets its own answer though a near one is there, and is found by questions in other words', async () => {
    const { replied, calls, cache, stored } = setUpSemantic();
    await stored({ question: capital });
    await replied(warmed({ question: capitalAgain }), completion({ text: 'It is Paris.' }));
    expect(calls).toHaveLength(2);
    const entry = await cache.get(chat({ question: capitalAgain }));
    expect(entry?.meta.vector).toMatch(/^[\w-]{80,}$/);
  });

  it('embeds nothing while it only looks', async () => {
    const { ask, embedder, stored } = setUpSemantic();
    await stored({ question: capital });
    const before = embedder.texts.length;
    await expect(ask({ question: capitalAgain, ...look })).rejects.toMatchObject({ code: 'not_cached' });
    expect(embedder.texts).toHaveLength(before);
  });
});
