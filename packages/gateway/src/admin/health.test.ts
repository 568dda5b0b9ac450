import { memoryStore } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { gatewayForTest } from '../../../../test/support/gateway.ts';
import { startRedis } from '../../../../test/support/redis-server.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { tierHealth } from '../stores/tier-health.ts';
import { type HealthOptions, healthCheck } from './health.ts';

const key = 'an-admin-key-of-a-test';
const clock = fakeClock();

const statistics: Awaited<ReturnType<HealthOptions['cache']['statistics']>> = {
  store: memoryStore({ clock }).statistics(),
  flights: 0,
  logIsCurrent: true,
  refused: {},
  semantic: { state: 'off', trouble: [] },
};

function checked(health: HealthOptions['stores']['health']) {
  return healthCheck({
    cache: { statistics: async () => statistics },
    stores: { health },
    accounting: { ledger: undefined },
    capture: undefined,
    clock,
  });
}

it('checks at the same time ask the stores once, and a later one asks again', async () => {
  let asked = 0;
  const health = checked(async () => {
    asked += 1;
    return { memory: { status: 'ok' } };
  });
  const reports = await Promise.all([health(), health(), health()]);
  expect([asked, new Set(reports).size, reports[0]?.status]).toEqual([1, 1, 'ok']);
  await health();
  expect(asked).toBe(2);
});

it('a check that fails does not stand in the way of the next', async () => {
  let fails = true;
  const health = checked(async () => {
    if (fails) throw new Error('broken');
    return { memory: { status: 'degraded' } };
  });
  await expect(health()).rejects.toThrow('broken');
  fails = false;
  expect(await health()).toMatchObject({ status: 'degraded' });
});

it('a tier that never answers is down after a second', async () => {
  const hanging = { ...memoryStore({ clock }), statistics: () => new Promise<never>(() => {}) };
  const health = tierHealth(hanging, clock);
  clock.advance(1000);
  expect(await health).toEqual({ status: 'down', reason: 'no answer within 1000 ms' });
});

it('the health of a gateway has the latency and the memory of its stores, its ledger and its process', async () => {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  const gateway = await gatewayForTest(provider.url, { adminKey: key, memoryCacheSize: 5_000_000 });
  await gateway.ask('/v1/chat/completions', chatRequest('One?'));
  const components = async () => {
    const response = await fetch(`${gateway.url}/cache/health`, {
      headers: { authorization: `Bearer ${key}` },
    });
    return Object(await response.json()).components;
  };
  const number = expect.any(Number);
  await expect.poll(components).toMatchObject({
    memory: { status: 'ok', latencyMs: number, bytes: number, maxBytes: 5_000_000 },
    sqlite: { status: 'ok', latencyMs: number, bytes: number, maxBytes: 2_147_483_648 },
    ledger: { status: 'ok', latencyMs: number, bytes: number },
    process: {
      status: 'ok',
      latencyMs: number,
      heapBytes: number,
      maxHeapBytes: number,
      residentBytes: number,
      maxResidentBytes: number,
    },
  });
});

it('the health of a gateway with a Redis has its latency and its memory, and says so when it is down', async () => {
  const redis = await startRedis({ args: ['--maxmemory', '50mb'] });
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  const gateway = await gatewayForTest(provider.url, {
    adminKey: key,
    redisUrl: redis.url,
    storeBudgetMs: 500,
  });
  const health = async () => {
    const response = await fetch(`${gateway.url}/cache/health`, {
      headers: { authorization: `Bearer ${key}` },
    });
    return Object(await response.json());
  };
  const number = expect.any(Number);
  expect((await health()).components.redis).toMatchObject({
    status: 'ok',
    latencyMs: number,
    bytes: number,
    maxBytes: 50 * 1024 * 1024,
  });
  await redis.kill();
  await expect.poll(health).toMatchObject({
    status: 'degraded',
    components: { redis: { status: 'down' }, memory: { status: 'ok' } },
  });
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
});
