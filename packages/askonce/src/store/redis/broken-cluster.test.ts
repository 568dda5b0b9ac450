/** A Cluster that serves what it has: what a part is missing of must not be taken for all. */
import { Cluster } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import {
  clusterServes,
  partlyServing,
  startClusterProcesses,
} from '../../../../../test/support/redis-cluster.ts';
import { eventually, ownKeys, storeOn } from '../../../../../test/support/redis-stores.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import type { RedisStore } from './store.ts';

async function keysFound(store: RedisStore): Promise<number> {
  let count = 0;
  for await (const keys of store.scan.keys('*')) count += keys.length;
  return count;
}

async function entriesFound(store: RedisStore, thorough: boolean): Promise<number> {
  let count = 0;
  for await (const { keys } of store.tags.find({ clauses: [['aa']] }, { thorough })) count += keys.length;
  return count;
}

it('a Cluster without one of its masters is not searched or counted, and is reported as unhealthy', async () => {
  const { nodes, addresses } = await startClusterProcesses(partlyServing);
  onTestFinished(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  });
  await clusterServes(addresses);
  const { prefix, keyOf } = ownKeys();
  // The driver would take the dead master up again each few seconds, to lose it again at the next command.
  const client = new Cluster([...addresses], { slotsRefreshInterval: 0, retryDelayOnFailover: 0 });
  client.on('error', () => {});
  onTestFinished(() => client.disconnect());
  const store = await storeOn({ client, prefix });
  const keys = Array.from({ length: 30 }, (_none, index) => keyOf(`k${index}`));
  const write = (key: string) => store.set(sampleEntry({ key, now: Date.now(), tagDigests: ['aa'] }));
  expect(new Set(await Promise.all(keys.map(write)))).toEqual(new Set(['stored']));
  expect([await keysFound(store), await entriesFound(store, true)]).toEqual([30, 30]);
  expect((await store.statistics()).entries).toBe(30);
  await store.ping();

  await nodes[1]?.stop();
  await expect.poll(() => client.nodes('master').length, eventually).toBe(2);
  const missing = { code: 'store_failed', message: expect.stringContaining('has no reachable master') };
  await expect(keysFound(store)).rejects.toMatchObject(missing);
  await expect(entriesFound(store, true)).rejects.toMatchObject(missing);
  await expect(store.ping()).rejects.toMatchObject(missing);
  expect((await store.statistics()).entries).toBe(30);
  expect(client.status).toBe('ready');
});
