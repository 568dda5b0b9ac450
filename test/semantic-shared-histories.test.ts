/**
 * Random histories over several caches with semantic tiers and one Redis: whatever is asked, invalidated, erased, blocked and
 * expires, and whatever happens to messages, connections and the server, no cache serves an answer across a wall, or one that
 * is dead here, or has been dead elsewhere for more than a second.
 */
import { type Cache, type CacheRequest, createCache, memoryStore, tieredStore } from 'askonce';
import { type RedisStoreOptions, redisStore } from 'askonce/redis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aheadClock, type MovableClock } from './support/ahead-clock.ts';
import { chat, completion, json } from './support/chat.ts';
import { textOf } from './support/gated-provider.ts';
import { sharedCluster, startRedis, startTroubleProxy, type TroubleProxy } from './support/redis-server.ts';
import { beside, clientOf, flushScripts, keysOf, ownKeys } from './support/redis-stores.ts';
import { stepsAt, type Wish, wordings } from './support/semantic-histories.ts';
import { type Found, nothingFound, type Place, plainWalls, semanticModel } from './support/semantic-model.ts';
import { wordEmbedder } from './support/semantic-set-up.ts';
import { once } from './support/set-up-cache.ts';
import { polled } from './support/shared-gateways.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const caches = 4;

const { place, asked: askedOf, removal: removed, feedback } = stepsAt(caches);
const asked = askedOf({ wordings, short: 0 });
const removal = fc.oneof(
  { weight: 6, arbitrary: removed },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('delete' as const),
      at: place,
      wording: fc.constantFrom(...wordings),
    }),
  },
);
const passing = fc.oneof(
  fc.record({ do: fc.constant('pass' as const), hours: fc.constantFrom(1, 13, 30) }),
  // The whole program stands still, as far as it can see: its timers have not fired.
  fc.record({ do: fc.constant('pause' as const), ms: fc.constantFrom(300, 800, 1_100) }),
  fc.record({ do: fc.constant('pause' as const), ms: fc.constant(1_100) }),
);
const trouble = fc.oneof(
  fc.record({ do: fc.constant('messages' as const), at: place, dropped: fc.boolean() }),
  fc.record({ do: fc.constant('cut' as const), at: place }),
  fc.record({ do: fc.constant('refuse' as const), at: place }),
  fc.record({ do: fc.constant('heal' as const), at: place }),
  fc.record({ do: fc.constant('heal' as const), at: place }),
  fc.record({ do: fc.constant('scripts' as const) }),
);
const flush = fc.record({ do: fc.constant('flush' as const), restarts: fc.boolean() });

/** What a history does to the server, besides asking it. */
interface Harm {
  readonly proxies: readonly TroubleProxy[];
  scripts(): Promise<unknown>;
  /** Loses everything that it has. */
  flush(restarts: boolean): Promise<unknown>;
  /** Keys that begin with the prefix. */
  keys(prefix: string): Promise<readonly string[]>;
}

type Step = typeof asked | typeof removal | typeof feedback | typeof passing | typeof trouble | typeof flush;
type History = readonly (Step extends fc.Arbitrary<infer One> ? One : never)[];

function requestOf({ walls, wording, team, category }: Wish): CacheRequest {
  const { key, tenant, user, language, model } = walls;
  return chat({
    key,
    body: { model, messages: [{ role: 'user', content: wording }] },
    context: { tenant, user, language, category, tags: team === undefined ? [] : [`team=${team}`] },
  });
}

const placeOf = (cache: Cache): Place => ({
  async ask(wish, make) {
    const reply = await cache.ask(requestOf(wish), async () => ({
      status: 200,
      headers: json,
      body: once(completion({ text: make() })),
    }));
    return { text: await textOf(reply), isHit: reply.cacheStatus.kind === 'hit', match: reply.match };
  },
  invalidate: (selector) => cache.invalidate(selector),
  erase: (user) => cache.erase(user),
  wrong: (match) => cache.feedback({ match, verdict: 'wrong' }),
});

async function openCaches(places: readonly RedisStoreOptions[], clock: MovableClock, prefix: string) {
  const embedder = wordEmbedder();
  return await Promise.all(
    places.map(async (place) => {
      const lower = await redisStore({ ...place, prefix, clock, budgetMs: 1_000, onTrouble: () => {} });
      const cache = createCache({
        clock,
        store: tieredStore({ upper: memoryStore({ clock }), lower, clock, budgetMs: 1_000 }),
        semantic: { embedder },
        settings: {
          ...{ secret: 'one secret for all', cachePrefix: prefix, storeBudgetMs: 1_000 },
          ...{ semanticUpper: 0.7, semanticLower: 0.5, semanticGuards: 'none', semanticGates: 'none' },
          ...{ staleDays: 0.5, ttlDays: 1 },
        },
      });
      await polled(
        () => cache.statistics(),
        ({ logIsCurrent }) => logIsCurrent,
      );
      return cache;
    }),
  );
}

async function run(
  history: History,
  { all, clock, harm, found }: { all: readonly Cache[]; clock: MovableClock; harm: Harm; found: Found },
): Promise<void> {
  const model = semanticModel({
    ...{ places: all.map(placeOf), clock, found },
    isPast: ({ at }, isSemantic) => clock.now() - at >= (isSemantic ? dayMs / 2 : dayMs) + 60_000,
  });
  for (const step of history) {
    if (step.do === 'delete') {
      const meant = { walls: plainWalls, wording: step.wording };
      const request = requestOf({ ...meant, team: undefined, category: undefined, isShort: false });
      const isMeant = ({ wording, walls }: Wish) =>
        JSON.stringify({ walls, wording }) === JSON.stringify(meant);
      const deleting = Promise.resolve(all[step.at]?.delete(request));
      await model.kill(step.at, ({ wish }) => isMeant(wish), deleting);
    } else if (step.do === 'pass') {
      clock.advance(step.hours * hourMs);
    } else if (step.do === 'pause') {
      clock.pause(step.ms);
    } else if (step.do === 'flush') {
      await model.lose(() => harm.flush(step.restarts));
    } else if (step.do === 'scripts') {
      await harm.scripts();
    } else if (step.do === 'messages' || step.do === 'cut' || step.do === 'refuse' || step.do === 'heal') {
      const proxy = harm.proxies[step.at];
      if (proxy === undefined) continue;
      if (step.do === 'messages') proxy.dropMessages(step.dropped);
      else if (step.do === 'cut') proxy.cut();
      else if (step.do === 'refuse') proxy.refuse();
      else {
        proxy.heal();
        await polled(
          () => all[step.at]?.statistics(),
          (now) => now?.logIsCurrent === true,
        );
      }
    } else await model.take(step);
  }
  for (const proxy of harm.proxies) proxy.heal();
  await model.over();
}

/** Runs histories and returns what they came to. */
async function histories(
  steps: fc.Arbitrary<History>,
  numRuns: number,
  set: () => Promise<{ readonly places: readonly RedisStoreOptions[]; readonly harm: Harm }>,
): Promise<Found & { readonly vectors: number }> {
  const found = { ...nothingFound(), vectors: 0 };
  const { places, harm } = await set();
  const once = async (history: History) => {
    const clock = aheadClock();
    const { prefix } = ownKeys();
    const all = await openCaches(places, clock, prefix);
    try {
      await run(history, { all, clock, harm, found });
    } finally {
      await Promise.all(all.map((cache) => cache.close(0)));
    }
    const keys = new Set(await harm.keys(prefix));
    const vectors = [...keys].filter((key) => key.endsWith(':vec'));
    found.vectors += vectors.length;
    const left = vectors.filter((key) => !keys.has(key.slice(0, -':vec'.length)));
    expect(left).toEqual([]);
    expect(found.violations).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(steps, once), { numRuns, endOnFailure: true });
  return found;
}

describe('random histories of several caches with semantic tiers', () => {
  it('no semantic hit crosses a wall, is dead, blocked or expired, whatever messages, cuts and restarts of Redis do', async () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 60, arbitrary: asked },
        { weight: 5, arbitrary: removal },
        { weight: 3, arbitrary: feedback },
        { weight: 6, arbitrary: passing },
        { weight: 6, arbitrary: trouble },
        { weight: 1, arbitrary: flush },
      ),
      { minLength: 150, maxLength: 250 },
    );
    const found = await histories(steps, 10, async () => {
      const redis = await startRedis({ appends: false });
      const admin = clientOf(redis.url);
      const proxies = await Promise.all(Array.from({ length: caches }, () => startTroubleProxy(redis.port)));
      return {
        places: proxies.map(({ url }) => ({ url })),
        harm: {
          proxies,
          scripts: () => admin.script('FLUSH'),
          keys: (prefix) => admin.keys(`${prefix}:*`),
          flush: async (restarts) => {
            if (restarts) await redis.restartEmpty();
            await polled(
              () => admin.flushall().catch(() => ''),
              (reply) => reply === 'OK',
            );
          },
        },
      };
    });
    expect(found.violations).toEqual([]);
    expect(found.semantic).toBeGreaterThan(100);
    expect(found.fromOthers).toBeGreaterThan(20);
    expect(found.vectors).toBeGreaterThan(10);
    expect(found.blocked).toBeGreaterThan(10);
  }, 180_000);

  it('no semantic hit crosses a wall, is dead, blocked or expired in a Cluster', async () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 60, arbitrary: asked },
        { weight: 5, arbitrary: removal },
        { weight: 3, arbitrary: feedback },
        { weight: 6, arbitrary: passing },
        { weight: 1, arbitrary: fc.constant({ do: 'scripts' as const }) },
      ),
      { minLength: 150, maxLength: 200 },
    );
    const found = await histories(steps, 6, async () => {
      const clusterNodes = await sharedCluster();
      const admin = beside({ clusterNodes });
      return {
        places: Array.from({ length: caches }, () => ({ clusterNodes })),
        harm: {
          proxies: [],
          scripts: () => flushScripts(admin),
          keys: (prefix) => keysOf(admin, `${prefix}:*`),
          flush: () => Promise.reject(new Error('others use the Cluster')),
        },
      };
    });
    expect(found.violations).toEqual([]);
    expect(found.semantic).toBeGreaterThan(60);
    expect(found.fromOthers).toBeGreaterThan(12);
    expect(found.vectors).toBeGreaterThan(6);
    expect(found.blocked).toBeGreaterThan(6);
  }, 180_000);
});
