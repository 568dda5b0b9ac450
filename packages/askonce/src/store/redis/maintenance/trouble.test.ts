/** Maintenance of a server that fails between two commands: what is reported is what is known. */
import { expect, it, onTestFinished } from 'vitest';
import { startRedis, startTroubleProxy } from '../../../../../../test/support/redis-server.ts';
import { clientOf, keysOf, ownKeys, storeOn } from '../../../../../../test/support/redis-stores.ts';
import { createCache } from '../../../cache.ts';
import { encodeVector } from '../../../entry/vector.ts';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { sampleEntry } from '../../../testing/sample-entry.ts';
import { sampleVectors } from '../../../testing/sample-vectors.ts';

const start = 1_700_000_000_000;
const day = 86_400_000;
const tag = 'ab'.repeat(10);
const components: Float32Array = sampleVectors({ dimension: 64 }).next().value;
const vector = { embedder: 'e/1', vector: encodeVector(components), frame: 'f' };

async function setUp() {
  const server = await startRedis();
  const proxy = await startTroubleProxy(server.port);
  const { prefix, keyOf } = ownKeys();
  const clock = fakeClock(start);
  const store = await storeOn({ url: proxy.url, prefix, clock });
  const command = clientOf(server.url);
  const cache = createCache({ store, clock, settings: { cachePrefix: prefix } });
  onTestFinished(() => cache.close(0));
  const entry = (name: string, more = {}) =>
    sampleEntry({
      ...{ key: keyOf(name), now: start, lease: 1, expires: start + 400 * day, tagDigests: [tag] },
      ...more,
    });
  return { proxy, prefix, keyOf, clock, store, command, cache, entry };
}

async function last<T>(all: AsyncIterable<T> | undefined): Promise<T | undefined> {
  let one: T | undefined;
  for await (const each of all ?? []) one = each;
  return one;
}

it.each(['search', 'maintenance'] as const)(
  'a lost vector that a replica does not remove fails a thorough %s with an error of the store',
  async (by) => {
    const { keyOf, store, command, entry } = await setUp();
    await store.setMany([entry('lost', vector), entry('stays')]);
    await command.unlink(keyOf('lost'));
    await command.call('REPLICAOF', '127.0.0.1', '1');
    const { signal } = new AbortController();
    const removal = {
      search: () => last(store.tags.find({ clauses: [[tag]] }, { thorough: true })),
      maintenance: () => last(store.maintenance?.remains?.({ dryRun: false, signal })),
    }[by];
    const message = expect.stringMatching(/^The Redis tier could not delete .*replica/);
    await expect(removal()).rejects.toMatchObject({ code: 'store_failed', message });
  },
);

it('a search of a server that cannot be reached fails with an error of the store', async () => {
  const { proxy, store, entry } = await setUp();
  await store.set(entry('there'));
  proxy.refuse();
  await expect(last(store.scan.keys('*'))).rejects.toMatchObject({ code: 'store_failed' });
});

it('entries that are gone count as removed, though their rows of the index could not be removed', async () => {
  const { prefix, clock, store, command, cache, entry } = await setUp();
  const names = Array.from({ length: 100 }, (_none, at) => `${at}`);
  await store.setMany(names.map((name) => entry(name)));
  clock.advance(31 * day);
  await command.call('ACL', 'SETUSER', 'default', '-zrem');
  const report = await cache.maintain({ kinds: ['low-value'] });
  const left = await keysOf(command, `${prefix}:v1:partition:*}`);
  expect(report).toMatchObject({ outcome: 'failed', failure: expect.stringMatching(/could not delete/) });
  expect(left.length).toBeLessThan(names.length);
  expect(report.kinds['low-value']?.count).toBe(names.length - left.length);
  await command.call('ACL', 'SETUSER', 'default', '+zrem');
  expect(await cache.maintain({ kinds: ['low-value', 'expired'] })).toMatchObject({
    outcome: 'complete',
    kinds: { 'low-value': { count: left.length } },
  });
  expect(await command.zcard(`${prefix}:v1:{${tag}}:tag`)).toBe(0);
}, 40_000);

it('a server that falls silent after a purge has not given back all of its memory', async () => {
  const { proxy, store, command } = await setUp();
  const info = await command.info('memory');
  const { signal } = new AbortController();
  const steps = store.maintenance?.defragment?.({ dryRun: false, mayBlock: false, signal });
  // The first figures arrive, and the second ones break off.
  proxy.cutAfter(info.length + 200, 'to client');
  const { value } = (await steps?.[Symbol.asyncIterator]().next()) ?? {};
  expect(value).toEqual({ store: 'redis', action: 'memory-purge', outcome: 'done', bytes: 0 });
});
