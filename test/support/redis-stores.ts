/**
 * Stores on the shared Redis servers, and clients beside them, for one test: closed with it.
 */
import { randomBytes } from 'node:crypto';
import { Cluster, Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import {
  type RedisStore,
  type RedisStoreOptions,
  redisStore,
} from '../../packages/askonce/src/store/redis/store.ts';
import { sharedCluster, sharedRedis } from './redis-server.ts';

/** Waits for something that happens by itself, never for time to pass. */
export const eventually = { timeout: 10_000, interval: 10 } as const;

/** No test is about the machine's speed. */
const unhurried = { budgetMs: 10_000 } as const;

export async function storeOn(options: RedisStoreOptions): Promise<RedisStore> {
  const store = await redisStore({ ...unhurried, ...options });
  onTestFinished(() => store.close());
  return store;
}

export function clientOf(url: string): Redis {
  const client = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => 20 }).on('error', () => {});
  onTestFinished(() => client.disconnect());
  return client;
}

/** A prefix that no other test has, and keys below it. */
export function ownKeys() {
  const prefix = `t${randomBytes(6).toString('hex')}`;
  return { prefix, keyOf: (name: string) => `${prefix}:v1:partition:en:{${name}}` };
}

/** Where a store can be: on the standalone server, and on the Cluster. */
export const places = {
  standalone: async () => ({ url: sharedRedis() }),
  Cluster: async () => ({ clusterNodes: await sharedCluster() }),
} as const;

/** A client beside the store: of the server, or of the Cluster. */
export function beside(place: { readonly url?: string; readonly clusterNodes?: readonly string[] }) {
  const client =
    place.url === undefined ? new Cluster([...(place.clusterNodes ?? [])]) : new Redis(place.url);
  client.on('error', () => {});
  onTestFinished(() => client.disconnect());
  return client;
}

/** Every master forgets its scripts. */
export async function flushScripts(client: Redis | Cluster): Promise<void> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  await Promise.all(nodes.map((node) => node.script('FLUSH')));
}

/** The keys on all masters that match a pattern. */
export async function keysOf(client: Redis | Cluster, pattern: string): Promise<readonly string[]> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  return (await Promise.all(nodes.map((node) => node.keys(pattern)))).flat().sort();
}
