/**
 * Several gateway processes that share one Redis, each through a proxy of its own that can make trouble.
 */
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { type GatewayProcess, running, startGatewayProcess } from './gateway-process.ts';
import { startTroubleProxy, type TroubleProxy } from './redis-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const adminKey = 'an-admin-key-of-the-tests';

export interface SharingGateway {
  /** Its way to Redis. */
  readonly proxy: TroubleProxy;
  /** The present process. */
  readonly process: GatewayProcess;
  /** Counts its processes; undefined while one replaces another. */
  readonly life: number | undefined;
  /** Kills the process (`kill -9`) and starts another in its place. */
  restart(): Promise<void>;
  /** The answer to an admin call. */
  admin(method: string, path: string, body?: unknown): Promise<AdminAnswer>;
}

interface AdminAnswer {
  readonly status: number;
  readonly removed: number | undefined;
  readonly text: string;
}

const counted = z.object({ removed: z.number() });

/** Where Redis is made to fail: long enough for a busy machine, and short enough for trouble to be over in time. */
export const troubledBudget = { ASKONCE_STORE_BUDGET_MS: '1000' } as const;

export interface SharingOptions {
  readonly redisPort: number;
  readonly provider: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** They end with the test. */
export function startSharingGateways(
  count: number,
  options: SharingOptions,
): Promise<readonly SharingGateway[]> {
  return Promise.all(Array.from({ length: count }, () => startOne(options)));
}

async function startOne({ redisPort, provider, environment }: SharingOptions): Promise<SharingGateway> {
  const proxy = await startTroubleProxy(redisPort);
  const start = async () =>
    running(
      await startGatewayProcess({
        dataDir: temporaryFolder(),
        provider,
        environment: {
          REDIS_URL: proxy.url,
          ASKONCE_SECRET: 'one secret for all gateways',
          ASKONCE_ADMIN_KEY: adminKey,
          ASKONCE_ADMIN_BURST: '100000',
          ...environment,
        },
      }),
    );
  let process = await start();
  let lives = 1;
  let isUp = true;
  onTestFinished(async () => {
    await process.end('SIGKILL');
  });
  return {
    proxy,
    get process() {
      return process;
    },
    get life() {
      return isUp ? lives : undefined;
    },
    async restart() {
      isUp = false;
      lives++;
      await process.end('SIGKILL');
      process = await start();
      isUp = true;
    },
    async admin(method, path, body) {
      const answer = await fetch(process.url + path, {
        method,
        headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      const parsed = counted.safeParse(answer.ok ? JSON.parse(text) : undefined);
      return { status: answer.status, removed: parsed.data?.removed, text };
    },
  };
}
