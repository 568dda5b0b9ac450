/**
 * A Redis master, a replica and three Sentinels that replace the one by the other, for one test: all end with it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RedisServer, startRedis } from './redis-server.ts';
import { clientOf } from './redis-stores.ts';
import { polled } from './shared-gateways.ts';
import { temporaryFolder } from './temporary-folder.ts';

const sentinelCount = 3;
const name = 'shared';

export interface SentinelRedis {
  /** `host:port` of each. */
  readonly sentinels: readonly string[];
  /** By which the Sentinels know the master. */
  readonly name: string;
  /** Resolves once the replica has all that the master was given before. */
  replicated(): Promise<void>;
  /** The replica follows no longer: what the master is given from now on a fail-over loses. */
  partReplica(): Promise<void>;
  /** `kill -9` of the master; resolves once the Sentinels name the replica. */
  failOver(): Promise<void>;
  /** The first master comes back with what it had; resolves once it is a replica of the other. */
  bringBack(): Promise<void>;
  /** Port of the server that the Sentinels name. */
  masterPort(): Promise<number>;
}

/** Resolves once the Sentinels know each other and the replica. */
export async function startSentinelRedis(): Promise<SentinelRedis> {
  const first = await startRedis();
  const second = await startRedis({ args: ['--replicaof', `127.0.0.1 ${first.port}`] });
  const sentinels = await Promise.all(Array.from({ length: sentinelCount }, () => startSentinel(first)));
  const watching = sentinels.map(({ url }) => clientOf(url));
  const [firstClient, secondClient] = [clientOf(first.url), clientOf(second.url)];

  async function knows(sentinel: (typeof watching)[number]): Promise<boolean> {
    const known = JSON.stringify(await sentinel.call('sentinel', 'master', name).catch(() => ''));
    return /"num-slaves","1"/.test(known) && known.includes(`"num-other-sentinels","${sentinelCount - 1}"`);
  }
  async function masterPort(): Promise<number> {
    const address = await watching[0]?.call('sentinel', 'get-master-addr-by-name', name);
    return Number(Array.isArray(address) ? address[1] : 0);
  }
  const until = async (what: string, holds: () => Promise<boolean>) => {
    for (let turn = 0; turn < 6; turn++) if (await polled(holds, Boolean)) return;
    throw new Error(`not within a minute: ${what}`);
  };

  await until('the Sentinels know each other', async () =>
    (await Promise.all(watching.map(knows))).every(Boolean),
  );
  const own: SentinelRedis = {
    sentinels: sentinels.map(({ port }) => `127.0.0.1:${port}`),
    name,
    masterPort,
    async replicated() {
      await firstClient.set('askonce-test:replicated', Date.now());
      // It answers how many replicas have all that was written before.
      await until('the replica follows', async () => (await firstClient.wait(1, 1_000)) === 1);
    },
    async partReplica() {
      await secondClient.call('replicaof', 'no', 'one');
    },
    async failOver() {
      await first.kill();
      await until('the Sentinels name the replica', async () => (await masterPort()) === second.port);
      await until('it takes writes', async () => /role:master/.test(await secondClient.info('replication')));
    },
    async bringBack() {
      await first.restart();
      await until('it is a replica', async () =>
        /role:slave.*master_link_status:up/s.test(await firstClient.info('replication').catch(() => '')),
      );
    },
  };
  return own;
}

async function startSentinel(master: RedisServer): Promise<RedisServer> {
  const configuration = join(temporaryFolder(), 'sentinel.conf');
  writeFileSync(
    configuration,
    [
      `sentinel monitor ${name} 127.0.0.1 ${master.port} 2`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 2000`,
    ].join('\n'),
  );
  return await startRedis({ configuration, args: ['--sentinel'], appends: false });
}
