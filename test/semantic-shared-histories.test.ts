/**
 * Random histories over several caches with semantic tiers and one Redis: whatever is asked, invalidated, erased, blocked and
 * expires, and whatever happens to messages, connections and the server, no cache serves an answer across a wall, or one that
 * is dead here, or has been dead elsewhere for more than a second.
 */
import { type Cache, type CacheRequest, createCache, memoryStore, type Reply, tieredStore } from 'askonce';
import { type RedisStoreOptions, redisStore } from 'askonce/redis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aheadClock, type MovableClock } from './support/ahead-clock.ts';
import { chat, completion, json } from './support/chat.ts';
import { textOf } from './support/gated-provider.ts';
import { sharedCluster, startRedis, startTroubleProxy, type TroubleProxy } from './support/redis-server.ts';
import { beside, clientOf, flushScripts, keysOf, ownKeys } from './support/redis-stores.ts';
import { wordEmbedder } from './support/semantic-set-up.ts';
import { once } from './support/set-up-cache.ts';
import { polled } from './support/shared-gateways.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** What one process does holds at another after this time. */
const spreadMs = 1_000;
const caches = 4;

/** Each pair is nearer than the threshold of these caches. */
const wordings = ['What', 'Which'].flatMap((what) =>
  ['this', 'that'].flatMap((which) =>
    ['large', 'old'].map((old) => `${what} is the capital city of ${which} ${old} country in Europe?`),
  ),
);

const usually = <Value>(usual: Value, ...others: readonly Value[]) =>
  fc.oneof(
    { weight: 10, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(usual, ...others) },
  );

/** What no answer may cross. */
const wallsOf = fc.record({
  key: usually('alpha', 'beta'),
  tenant: usually<string | undefined>(undefined, 'one'),
  user: usually<string | undefined>(undefined, 'ann', 'bob'),
  language: usually('en', 'en-gb'),
  model: usually('m1', 'm2'),
});
type Walls = typeof wallsOf extends fc.Arbitrary<infer One> ? One : never;

const place = fc.nat(caches - 1);
const asked = fc.record({
  do: fc.constant('ask' as const),
  /** Where it is asked: at one cache, or at several at once. */
  at: fc.oneof(fc.tuple(place), fc.tuple(place), fc.tuple(place, place)),
  walls: wallsOf,
  wording: fc.constantFrom(...wordings),
  team: fc.constantFrom(undefined, undefined, undefined, 'a', 'b'),
});
type Asked = typeof asked extends fc.Arbitrary<infer Step> ? Step : never;

const removal = fc.oneof(
  fc.record({
    do: fc.constant('invalidate' as const),
    at: place,
    what: fc.constant('all' as const),
    value: fc.constant(''),
  }),
  fc.record({
    do: fc.constant('invalidate' as const),
    at: place,
    what: fc.constant('team' as const),
    value: fc.constantFrom('a', 'b'),
  }),
  fc.record({
    do: fc.constant('invalidate' as const),
    at: place,
    what: fc.constant('model' as const),
    value: fc.constantFrom('m1', 'm2'),
  }),
  fc.record({ do: fc.constant('erase' as const), at: place, user: fc.constantFrom('ann', 'bob') }),
  fc.record({ do: fc.constant('delete' as const), at: place, wording: fc.constantFrom(...wordings) }),
);
const feedback = fc.record({ do: fc.constant('feedback' as const), at: place });
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

const said = z.object({ serial: z.number() });

/** Since when something holds, and the cache that knows it from then on; the others know it a second later. */
interface Since {
  readonly by: number | undefined;
  readonly at: number;
}

interface Made {
  readonly walls: Walls;
  readonly wording: string;
  /** The date, and the measured time. */
  readonly at: number;
  readonly born: number;
  readonly by: number;
  readonly teams: Set<string>;
  dead?: Since;
  blocked?: Since;
}

/** What the histories of a test came to. */
interface Found {
  answers: number;
  semantic: number;
  /** Semantic hits on what another cache had stored. */
  fromOthers: number;
  /** Vectors that were stored at the end of each history, all beside their entries. */
  vectors: number;
  /** Answers that feedback blocked. */
  blocked: number;
  violations: string[];
}

type Step = typeof asked | typeof removal | typeof feedback | typeof passing | typeof trouble | typeof flush;
type History = readonly (Step extends fc.Arbitrary<infer One> ? One : never)[];

function requestOf({ walls, wording, team }: Pick<Asked, 'walls' | 'wording' | 'team'>): CacheRequest {
  const { key, tenant, user, language, model } = walls;
  return chat({
    key,
    body: { model, messages: [{ role: 'user', content: wording }] },
    context: { tenant, user, language, tags: team === undefined ? [] : [`team=${team}`] },
  });
}

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
  const made: Made[] = [];
  const lastMatch: ({ readonly match: string; readonly answer: Made } | undefined)[] = all.map(
    () => undefined,
  );
  const invalidated = new Map<string, Since>();
  const background: Promise<unknown>[] = [];

  const holds = (since: Since | undefined, at: number, began: number) =>
    since !== undefined && (since.by === at ? began >= since.at : began > since.at + spreadMs);

  async function ask(step: Asked, at: number): Promise<void> {
    const began = clock.monotonic();
    const { walls, wording, team } = step;
    const reply = await all[at]?.ask(requestOf(step), async () => {
      const teams = new Set(team === undefined ? [] : [team]);
      const serial =
        made.push({ walls, wording, at: clock.now(), born: clock.monotonic(), by: at, teams }) - 1;
      return { status: 200, headers: json, body: once(completion({ text: JSON.stringify({ serial }) })) };
    });
    if (reply === undefined) throw new TypeError('there is no such cache');
    check(step, at, began, reply, await textOf(reply));
  }

  function check(
    { walls, wording, team }: Asked,
    at: number,
    began: number,
    reply: Reply,
    text: string,
  ): void {
    const [written = ''] = /\{\\?"serial\\?":\d+\}/.exec(text) ?? [];
    const { serial } = said.parse(JSON.parse(written.replaceAll('\\', '')));
    const answer = made[serial];
    if (answer === undefined) throw new TypeError('no such answer was made');
    const isSemantic = reply.match !== undefined;
    const violations = [
      JSON.stringify(answer.walls) !== JSON.stringify(walls) && 'crossed a wall',
      !isSemantic && answer.wording !== wording && 'another question',
      clock.now() - answer.at >= (isSemantic ? dayMs / 2 : dayMs) + 60_000 && 'past its time',
      holds(answer.dead, at, began) && 'dead',
      isSemantic && holds(answer.blocked, at, began) && 'blocked',
      team !== undefined &&
        holds(invalidated.get(team), at, began) &&
        answer.born < (invalidated.get(team)?.at ?? 0) &&
        reply.cacheStatus.kind === 'hit' &&
        'of an invalidated team',
    ].filter((violation) => violation !== false);
    found.violations.push(...violations.map((violation) => `${violation}: ${JSON.stringify([at, serial])}`));
    found.answers += 1;
    if (team !== undefined) answer.teams.add(team);
    if (!isSemantic) return;
    found.semantic += 1;
    if (answer.by !== at) found.fromOthers += 1;
    lastMatch[at] = { match: reply.match ?? '', answer };
  }

  /** Those that a removal means are dead once it has resolved; one that fails may have removed them or not. */
  async function kill(
    at: number,
    isMeant: (answer: Made) => boolean,
    removing: Promise<unknown> | undefined,
  ) {
    const meant = made.filter(isMeant);
    const isDone = await Promise.resolve(removing).then(
      () => true,
      () => false,
    );
    if (!isDone) return undefined;
    const dead = { by: at, at: clock.monotonic() };
    for (const answer of meant) answer.dead ??= dead;
    return dead;
  }

  for (const step of history) {
    if (step.do === 'ask') {
      await Promise.all([...new Set<number>(step.at)].map((at) => ask(step, at)));
    } else if (step.do === 'invalidate') {
      const { at, what, value } = step;
      const selector =
        what === 'all'
          ? ({ all: true } as const)
          : what === 'team'
            ? { tags: [`team=${value}`] }
            : { model: value };
      const dead = await kill(
        at,
        ({ walls, teams }) => what === 'all' || (what === 'team' ? teams.has(value) : walls.model === value),
        all[at]?.invalidate(selector),
      );
      if (what === 'team' && dead !== undefined) invalidated.set(value, dead);
    } else if (step.do === 'erase') {
      // It waits for more than a second: the history goes on.
      background.push(kill(step.at, ({ walls }) => walls.user === step.user, all[step.at]?.erase(step.user)));
    } else if (step.do === 'delete') {
      const walls = { key: 'alpha', tenant: undefined, user: undefined, language: 'en', model: 'm1' };
      const request = requestOf({ walls, wording: step.wording, team: undefined });
      const isMeant = (answer: Made) =>
        answer.wording === step.wording && JSON.stringify(answer.walls) === JSON.stringify(walls);
      await kill(step.at, isMeant, all[step.at]?.delete(request));
    } else if (step.do === 'feedback') {
      const last = lastMatch[step.at];
      if (last === undefined) continue;
      const given = await all[step.at]
        ?.feedback({ match: last.match, verdict: 'wrong' })
        .catch(() => undefined);
      if (given === undefined || last.answer.blocked !== undefined) continue;
      last.answer.blocked = { by: step.at, at: clock.monotonic() };
      found.blocked += 1;
    } else if (step.do === 'pass') {
      clock.advance(step.hours * hourMs);
    } else if (step.do === 'pause') {
      clock.pause(step.ms);
    } else if (step.do === 'flush') {
      const meant = [...made];
      await harm.flush(step.restarts);
      const dead = { by: undefined, at: clock.monotonic() };
      for (const answer of meant) answer.dead ??= dead;
    } else if (step.do === 'scripts') {
      await harm.scripts();
    } else {
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
    }
  }
  for (const proxy of harm.proxies) proxy.heal();
  await Promise.all(background);
}

/** Runs histories and returns what they came to. */
async function histories(
  steps: fc.Arbitrary<History>,
  numRuns: number,
  set: () => Promise<{ readonly places: readonly RedisStoreOptions[]; readonly harm: Harm }>,
): Promise<Found> {
  const found: Found = { answers: 0, semantic: 0, fromOthers: 0, vectors: 0, blocked: 0, violations: [] };
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
