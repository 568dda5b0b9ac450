/**
 * Gateways whose shared Redis refuses them, is gone, hangs or may evict what must stay.
 */
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRedis } from './support/redis-server.ts';
import { chatRequest } from './support/remembering-provider.ts';
import { path, polled, startedSharing } from './support/shared-gateways.ts';

describe('an unusable Redis', () => {
  it('a refused Redis password is logged in one line, and Redis is used by itself once it is accepted', async () => {
    const server = await startRedis({ args: ['--requirepass', 'right-password'] });
    const url = new URL(server.url);
    url.password = 'wrong-password';
    const gateway = await startedSharing({ redisUrl: url.href });
    expect((await gateway.ask(path, chatRequest('a'))).status).toBe(200);
    const lines = gateway.said('cannot be used');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('password');
    expect(gateway.log.join('')).not.toContain('wrong-password');
    const redis = new Redis({ port: server.port, password: 'right-password' });
    onTestFinished(() => redis.disconnect());
    await redis.config('SET', 'requirepass', 'wrong-password');
    expect(await polled(() => gateway.said('answers are shared by Redis').length, Boolean)).toBe(1);
  });

  it('a missing Redis costs no answer, shows in the health and as 503 for invalidations, and is used again by itself', async () => {
    const server = await startRedis();
    const gateway = await startedSharing({ redisUrl: server.url });
    const question = chatRequest('Open on Sundays?');
    await gateway.ask(path, question);
    await server.kill();
    for (let times = 0; times < 8; times += 1)
      expect((await gateway.ask(path, chatRequest(`question ${times}`))).status).toBe(200);
    expect(await gateway.admin('POST', '/cache/invalidate', { all: true })).toMatchObject({
      status: 503,
      body: { error: { code: 'invalidation_failed' } },
    });
    expect(await gateway.admin('PUT', '/cache/flags', { enabled: false })).toMatchObject({ status: 503 });
    expect(await gateway.admin('GET', '/cache/stats')).toMatchObject({ status: 200 });
    expect(await gateway.health()).toMatchObject({
      status: 'degraded',
      components: { redis: { status: 'down' }, memory: { status: 'ok' } },
    });
    await server.restart();
    const well = await polled(
      gateway.health,
      ({ components }) => components?.['redis']?.status === 'degraded' && components['log']?.status === 'ok',
    );
    expect(well).toMatchObject({
      components: { redis: { bytes: expect.any(Number) }, log: { isCurrent: true } },
    });
    const again = await polled(
      () => gateway.admin('POST', '/cache/invalidate', { all: true }),
      ({ status }) => status === 200,
    );
    expect(again).toMatchObject({ status: 200, body: { removed: expect.any(Number) } });
  });
});

it('a hanging Redis shows in the health within a second', async () => {
  const server = await startRedis();
  const gateway = await startedSharing({ redisUrl: server.url });
  server.pause();
  onTestFinished(() => server.resume());
  expect(await gateway.health()).toMatchObject({
    status: 'degraded',
    components: { redis: { status: 'down', reason: 'no answer within 1000 ms' } },
  });
  expect(await gateway.admin('GET', '/cache/stats')).toMatchObject({ status: 200 });
});

describe('the eviction policy of Redis', () => {
  it('an unsuitable eviction policy is logged, and changed if the settings say so', async () => {
    const server = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
    const warned = await startedSharing({ redisUrl: server.url });
    expect(warned.said('maxmemory-policy allkeys-lru, expected volatile-lru')).toHaveLength(1);
    const setting = await startedSharing({ redisUrl: server.url, setEvictionPolicy: true });
    expect(setting.said('maxmemory-policy')).toEqual([]);
    const redis = new Redis(server.url);
    onTestFinished(() => redis.disconnect());
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'volatile-lru']);
  });
});
