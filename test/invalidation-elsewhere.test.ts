/**
 * Invalidating flights, stored entries and entries in memory on other machines: by tags that a follower brought, and
 * down to the last copy where a person's answers are erased.
 */
import { type Cache, createCache, memoryStore, type ObservedEvent, type Store, tieredStore } from 'askonce';
import { redisStore } from 'askonce/redis';
import { type FakeClock, fakeClock } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answer, chat, completion } from './support/chat.ts';
import { gatedProvider, settled, textOf } from './support/gated-provider.ts';
import { eventually } from './support/manual-provider.ts';
import { startRedis } from './support/redis-server.ts';
import { sharedMemory } from './support/shared-memory.ts';

const secret = 'one secret for all';

/** Caches with a memory of their own above one Redis. */
async function overRedis(count: number) {
  const { url } = await startRedis();
  const events: ObservedEvent[] = [];
  const open = async () => {
    const upper = memoryStore();
    const store = tieredStore({ upper, lower: await redisStore({ url }), budgetMs: 5_000 });
    const settings = { secret, storeBudgetMs: 500 };
    const cache = createCache({ settings, store, observe: (event) => events.push(event) });
    onTestFinished(() => cache.close(0));
    return { cache, memory: upper };
  };
  const all = await Promise.all(Array.from({ length: count }, open));
  for (const { cache } of all) await readLog(cache);
  const at = (index: number) => {
    const one = all[index];
    if (one === undefined) throw new Error('no such cache');
    return one;
  };
  return { at, events, ...gatedProvider() };
}

async function readLog(cache: Cache): Promise<void> {
  let isCurrent = false;
  await eventually(() => {
    void cache.statistics().then(({ logIsCurrent }) => {
      isCurrent = logIsCurrent;
    });
    return isCurrent;
  }, 'the log to be read');
}

describe('several caches over one Redis', () => {
  it.each([
    ['by the tag', { tags: 'team=x' }],
    ['by the tag and one that the leader brings', { tags: 'team=x', category: 'news' }],
  ])(
    'no cache serves an answer that was invalidated while another machine followed its flight: %s',
    async (_by, selector) => {
      const { at, events, provider, calls, call } = await overRedis(3);
      const leading = at(0).cache.ask(chat({ context: { category: 'news' } }), provider);
      await eventually(() => calls.length === 1);
      const following = at(1).cache.ask(chat({ context: { tags: ['team=x'] } }), provider);
      await eventually(() => events.some(({ type }) => type === 'followed'), 'the flight to be followed');
      expect(await at(2).cache.invalidate(selector, { dryRun: true })).toBe(0);
      expect(await at(2).cache.invalidate(selector)).toBe(0);
      answer(call(0), completion({ text: 'old' }));
      for (const one of [leading, following]) expect(await textOf(await one)).toContain('old');
      for (const index of [0, 1, 2]) {
        const only = chat({ directives: { onlyIfCached: true } });
        await expect(at(index).cache.ask(only, provider)).rejects.toMatchObject({ code: 'not_cached' });
      }
    },
  );

  it('caches drop a person’s answers from memory soon after they were erased on one of the machines', async () => {
    const { at, provider, calls, call } = await overRedis(2);
    const hers = chat({ question: 'mine?', context: { user: 'ada' } });
    const others = chat({ question: 'other?' });
    for (const request of [hers, others]) {
      const asking = at(0).cache.ask(request, provider);
      await eventually(() => calls.length === (request === hers ? 1 : 2));
      answer(call(calls.length - 1));
      await asking;
    }
    const held = (index: number) => at(index).memory.statistics().entries;
    for (const request of [hers, others]) await textOf(await at(1).cache.ask(request, provider));
    expect([held(0), held(1)]).toEqual([2, 2]);
    expect(await at(0).cache.erase('ada')).toBe(1);
    expect(held(0)).toBe(1);
    await eventually(() => held(1) === 1, 'the other cache to sweep its memory');
    expect((await at(1).cache.ask(others, provider)).cacheStatus.kind).toBe('hit');
  });
});

/** Two caches on one store, with one clock that the test moves. */
async function two(wrap: (store: Store, clock: FakeClock) => Partial<Store>, storeBudgetMs = 400) {
  const clock = fakeClock();
  const memory = sharedMemory(clock);
  const events: ObservedEvent[] = [];
  const open = (store: Store) =>
    createCache({
      clock,
      store,
      settings: { secret, storeBudgetMs },
      observe: (event) => events.push(event),
    });
  const [mine, theirs] = [memory.process().store, memory.process().store];
  const caches = [open(mine), open({ ...theirs, ...wrap(theirs, clock) })] as const;
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      await settled();
      clock.advance(10);
    }
    await settled();
  };
  await pass(20);
  const entries = async () => (await mine.statistics()).entries;
  const gate = gatedProvider();
  /** Stores an answer with the tag `team=x`, the first that the provider gives. */
  const storeTagged = async (cache: Cache) => {
    const asking = cache.ask(chat({ context: { tags: ['team=x'] } }), gate.provider);
    await pass(50);
    answer(gate.call(0));
    await asking;
    await pass(50);
  };
  return { caches, pass, events, entries, clock, storeTagged, ...gate };
}

it('an invalidation counts entries that are only in memory, however long finding them takes', async () => {
  let find = () => {};
  const { caches, pass, storeTagged } = await two((store, clock) => {
    const lower: Store = { ...store, setMany: async (entries) => entries.map(() => 'off' as const) };
    const tiers = tieredStore({ upper: memoryStore({ clock }), lower, clock });
    const { tags } = tiers;
    return {
      ...tiers,
      tags: tags && {
        ...tags,
        async *find(filter, options) {
          await new Promise<void>((resolve) => {
            find = resolve;
          });
          yield* tags.find(filter, options);
        },
      },
    };
  });
  const [, mine] = caches;
  await storeTagged(mine);
  const removing = mine.invalidate({ tags: 'team=x' });
  await pass(3_000);
  find();
  await pass(50);
  expect(await removing).toBe(1);
});

it('an invalidation that is recorded is in force at once, though the log cannot be read any more', async () => {
  let isHanging = false;
  const { caches, pass, provider, storeTagged } = await two(({ shared }) => ({
    shared: {
      ...shared,
      log: shared?.log && {
        ...shared.log,
        read: async (from) => {
          if (isHanging || shared.log === undefined) return new Promise(() => {});
          return await shared.log.read(from);
        },
      },
    },
  }));
  const [, mine] = caches;
  await storeTagged(mine);
  const stored = async () => {
    const kind = mine.ask(chat({ directives: { onlyIfCached: true } }), provider).then(
      ({ cacheStatus }) => cacheStatus.kind,
      () => 'none',
    );
    await pass(10);
    return await kind;
  };
  expect(await stored()).toBe('hit');
  isHanging = true;
  const removing = mine.invalidate({ tags: 'team=x' });
  await pass(50);
  expect(await stored()).toBe('none');
  isHanging = false;
  await pass(20_000);
  // The request that found it has removed it already.
  expect(await removing).toBe(0);
});

describe('an answer that another machine stores late', () => {
  /** Begins to erase what another machine is writing; it writes that once the index has been searched. */
  async function erasingBesideAWrite(erase: (cache: Cache) => Promise<number>) {
    let write = () => {};
    const { caches, pass, entries, clock, provider, call } = await two((store) => ({
      set: (entry) =>
        new Promise((resolve) => {
          write = () => resolve(store.set(entry));
        }),
    }));
    const [mine, theirs] = caches;
    const asking = theirs.ask(chat({ context: { user: 'ada' } }), provider);
    await pass(50);
    answer(call(0));
    await pass(20);
    const begun = clock.monotonic();
    let erased: number | undefined;
    const erasing = erase(mine).then((count) => {
      erased = count;
    });
    await pass(100);
    write();
    await pass(50);
    expect([await entries(), erased]).toEqual([1, undefined]);
    while (erased === undefined && clock.monotonic() < begun + 60_000) await pass(10);
    await Promise.all([erasing, asking]);
    return { erased, left: await entries(), tookMs: clock.monotonic() - begun };
  }

  it('an entry written after the search is gone when erasing ends', async () => {
    const { erased, left, tookMs } = await erasingBesideAWrite((cache) => cache.erase('ada'));
    expect([left, erased]).toEqual([0, 1]);
    // A process that has not read the log for a second stores nothing, and a write ends within its budget.
    expect(tookMs).toBeGreaterThanOrEqual(1_400);
  });

  it('an entry written after the search is found by another search of the index, before the look at every entry', async () => {
    let foundLater: Promise<number> | undefined;
    const { erased, left } = await erasingBesideAWrite(async (cache) => {
      const { byIndex, thorough } = await cache.beginErasure('ada');
      foundLater = thorough;
      return byIndex;
    });
    expect([left, erased, await foundLater]).toEqual([0, 1, 0]);
  });

  it('a late write delays erasing only up to a limit, however long a store may take', async () => {
    const { caches, pass, clock } = await two(() => ({}), 60_000);
    const begun = clock.monotonic();
    let erased: number | undefined;
    const erasing = caches[0].erase('ada').then((count) => {
      erased = count;
    });
    while (erased === undefined && clock.monotonic() < begun + 120_000) await pass(10);
    await erasing;
    expect(erased).toBe(0);
    expect(clock.monotonic() - begun).toBeLessThan(4_000);
  });

  it('a process that has not read the log for a second stores nothing', async () => {
    let isCutOff = false;
    const { caches, pass, entries, events, provider, call } = await two(({ shared }) => ({
      shared: {
        ...shared,
        log: shared?.log && {
          ...shared.log,
          read: async (from) => {
            if (isCutOff || shared.log === undefined) throw new Error('cut off');
            return await shared.log.read(from);
          },
        },
      },
    }));
    const [, theirs] = caches;
    const asking = theirs.ask(chat(), provider);
    await pass(50);
    isCutOff = true;
    await pass(2_000);
    answer(call(0), completion({ text: 'late' }));
    expect(await textOf(await asking)).toContain('late');
    await pass(50);
    expect(await entries()).toBe(0);
    expect(events).toContainEqual(expect.objectContaining({ type: 'refused', reason: 'failed' }));
  });
});
