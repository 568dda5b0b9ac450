/**
 * Vitest's set-up: the Redis servers that all test files share, one standalone and a Cluster of three
 * masters.
 */
import type { TestProject } from 'vitest/node';
import { missingService } from '../../scripts/services/programs.ts';
import { startRedisProcess } from '../../scripts/services/redis-process.ts';
import { startClusterProcesses } from './redis-cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    redisServices: RedisServices;
  }
}

/** Where they listen, or the line that says what to install. */
export type RedisServices =
  | { readonly url: string; readonly clusterNodes: readonly string[] }
  | { readonly missing: string };

const databases = 4_096;

/**
 * Called by Vitest. Does not wait until the Cluster serves; a test that needs it does. Returns what ends the
 * servers.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const missing = missingService('redis');
  if (missing !== undefined) {
    project.provide('redisServices', { missing });
    return async () => {};
  }
  const [standalone, cluster] = await Promise.all([
    startRedisProcess({ args: ['--databases', String(databases)] }),
    startClusterProcesses(),
  ]);
  project.provide('redisServices', {
    url: `redis://127.0.0.1:${standalone.port}`,
    clusterNodes: cluster.addresses,
  });
  return async () => {
    await Promise.all([standalone, ...cluster.nodes].map((server) => server.stop()));
  };
}
