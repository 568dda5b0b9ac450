/**
 * Semantic tiers of several caches over one Redis: what one embeds, removes or blocks the others know within a second, also
 * when messages are lost or Redis is in trouble.
 */
import { type Cache, createCache, memoryStore, type ObservedEvent, tieredStore } from 'askonce';
import { redisStore } from 'askonce/redis';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chat, completion } from './support/chat.ts';
import {
  type RedisServer,
  startRedis,
  startTroubleProxy,
  type TroubleProxy,
} from './support/redis-server.ts';
import { capital, capitalAgain, wordEmbedder } from './support/semantic-set-up.ts';
import { saying } from './support/set-up-cache.ts';
import { polled } from './support/shared-gateways.ts';

const settings = {
  secret: 'one secret for all',
  semanticUpper: 0.8,
  semanticLower: 0.5,
  semanticGuards: 'none',
  storeBudgetMs: 5_000,
} as const;
const provider = saying(completion());
/** One for all: it gives each word a direction when it first sees it. */
const embedder = wordEmbedder();

interface Sharing {
  readonly cache: Cache;
  readonly proxy: TroubleProxy;
  readonly events: readonly ObservedEvent[];
  /** Asks; the detail of its Cache-Status. */
  ask(
    question?: string,
  ): Promise<{ readonly detail: string | undefined; readonly match: string | undefined }>;
}

/** Caches, each with a memory of its own above one Redis and a way of its own to it. */
async function sharing(count: number, server?: RedisServer): Promise<readonly Sharing[]> {
  const redis = server ?? (await startRedis());
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const proxy = await startTroubleProxy(redis.port);
      const lower = await redisStore({ url: proxy.url, budgetMs: 5_000 });
      const events: ObservedEvent[] = [];
      const cache = createCache({
        settings,
        store: tieredStore({ upper: memoryStore(), lower, budgetMs: 5_000 }),
        semantic: { embedder },
        observe: (event) => events.push(event),
      });
      onTestFinished(() => cache.close(0));
      const one: Sharing = {
        ...{ cache, proxy, events },
        async ask(question = capitalAgain) {
          const { cacheStatus, match } = await cache.ask(chat({ question }), provider);
          return { detail: cacheStatus.detail, match };
        },
      };
      // Log and feed have been read, and the credential is accepted. A question that points elsewhere has no vector.
      await one.ask(`What about that one, ${Math.random()}?`);
      await polled(
        () => cache.semantic(),
        ({ indexes }) => !indexes.building,
      );
      return one;
    }),
  );
}

/** Vectors in the indexes of a cache. */
const vectors = async ({ cache }: Sharing) => (await cache.semantic()).indexes.vectors;

/** Waits until a cache has so many vectors, for at most ten seconds. */
const has = async (one: Sharing, count: number) =>
  expect(
    await polled(
      () => vectors(one),
      (now) => now === count,
    ),
  ).toBe(count);

function two([one, other]: readonly Sharing[]) {
  if (one === undefined || other === undefined) throw new Error('there are not two');
  return { one, other };
}

describe('semantic tiers of two caches over one Redis', () => {
  it('a question that one has embedded is answered in other words by the other', async () => {
    const { one, other } = two(await sharing(2));
    await one.ask(capital);
    await has(other, 1);
    expect(await other.ask()).toMatchObject({ detail: 'semantic' });
  });

  it('what one has removed leaves the memory of the other, whether it is deleted, invalidated or erased', async () => {
    const { one, other } = two(await sharing(2));
    await one.cache.ask(chat({ question: capital, context: { user: 'ada' } }), provider);
    await one.cache.ask(
      chat({ question: 'Where do swallows fly in winter?', context: { tags: ['a=b'] } }),
      provider,
    );
    await has(other, 2);
    await one.cache.erase('ada');
    await has(other, 1);
    await one.cache.invalidate({ tags: 'a=b' });
    await has(other, 0);
  });

  it('an entry that feedback blocks at one is no semantic hit at the other, also after both have begun anew', async () => {
    const redis = await startRedis();
    const { one, other } = two(await sharing(2, redis));
    await one.ask(capital);
    await has(other, 1);
    const { match = '', detail } = await other.ask();
    expect(detail).toBe('semantic');
    await one.cache.feedback({ match: (await one.ask()).match ?? '', verdict: 'wrong' });
    await polled(
      () => other.cache.semantic(),
      ({ blocked }) => blocked === 1,
    );
    expect(await other.ask()).toMatchObject({ detail: undefined });
    expect(match).not.toBe('');
    const [third] = await sharing(1, redis);
    expect((await third?.cache.semantic())?.blocked).toBe(1);
  });

  it('feedback on a hit of one cache is taken by the other, which blocks the entry at both', async () => {
    const { one, other } = two(await sharing(2));
    await one.ask(capital);
    await has(other, 1);
    const { match = '' } = await one.ask();
    expect(await other.cache.feedback({ match, verdict: 'wrong' })).toEqual({ blocked: true });
    await polled(
      () => one.cache.semantic(),
      ({ blocked }) => blocked === 1,
    );
    expect((await other.cache.semantic()).blocked).toBe(1);
    expect(await one.ask()).toMatchObject({ detail: undefined });
    const forged = `${match.slice(0, -2)}${match.endsWith('A') ? 'BA' : 'AA'}`;
    await expect(other.cache.feedback({ match: forged, verdict: 'wrong' })).rejects.toMatchObject({
      code: 'match_unknown',
    });
  });

  it('a cache that cannot read the feed answers, serves no semantic hit after a second, and does again once it can', async () => {
    const { one, other } = two(await sharing(2));
    await one.ask(capital);
    await has(other, 1);
    expect(await other.ask()).toMatchObject({ detail: 'semantic' });
    other.proxy.refuse();
    other.proxy.cut();
    await polled(
      () => other.events.filter((event) => event.type === 'semantic-trouble').length,
      (count) => count > 0,
    );
    const during = await polled(
      () => other.ask(`${capitalAgain} ${Math.random()}`),
      ({ detail }) => detail !== 'semantic',
    );
    expect(during.detail).not.toBe('semantic');
    other.proxy.heal();
    const after = await polled(
      () => other.ask(`${capitalAgain} ${Math.random()}`),
      ({ detail }) => detail === 'semantic',
    );
    expect(after.detail).toBe('semantic');
    expect(
      other.events.filter((event) => event.type === 'semantic-trouble' && event.part === 'feed').length,
    ).toBeLessThanOrEqual(2);
  });

  it('vectors and blocks that were reported while a cache was cut off are known once it is back', async () => {
    const { one, other } = two(await sharing(2));
    await one.ask(capital);
    await has(other, 1);
    const { match = '' } = await one.ask();
    other.proxy.refuse();
    other.proxy.cut();
    await one.cache.feedback({ match, verdict: 'wrong' });
    await one.ask('Where do swallows fly in winter?');
    other.proxy.heal();
    await has(other, 2);
    expect((await other.cache.semantic()).blocked).toBe(1);
    expect(await other.ask()).toMatchObject({ detail: undefined });
  });

  it.each([
    ['is deleted', (client: Redis) => client.del('askonce:v1:{feed}:head', 'askonce:v1:{feed}:rows')],
    ['loses its rows', (client: Redis) => client.del('askonce:v1:{feed}:rows')],
  ])('a feed that %s is begun anew, and nothing is missed', async (_, harm) => {
    const redis = await startRedis();
    const { one, other } = two(await sharing(2, redis));
    await one.ask(capital);
    await has(other, 1);
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    other.proxy.refuse();
    other.proxy.cut();
    await one.ask('Where do swallows fly in winter?');
    const { match = '' } = await one.ask();
    await one.cache.feedback({ match, verdict: 'wrong' });
    expect((await client.keys('*{feed}*')).toSorted()).toEqual([
      'askonce:v1:{feed}:head',
      'askonce:v1:{feed}:rows',
    ]);
    await harm(client);
    other.proxy.heal();
    await has(other, 2);
    await polled(
      () => other.cache.semantic(),
      ({ blocked }) => blocked === 1,
    );
    expect(await other.ask()).toMatchObject({ detail: undefined });
  });

  it('a Redis that comes back empty leaves no vector in any memory', async () => {
    const redis = await startRedis();
    const { one, other } = two(await sharing(2, redis));
    await one.ask(capital);
    await has(other, 1);
    await redis.restartEmpty();
    await has(one, 0);
    await has(other, 0);
    await one.ask(capital);
    await has(other, 1);
    expect(
      await polled(
        () => other.ask(),
        ({ detail }) => detail === 'semantic',
      ),
    ).toMatchObject({ detail: 'semantic' });
  });

  it('feedback that cannot be stored says so, and holds at once where it was given', async () => {
    const { one } = two(await sharing(2));
    await one.ask(capital);
    const { match = '' } = await one.ask();
    one.proxy.refuse();
    one.proxy.cut();
    await expect(one.cache.feedback({ match, verdict: 'wrong' })).rejects.toMatchObject({
      code: 'feedback_failed',
      status: 503,
    });
    expect((await one.cache.semantic()).blocked).toBe(1);
    one.proxy.heal();
    await polled(
      () => one.cache.feedback({ match, verdict: 'wrong' }).catch(() => undefined),
      (result) => result !== undefined,
    );
  });
});
