/** The contract of stores, kept by the Redis tier on real servers: one standalone, and a Cluster of three masters. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisProcess, startRedisProcess } from '../../../../../scripts/services/redis-process.ts';
import {
  clusterServes,
  type RedisClusterProcesses,
  startClusterProcesses,
} from '../../../../../test/support/redis-cluster.ts';
import {
  describeStoreContract,
  type StoreUnderTest,
  type StoreWanted,
} from '../../testing/store-contract.ts';
import { type RedisStoreOptions, redisStore } from './store.ts';

const runner = { describe, it, expect };
const capabilities = [
  'marks',
  'notices',
  'log',
  'feed',
  'tags',
  'scan',
  'browse',
  'vectors',
  'removals',
  'leases',
  'leased-looks',
  'following',
] as const;
const byServer = 'the server evicts and expires by itself, and does not report it';
const deviations = {
  'reports every entry that it evicts, once, and none that it still has': byServer,
  'reports an entry that it removes past its expiry to every listener, though one throws, until it leaves':
    byServer,
};
/** No case is about the machine's speed. */
const unhurried = { budgetMs: 10_000 } as const;

/** A case that has more room is not about the bound; in a Cluster the log alone lies on one of the servers. */
const largestBound = 1_048_576;

let server: RedisProcess | undefined;
let cluster: RedisClusterProcesses | undefined;

beforeAll(async () => {
  [server, cluster] = await Promise.all([startRedisProcess(), startClusterProcesses()]);
  await clusterServes(cluster.addresses);
});

afterAll(async () => {
  await Promise.all([server, ...(cluster?.nodes ?? [])].map((process) => process?.stop()));
});

/** Empties the servers, and bounds what they take beyond what an empty server takes, where that is what a case is about. */
async function emptied(servers: readonly (RedisProcess | undefined)[], maxBytes: number): Promise<void> {
  for (const process of servers) {
    const admin = new Redis({ host: '127.0.0.1', port: process?.port ?? 0 });
    try {
      // What earlier cases left: their connections' buffers are freed later than their entries.
      await admin.call('client', 'kill', 'type', 'normal', 'skipme', 'yes');
      await admin.flushall();
      await admin.config('SET', 'maxmemory', 0);
      const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
      // By age to the millisecond, where the clock of `volatile-lru` ticks but once a second.
      await admin.config('SET', 'maxmemory-policy', 'volatile-ttl');
      await admin.config('SET', 'maxmemory-samples', 64);
      if (maxBytes < largestBound)
        await admin.config('SET', 'maxmemory', used + Math.floor(maxBytes / servers.length));
    } finally {
      admin.disconnect();
    }
  }
}

async function underTest(
  wanted: StoreWanted,
  place: RedisStoreOptions,
  servers: readonly (RedisProcess | undefined)[],
): Promise<StoreUnderTest> {
  const { clock, prefix, maxValueBytes, maxBytes } = wanted;
  const again = () => redisStore({ ...place, ...unhurried, clock, prefix, maxValueBytes });
  await emptied(servers, maxBytes);
  return { store: await again(), again };
}

describeStoreContract({
  name: 'Redis (standalone)',
  runner,
  capabilities,
  deviations,
  createStore: (wanted) => underTest(wanted, { url: `redis://127.0.0.1:${server?.port}` }, [server]),
});

describeStoreContract({
  name: 'Redis (Cluster)',
  runner,
  capabilities,
  deviations,
  createStore: (wanted) =>
    underTest(wanted, { clusterNodes: cluster?.addresses ?? [] }, cluster?.nodes ?? []),
});
