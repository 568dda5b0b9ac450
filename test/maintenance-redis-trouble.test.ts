/**
 * Maintenance of a Redis that gets into trouble in the middle of a run: the report says so, nothing valid is removed, and the
 * next run completes.
 */
import { createCache, type ObservedEvent } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { day, interruptible, oldAndValid, removals, validNames } from './support/maintained-store.ts';
import { startRedis, startTroubleProxy } from './support/redis-server.ts';
import { clientOf, eventually, keysOf, ownKeys, storeOn } from './support/redis-stores.ts';

const start = 1_700_000_000_000;
const count = 100;

async function setUp() {
  const server = await startRedis();
  const proxy = await startTroubleProxy(server.port);
  const { prefix, keyOf } = ownKeys();
  const clock = fakeClock(start);
  const command = clientOf(server.url);
  const open = async (url: string) => {
    const interruption = interruptible(await storeOn({ url, prefix, clock, timeoutMs: 1_500 }));
    const events: ObservedEvent[] = [];
    const cache = createCache({
      store: interruption.store,
      clock,
      settings: { cachePrefix: prefix },
      observe: (event) => events.push(event),
    });
    onTestFinished(() => cache.close(0));
    const runs = () => events.flatMap((event) => (event.type === 'maintenance' ? [event.outcome] : []));
    return { ...interruption, interruption, cache, runs };
  };
  const own = await open(proxy.url);
  const fill = () => own.store.setMany(oldAndValid({ keyOf, now: start, count }));
  await fill();
  clock.advance(31 * day);
  const names = async () =>
    (await keysOf(command, `${prefix}:v1:partition:*}`))
      .flatMap((key) => /\{(.*)\}/.exec(key)?.[1] ?? [])
      .toSorted();
  const connected = () =>
    expect
      .poll(async () => await own.cache.maintain({ dryRun: true }).catch(() => ({})), eventually)
      .toMatchObject({
        outcome: 'complete',
      });
  const lease = `${prefix}:v1:{maintenance}:lease`;
  return { server, proxy, clock, command, own, open, fill, names, connected, lease };
}

type Scene = Awaited<ReturnType<typeof setUp>>;

interface Trouble {
  begin(scene: Scene): unknown;
  end(scene: Scene): unknown;
  readonly outcome: 'complete' | 'failed';
  readonly failure?: RegExp;
}

const troubles: Readonly<Record<string, Trouble>> = {
  'is cut off': {
    begin: ({ proxy }) => proxy.refuse(),
    end: ({ proxy }) => proxy.heal(),
    outcome: 'failed',
    failure: /Redis/,
  },
  'is paused': {
    begin: ({ server }) => server.pause(),
    end: ({ server }) => server.resume(),
    outcome: 'failed',
    failure: /does not answer in time/,
  },
  'pauses its clients': {
    begin: ({ command }) => command.call('CLIENT', 'PAUSE', '60000', 'ALL'),
    end: ({ server }) => server.restart(),
    outcome: 'failed',
    failure: /does not answer in time/,
  },
  'becomes a replica': {
    begin: ({ command }) => command.call('REPLICAOF', '127.0.0.1', '1'),
    end: ({ command }) => command.call('REPLICAOF', 'NO', 'ONE'),
    outcome: 'failed',
    failure: /replica/,
  },
  'is out of memory': {
    async begin({ command }) {
      await command.call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await command.call('CONFIG', 'SET', 'maxmemory', '1');
    },
    end: ({ command }) => command.call('CONFIG', 'SET', 'maxmemory', '0'),
    // It removes, and removals need no memory.
    outcome: 'complete',
  },
  'is killed': {
    begin: ({ server }) => server.kill(),
    end: ({ server }) => server.restart(),
    outcome: 'failed',
    failure: /Redis/,
  },
};

describe.each(Object.entries(troubles))('a Redis that %s', (_name, trouble) => {
  it('in the middle of a run ends it with its reason, loses nothing valid, and is maintained whole afterwards', async () => {
    const scene = await setUp();
    const { own, names } = scene;
    own.next(3, () => trouble.begin(scene));
    const report = await own.cache.maintain({ kinds: removals });
    expect(report).toMatchObject({ outcome: trouble.outcome, complete: trouble.outcome === 'complete' });
    if (trouble.failure !== undefined) {
      expect(report.failure).toMatch(trouble.failure);
      expect(report.looked).toBeLessThan(2 * count);
    }
    expect(own.cache.maintenance()).toMatchObject({ last: report });
    expect(own.runs()).toEqual([trouble.outcome]);
    await trouble.end(scene);
    await scene.connected();
    const left = await names();
    expect(left).toEqual(expect.arrayContaining([...validNames(count)]));
    const removed = 2 * count - left.length;
    // What a lost reply has removed is not known, and all that is known is counted.
    expect(report.kinds['low-value']?.count).toBe(removed);
    const next = await own.cache.maintain({ kinds: removals });
    expect(next).toMatchObject({ outcome: 'complete', kinds: { 'low-value': { count: count - removed } } });
    expect(await names()).toEqual(validNames(count));
  }, 60_000);

  it('before a run refuses to begin it, which counts as a failed run, or lets it free memory', async () => {
    const scene = await setUp();
    const { own } = scene;
    await trouble.begin(scene);
    const begun = own.cache.maintain({ kinds: removals });
    if (trouble.outcome === 'complete') expect(await begun).toMatchObject({ outcome: 'complete' });
    else {
      await expect(begun).rejects.toMatchObject({ code: 'maintenance_failed' });
      expect(own.cache.maintenance()).toMatchObject({ last: { outcome: 'failed', looked: 0 } });
    }
    expect(own.runs()).toEqual([trouble.outcome]);
    await trouble.end(scene);
    await scene.connected();
    expect(await own.cache.maintain({ kinds: removals })).toMatchObject({ outcome: 'complete' });
    expect(await scene.names()).toEqual(validNames(count));
  }, 60_000);
});

it('a Redis that comes back empty in the middle of a run ends it as a lost turn, never as complete', async () => {
  const { own, server, fill, connected, names } = await setUp();
  const isReached = async () => {
    try {
      await own.store.get('none');
      return true;
    } catch {
      return false;
    }
  };
  own.next(2, async () => {
    await server.restartEmpty();
    // Its connection is back before the next step.
    await expect.poll(isReached, eventually).toBe(true);
  });
  const report = await own.cache.maintain({ kinds: removals });
  expect(report).toMatchObject({ outcome: 'lease-lost', failure: expect.stringMatching(/no longer has it/) });
  await connected();
  await fill();
  expect(await own.cache.maintain({ kinds: removals })).toMatchObject({ outcome: 'complete' });
  expect(await names()).toEqual(validNames(count));
});
