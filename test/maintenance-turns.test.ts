/**
 * The turn of maintenance among processes that share a store: a run that loses it removes nothing from then on, and one whose
 * end was not seen keeps no process waiting.
 */
import { createCache, type Store } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { type FakeClock, fakeClock } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { day, interruptible, oldAndValid, removals, validNames } from './support/maintained-store.ts';
import { sharedRedis, startRedis, startTroubleProxy } from './support/redis-server.ts';
import { clientOf, eventually, ownKeys, storeOn } from './support/redis-stores.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const start = 1_700_000_000_000;
const count = 160;

interface Place {
  readonly prefix: string;
  readonly keyOf: (name: string) => string;
  open(clock: FakeClock): Promise<Store>;
  /** Has the holder lose its turn to a process with this clock. */
  lose(clock: FakeClock): Promise<unknown> | unknown;
}

const places = {
  Redis() {
    const { prefix, keyOf } = ownKeys();
    const client = clientOf(sharedRedis());
    return {
      ...{ prefix, keyOf },
      open: (clock) => storeOn({ url: sharedRedis(), prefix, clock }),
      lose: () => client.del(`${prefix}:v1:{maintenance}:lease`),
    };
  },
  SQLite() {
    const file = `${temporaryFolder()}/askonce.db`;
    return {
      prefix: 'askonce',
      keyOf: (name) => `askonce:v1:aabb:en:{${name}}`,
      open: (clock) => sqliteStore({ file, clock }),
      lose: (clock) => clock.advance(31_000),
    };
  },
} as const satisfies Readonly<Record<string, () => Place>>;

async function setUp(placeOf: () => Place) {
  const place = placeOf();
  const process = async () => {
    const clock = fakeClock(start);
    const interruption = interruptible(await place.open(clock));
    const cache = createCache({ store: interruption.store, clock, settings: { cachePrefix: place.prefix } });
    onTestFinished(() => cache.close(0));
    return { clock, interruption, cache };
  };
  const [one, other] = [await process(), await process()];
  await one.interruption.store.setMany(oldAndValid({ keyOf: place.keyOf, now: start, count }));
  await one.interruption.store.flush();
  for (const { clock } of [one, other]) clock.advance(31 * day);
  const names = async () => {
    const found: string[] = [];
    for await (const some of one.interruption.store.scan?.walk() ?? [])
      found.push(...some.flatMap(({ key }) => /\{(.*)\}/.exec(key)?.[1] ?? []));
    return found.toSorted();
  };
  return { ...place, one, other, names };
}

describe.each(Object.entries(places))('a turn on %s', (_name, placeOf) => {
  it('that another process takes in the middle of a run ends that run, before the two remove at once', async () => {
    const { one, other, lose, names } = await setUp(placeOf);
    const { promise: isThere, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: mayGoOn, resolve: release } = Promise.withResolvers<void>();
    other.interruption.next(1, async () => {
      arrive();
      await mayGoOn;
    });
    let taken: ReturnType<typeof other.cache.maintain> | undefined;
    one.interruption.next(2, async () => {
      await lose(other.clock);
      taken = other.cache.maintain({ kinds: removals });
      await isThere;
      // They have one machine's clock.
      one.clock.advance(other.clock.now() - one.clock.now());
    });
    const lost = await one.cache.maintain({ kinds: removals });
    expect(lost).toMatchObject({ outcome: 'lease-lost', complete: false });
    expect(one.interruption.removedSince).toBe(0);
    expect(one.cache.maintenance().lastSuccessAt).toBe(undefined);
    await expect(one.cache.maintain()).rejects.toMatchObject({ code: 'maintenance_running' });
    release();
    expect(await taken).toMatchObject({
      outcome: 'complete',
      kinds: { 'low-value': { count: count - (lost.kinds['low-value']?.count ?? 0) } },
    });
    expect(await names()).toEqual(validNames(count));
    expect(await one.cache.maintain({ kinds: removals })).toMatchObject({ outcome: 'complete' });
    expect(await names()).toEqual(validNames(count));
  });

  it('is one process’s when both ask for it at the same time', async () => {
    const { one, other, names } = await setUp(placeOf);
    for (let rounds = 0; rounds < 3; rounds++) {
      const runs = await Promise.allSettled(
        [one, other].map(({ cache }) => cache.maintain({ kinds: removals })),
      );
      const outcomes = runs.map((run) =>
        run.status === 'fulfilled' ? run.value.outcome : String(run.reason.code),
      );
      // The second may also have begun after the first has ended.
      expect(outcomes).toContain('complete');
      for (const outcome of outcomes) expect(outcome).toMatch(/^(?:complete|maintenance_running)$/);
    }
    expect(await names()).toEqual(validNames(count));
  });
});

it('a lease that is deleted in the middle of a run ends it, though no other process asks for it', async () => {
  const { one, lose, names } = await setUp(places.Redis);
  one.interruption.next(2, () => lose(one.clock));
  const lost = await one.cache.maintain({ kinds: removals });
  expect(lost).toMatchObject({ outcome: 'lease-lost', failure: expect.stringMatching(/no longer has it/) });
  expect(one.interruption.removedSince).toBe(0);
  expect(await one.cache.maintain({ kinds: removals })).toMatchObject({ outcome: 'complete' });
  expect(await names()).toEqual(validNames(count));
});

it('a lease that could not be released does not keep the next run of the same process waiting', async () => {
  const server = await startRedis();
  const proxy = await startTroubleProxy(server.port);
  const { prefix } = ownKeys();
  const clock = fakeClock(start);
  const store = await storeOn({ url: proxy.url, prefix, clock });
  const cache = createCache({ store, clock, settings: { cachePrefix: prefix } });
  onTestFinished(() => cache.close(0));
  const leases = () => clientOf(server.url).exists(`${prefix}:v1:{maintenance}:lease`);
  // The server grants the lease, and its answer is lost.
  proxy.cutAfter(0, 'to client');
  await expect(cache.maintain()).rejects.toMatchObject({ code: 'maintenance_failed' });
  expect(await leases()).toBe(1);
  proxy.heal();
  await expect
    .poll(
      async () =>
        (await cache.maintain({ kinds: removals }).catch(({ code }) => ({ outcome: code }))).outcome,
      eventually,
    )
    .toBe('complete');
  expect(await leases()).toBe(0);
});
