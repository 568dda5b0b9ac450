/**
 * Gateways that share one Redis, as their operator sees them: starting, agreeing on a secret, trouble, flags.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { cacheStatusHeader, startTestGateway } from './support/gateway.ts';
import { sharedSecret, startFleet, startGatewayProcess } from './support/gateway-process.ts';
import { sharedCluster, sharedRedis, startRedis } from './support/redis-server.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const path = '/v1/chat/completions';
const adminKey = 'the-key-of-all-admin-calls';

/** Polls until `holds`, for at most ten seconds. */
async function eventually<T>(look: () => Promise<T> | T, holds: (seen: T) => boolean): Promise<T> {
  const giveUp = AbortSignal.timeout(10_000);
  for (;;) {
    const seen = await look();
    if (holds(seen) || giveUp.aborted) return seen;
    await setTimeout(20);
  }
}

/** What this file reads of answers to admin calls. */
const adminBody = z.looseObject({
  flags: z.record(z.string(), z.number()).optional(),
  components: z.record(z.string(), z.looseObject({ status: z.string() })).optional(),
});

interface AdminAnswer {
  readonly status: number;
  readonly body: z.output<typeof adminBody>;
}

async function started(settings: GatewaySettingsInput) {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  const gateway = await startTestGateway(provider.url, { adminKey, ...settings });
  onTestFinished(() => gateway.remove());
  async function admin(method: string, where: string, body?: unknown): Promise<AdminAnswer> {
    const response = await fetch(gateway.url + where, {
      method,
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.status, body: adminBody.parse(await response.json()) };
  }
  return {
    ...gateway,
    provider,
    admin,
    health: async () => (await admin('GET', '/cache/health')).body,
    said: (text: string | RegExp) => gateway.log.filter((line) => line.match(text) !== null),
  };
}

/** Keys of one test in the shared Redis. */
const ownPrefix = () => `t-${randomUUID().slice(0, 8)}`;

const hit = /^askonce; hit/;
const miss = /^askonce; fwd=miss/;

describe('gateways that share a Redis', () => {
  it.each(['standalone', 'Cluster'])(
    'gateways that share a Redis (%s) serve each other’s answers, and invalidate for all',
    async (kind) => {
      const cachePrefix = ownPrefix();
      const place =
        kind === 'Cluster'
          ? { redisClusterNodes: [...(await sharedCluster())], secret: sharedSecret }
          : { redisUrl: sharedRedis() };
      const one = await started({ ...place, cachePrefix });
      const other = await started({ ...place, cachePrefix, openaiBaseUrl: `${one.provider.url}/v1` });
      const question = chatRequest('Open on Sundays?');
      expect(cacheStatusHeader(await one.ask(path, question, { 'askonce-tags': 'shop=7' }))).toMatch(miss);
      expect(cacheStatusHeader(await other.ask(path, question, { 'askonce-tags': 'shop=7' }))).toMatch(
        /^askonce; hit; .*"redis"$/,
      );
      expect(await other.admin('POST', '/cache/invalidate', { tags: 'shop=7' })).toEqual({
        status: 200,
        body: { removed: 1 },
      });
      expect(cacheStatusHeader(await other.ask(path, question))).toMatch(miss);
      expect(await one.health()).toMatchObject({
        status: 'ok',
        components: {
          redis: {
            status: 'ok',
            latencyMs: expect.any(Number),
            bytes: expect.any(Number),
            breaker: { reads: 'closed', writes: 'closed' },
          },
        },
      });
      expect(one.said('answers are shared by Redis')).toHaveLength(1);
    },
  );

  it('a flag changed at one gateway changes at all that share the Redis, until it is changed back', async () => {
    const shared = { redisUrl: sharedRedis(), cachePrefix: ownPrefix() };
    const [one, other] = [await started(shared), await started(shared)];
    expect(await one.admin('PUT', '/cache/flags', { ENABLE_SWR: '25%' })).toMatchObject({ status: 200 });
    const shareAt = async (gateway: typeof one) =>
      (await gateway.admin('GET', '/cache/flags')).body.flags?.['staleWhileRevalidate'];
    for (const gateway of [other, await started(shared)])
      expect(
        await eventually(
          () => shareAt(gateway),
          (share) => share === 25,
        ),
      ).toBe(25);
    await other.admin('PUT', '/cache/flags', { ENABLE_SWR: null });
    expect(other.said(/"flags: /)).not.toEqual([]);
  });
});

it('flags changed at two gateways at once are both changed at both', async () => {
  const shared = { redisUrl: sharedRedis(), cachePrefix: ownPrefix() };
  const [one, other] = [await started(shared), await started(shared)];
  for (let round = 1; round <= 10; round += 1) {
    const answers = await Promise.all([
      one.admin('PUT', '/cache/flags', { staleWhileRevalidate: round }),
      other.admin('PUT', '/cache/flags', { negativeCache: round }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const both = { staleWhileRevalidate: round, negativeCache: round };
    for (const gateway of [one, other]) {
      const flags = async () => (await gateway.admin('GET', '/cache/flags')).body.flags;
      const holds = (seen: Readonly<Record<string, number>> | undefined) =>
        seen?.['staleWhileRevalidate'] === round && seen['negativeCache'] === round;
      expect(await eventually(flags, holds)).toMatchObject(both);
    }
  }
}, 60_000);

describe('a gateway whose secret differs from the others’', () => {
  it('a gateway with another secret logs one line, answers, stores nothing, and claims no invalidation', async () => {
    const shared = { redisUrl: sharedRedis(), cachePrefix: ownPrefix() };
    const right = await started(shared);
    const question = chatRequest('Open on Sundays?');
    await right.ask(path, question);
    const redis = new Redis(shared.redisUrl);
    onTestFinished(() => redis.disconnect());
    const keysBefore = (await redis.keys(`${shared.cachePrefix}:*`)).toSorted();
    const wrong = await started({ ...shared, secret: 'another secret than the others have' });
    for (let times = 0; times < 3; times += 1) {
      expect((await wrong.ask(path, question)).status).toBe(200);
    }
    expect(wrong.said('ASKONCE_SECRET differs from that of the others')).toHaveLength(1);
    expect(wrong.said(/another secret than the others have/)).toEqual([]);
    expect((await redis.keys(`${shared.cachePrefix}:*`)).toSorted()).toEqual(keysBefore);
    expect(await wrong.admin('POST', '/cache/invalidate', { all: true })).toMatchObject({
      status: 503,
      body: { error: { code: 'invalidation_failed' } },
    });
    expect(await wrong.admin('DELETE', '/cache/users/ada')).toMatchObject({ status: 503 });
    expect(await wrong.admin('PUT', '/cache/flags', { enabled: false })).toMatchObject({
      status: 503,
      body: { error: { code: 'store_failed' } },
    });
    expect(await wrong.health()).toMatchObject({
      status: 'degraded',
      components: { redis: { status: 'down', reason: expect.stringContaining('ASKONCE_SECRET') } },
    });
    expect(cacheStatusHeader(await right.ask(path, question))).toMatch(hit);
  });

  it('another secret is found out even if Redis comes only later', async () => {
    const server = await startRedis();
    await server.kill();
    const first = await started({ redisUrl: server.url, connectTimeoutMs: 1000 });
    expect(first.said('cannot be used')).toHaveLength(1);
    const question = chatRequest('Open on Sundays?');
    expect((await first.ask(path, question)).status).toBe(200);
    await server.restartEmpty();
    expect(await eventually(() => first.said('answers are shared by Redis').length, Boolean)).toBe(1);
    const kept = await eventually(
      async () => cacheStatusHeader(await first.ask(path, question)),
      (seen) => hit.test(seen),
    );
    expect(kept).toMatch(hit);
    const late = await started({ redisUrl: server.url, secret: 'another secret than the others have' });
    expect(late.said('ASKONCE_SECRET differs from that of the others')).toHaveLength(1);
  });
});

describe('an unusable Redis', () => {
  it('a refused Redis password is logged in one line, and Redis is used by itself once it is accepted', async () => {
    const server = await startRedis({ args: ['--requirepass', 'right-password'] });
    const url = new URL(server.url);
    url.password = 'wrong-password';
    const gateway = await started({ redisUrl: url.href });
    expect((await gateway.ask(path, chatRequest('a'))).status).toBe(200);
    const lines = gateway.said('cannot be used');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('password');
    expect(gateway.log.join('')).not.toContain('wrong-password');
    const redis = new Redis({ port: server.port, password: 'right-password' });
    onTestFinished(() => redis.disconnect());
    await redis.config('SET', 'requirepass', 'wrong-password');
    expect(await eventually(() => gateway.said('answers are shared by Redis').length, Boolean)).toBe(1);
  });

  it('a missing Redis costs no answer, shows in the health and as 503 for invalidations, and is used again by itself', async () => {
    const server = await startRedis();
    const gateway = await started({ redisUrl: server.url });
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
    const well = await eventually(
      gateway.health,
      ({ components }) => components?.['redis']?.status === 'degraded' && components['log']?.status === 'ok',
    );
    expect(well).toMatchObject({
      components: { redis: { bytes: expect.any(Number) }, log: { isCurrent: true } },
    });
    const again = await eventually(
      () => gateway.admin('POST', '/cache/invalidate', { all: true }),
      ({ status }) => status === 200,
    );
    expect(again).toMatchObject({ status: 200, body: { removed: expect.any(Number) } });
  });
});

it('a hanging Redis shows in the health within a second', async () => {
  const server = await startRedis();
  const gateway = await started({ redisUrl: server.url });
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
    const warned = await started({ redisUrl: server.url });
    expect(warned.said('maxmemory-policy allkeys-lru where volatile-lru is wanted')).toHaveLength(1);
    const setting = await started({ redisUrl: server.url, setEvictionPolicy: true });
    expect(setting.said('maxmemory-policy')).toEqual([]);
    const redis = new Redis(server.url);
    onTestFinished(() => redis.disconnect());
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'volatile-lru']);
  });
});

describe('a gateway process', () => {
  it.each([
    [{ REDIS_URL: 'redis://:hunter2@127.0.0.1:1' }, /^askonce: secret \(ASKONCE_SECRET\): must be set/],
    [
      { REDIS_CLUSTER_NODES: '127.0.0.1:1', REDIS_CACHE_DB: '1', ASKONCE_SECRET: sharedSecret },
      /^askonce: redisCacheDb \(REDIS_CACHE_DB\): /,
    ],
    [
      {
        REDIS_URL: 'rediss://:hunter2@127.0.0.1:1',
        REDIS_TLS_CA: '/no/such/file',
        ASKONCE_SECRET: sharedSecret,
      },
      /^askonce: redisTlsCa \(REDIS_TLS_CA\): /,
    ],
  ])(
    'a gateway does not start with %o, says why in one line, and exits with 1',
    async (environment, line) => {
      const failed = await startGatewayProcess({
        dataDir: temporaryFolder(),
        provider: 'http://127.0.0.1:9',
        environment,
      });
      expect(failed).toMatchObject({ code: 1, err: expect.stringMatching(line) });
      expect(failed.err.trim().split('\n')).toHaveLength(1);
      expect(failed.err).not.toContain('hunter2');
    },
  );

  it('four gateway processes that share a Redis ask the provider once', async () => {
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
    const fleet = await startFleet({
      provider: provider.url,
      shared: { redisUrl: sharedRedis(), prefix: ownPrefix() },
      folder: temporaryFolder(),
    });
    onTestFinished(async () => {
      await Promise.all(fleet.map((gateway) => gateway.end('SIGTERM')));
    });
    const question = chatRequest('Open on Sundays?');
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => fleet.at(index % fleet.length)?.ask(path, question)),
    );
    expect(answers.map((answer) => answer?.status)).toEqual(answers.map(() => 200));
    expect(provider.seen).toHaveLength(1);
    const taken = await fleet.at(-1)?.admin('POST', '/cache/invalidate', { model: 'gpt-4o' });
    expect(taken).toEqual({ status: 200, body: { removed: 1 } });
  });
});
