/** Figures of servers that hold more than the entries of one prefix. */
import { expect, it } from 'vitest';
import { sharedCluster, startRedis } from '../../../../../../test/support/redis-server.ts';
import { beside, ownKeys, storeOn } from '../../../../../../test/support/redis-stores.ts';
import { sampleEntry } from '../../../testing/sample-entry.ts';

it('only entries are counted, not tags, leases, marks or the keys of others', async () => {
  const { url } = await startRedis();
  const { prefix, keyOf } = ownKeys();
  const store = await storeOn({ url, prefix });
  const now = Date.now();
  for (const name of ['a', 'b', 'c'])
    await store.set(sampleEntry({ key: keyOf(name), now, tagDigests: ['aa', 'bb'] }));
  await store.shared.leases.take(keyOf('d'), '', 'me/1', { leaseMs: 60_000, deadAfterMs: 60_000 });
  await store.shared.marks.put('m', now + 60_000);
  await store.shared.notices.put('n', 'text');
  await store.shared.log.read(1);
  await beside({ url }).mset('else', '1', `other${keyOf('a')}`, '2');
  const figures = await store.statistics();
  expect(figures.entries).toBe(3);
  expect(figures).not.toHaveProperty('entriesEstimated');
});

it('the number of entries is estimated, and marked as such, if there are very many keys', async () => {
  const { url } = await startRedis();
  const { prefix, keyOf } = ownKeys();
  const store = await storeOn({ url, prefix });
  const names = Array.from({ length: 20_000 }, (_none, index) => index);
  await beside({ url }).mset(
    names.flatMap((index) => [index % 4 === 0 ? `else ${index}` : keyOf(`k${index}`), '']),
  );
  const { entries, entriesEstimated } = await store.statistics();
  expect(entriesEstimated).toBe(true);
  expect(entries).toBeGreaterThan(12_000);
  expect(entries).toBeLessThan(18_000);
});

it('the figures of a Cluster’s masters are added up', async () => {
  const { prefix, keyOf } = ownKeys();
  const store = await storeOn({ clusterNodes: await sharedCluster(), prefix });
  const keys = Array.from({ length: 30 }, (_none, index) => keyOf(`k${index}`));
  await store.setMany(keys.map((key) => sampleEntry({ key, now: Date.now() })));
  expect((await store.statistics()).entries).toBe(30);
  await store.deleteMany(keys);
});

it('the last figures are reported while the server does not answer', async () => {
  const redis = await startRedis();
  const { prefix, keyOf } = ownKeys();
  const store = await storeOn({ url: redis.url, prefix });
  await store.set(sampleEntry({ key: keyOf('a'), now: Date.now() }));
  const before = await store.statistics();
  await redis.kill();
  expect(await store.statistics()).toEqual(before);
  expect(before.entries).toBe(1);
});
