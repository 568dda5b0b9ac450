/**
 * Real Redis servers for tests: the shared ones, and servers of a test's own that it may harm.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import {
  type RedisProcess,
  type RedisProcessOptions,
  startRedisProcess,
} from '../../scripts/services/redis-process.ts';
import { clusterServes } from './redis-cluster.ts';

export { startTroubleProxy, type TroubleProxy } from './trouble-proxy.ts';

/** The URL of the standalone server that all test files share: use a prefix or a database of your own. */
export function sharedRedis(): string {
  return services().url;
}

/** Nodes (`host:port`) of the Cluster that all test files share, once it serves: use a prefix of your own. */
export async function sharedCluster(): Promise<readonly string[]> {
  const { clusterNodes } = services();
  await clusterServes(clusterNodes);
  return clusterNodes;
}

function services() {
  const found = inject('redisServices');
  if ('missing' in found) throw new Error(found.missing);
  return found;
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** `kill -9`, and waits until it is gone. */
  kill(): Promise<void>;
  /** It keeps its connections and answers nothing. */
  pause(): void;
  resume(): void;
  /** Comes back on the same port with what it had written to its append-only file, after a kill too. */
  restart(): Promise<void>;
  /** Comes back on the same port, empty. */
  restartEmpty(): Promise<void>;
  stop(): Promise<void>;
}

/** A server of this test's own, which ends with the test. */
export async function startRedis(
  options: Pick<RedisProcessOptions, 'args' | 'tls' | 'configuration'> & {
    /** Whether it writes every command to disk at once; default true, which a Sentinel does not know. */
    readonly appends?: boolean | undefined;
  } = {},
): Promise<RedisServer> {
  const root = mkdtempSync(join(tmpdir(), 'askonce-redis-'));
  let lives = 0;
  const folder = () => mkdtempSync(join(root, `${lives}-`));
  let current = folder();
  const writesDown = options.appends === false ? [] : ['--appendonly', 'yes', '--appendfsync', 'always'];
  const args = [...writesDown, ...(options.args ?? [])];
  let server: RedisProcess = await startRedisProcess({ ...options, args, folder: current });
  const { port } = server;

  async function again(): Promise<void> {
    await server.stop();
    server = await startRedisProcess({ ...options, args, folder: current, port });
  }

  const own: RedisServer = {
    url: `${options.tls === true ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    port,
    kill: () => server.stop(),
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    restart: again,
    async restartEmpty() {
      lives += 1;
      current = folder();
      await again();
    },
    stop: () => server.stop(),
  };
  onTestFinished(async () => {
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  });
  return own;
}
