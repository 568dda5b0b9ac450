/**
 * Redis Clusters of three masters, built directly: much faster than by `redis-cli --cluster create`.
 */
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type RedisProcess, startRedisProcess } from '../../scripts/services/redis-process.ts';
import { freePort } from '../../scripts/services/server-process.ts';

const slots = 16_384;
const masters = 3;
/** A node that does not require every slot to be covered serves before it knows the others. */
const servesAll = new RegExp(`cluster_state:ok[^]*cluster_slots_ok:${slots}`);

/** Arguments of a Cluster that serves what it has after one of its masters has gone, and soon knows that. */
export const partlyServing = ['--cluster-require-full-coverage', 'no', '--cluster-node-timeout', '2000'];

export interface RedisClusterProcesses {
  readonly nodes: readonly RedisProcess[];
  /** `host:port` of each. */
  readonly addresses: readonly string[];
}

/**
 * Starts three masters that know of each other. They serve some 2 s later: see {@link clusterServes}. By default none is given up
 * because the machine is busy; for a test that ends one there is {@link partlyServing}.
 */
export async function startClusterProcesses(args: readonly string[] = []): Promise<RedisClusterProcesses> {
  const nodes = await Promise.all(Array.from({ length: masters }, () => startNode(args)));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const [first, ...others] = nodes;
  for (const [index, { port }] of nodes.entries()) {
    const from = Math.ceil((index * slots) / masters);
    const to = Math.ceil(((index + 1) * slots) / masters) - 1;
    await withClient(port, async (client) => {
      await client.call('cluster', 'addslotsrange', from, to);
      await client.call('cluster', 'set-config-epoch', index + 1);
    });
  }
  for (const { port, busPort } of others)
    await withClient(first?.port ?? 0, (client) =>
      client.call('cluster', 'meet', '127.0.0.1', port, busPort),
    );
  return { nodes, addresses };
}

/** Resolves once every node reports that the whole Cluster serves. */
export async function clusterServes(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    await withClient(Number(address.split(':')[1]), async (client) => {
      while (!servesAll.test(await client.cluster('INFO'))) await setTimeout(20);
    });
  }
}

async function startNode(args: readonly string[]) {
  const busPort = await freePort();
  const cluster = [
    '--cluster-enabled',
    'yes',
    '--cluster-port',
    String(busPort),
    '--cluster-node-timeout',
    '60000',
  ];
  const node = await startRedisProcess({ args: [...cluster, ...args] });
  return Object.assign(node, { busPort });
}

async function withClient<T>(port: number, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true });
  try {
    await client.connect();
    return await use(client);
  } finally {
    client.disconnect();
  }
}
