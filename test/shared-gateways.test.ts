/**
 * Gateways that share one Redis, as their operator sees them: starting, agreeing on a secret, flags.
 */
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cacheStatusHeader } from './support/gateway.ts';
import { sharedSecret, startFleet, startGatewayProcess } from './support/gateway-process.ts';
import { sharedCluster, sharedRedis, startRedis } from './support/redis-server.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { hit, miss, ownPrefix, path, polled, startedSharing } from './support/shared-gateways.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

describe('gateways that share a Redis', () => {
  it.each(['standalone', 'Cluster'])(
    'gateways that share a Redis (%s) serve each other’s answers, and invalidate for all',
    async (kind) => {
      const cachePrefix = ownPrefix();
      const place =
        kind === 'Cluster'
          ? { redisClusterNodes: [...(await sharedCluster())], secret: sharedSecret }
          : { redisUrl: sharedRedis() };
      const one = await startedSharing({ ...place, cachePrefix });
      const other = await startedSharing({ ...place, cachePrefix, openaiBaseUrl: `${one.provider.url}/v1` });
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
    const [one, other] = [await startedSharing(shared), await startedSharing(shared)];
    expect(await one.admin('PUT', '/cache/flags', { ENABLE_SWR: '25%' })).toMatchObject({ status: 200 });
    const shareAt = async (gateway: typeof one) =>
      (await gateway.admin('GET', '/cache/flags')).body.flags?.['staleWhileRevalidate'];
    for (const gateway of [other, await startedSharing(shared)])
      expect(
        await polled(
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
  const [one, other] = [await startedSharing(shared), await startedSharing(shared)];
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
      expect(await polled(flags, holds)).toMatchObject(both);
    }
  }
}, 60_000);

describe('a gateway whose secret differs from the others’', () => {
  it('a gateway with another secret logs one line, answers, stores nothing, and claims no invalidation', async () => {
    const shared = { redisUrl: sharedRedis(), cachePrefix: ownPrefix() };
    const right = await startedSharing(shared);
    const question = chatRequest('Open on Sundays?');
    await right.ask(path, question);
    const redis = new Redis(shared.redisUrl);
    onTestFinished(() => redis.disconnect());
    const keysBefore = (await redis.keys(`${shared.cachePrefix}:*`)).toSorted();
    const wrong = await startedSharing({ ...shared, secret: 'another secret than the others have' });
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
    const first = await startedSharing({ redisUrl: server.url, connectTimeoutMs: 1000 });
    expect(first.said('cannot be used')).toHaveLength(1);
    const question = chatRequest('Open on Sundays?');
    expect((await first.ask(path, question)).status).toBe(200);
    await server.restartEmpty();
    expect(await polled(() => first.said('answers are shared by Redis').length, Boolean)).toBe(1);
    const kept = await polled(
      async () => cacheStatusHeader(await first.ask(path, question)),
      (seen) => hit.test(seen),
    );
    expect(kept).toMatch(hit);
    const late = await startedSharing({
      redisUrl: server.url,
      secret: 'another secret than the others have',
    });
    expect(late.said('ASKONCE_SECRET differs from that of the others')).toHaveLength(1);
  });
});

describe('a gateway process', () => {
  it.each([
    [{ REDIS_URL: 'redis://:hunter2@127.0.0.1:1' }, /^askonce: secret \(ASKONCE_SECRET\): must be set/],
    [
      { REDIS_CLUSTER_NODES: '127.0.0.1:1', REDIS_CACHE_DB: '1', ASKONCE_SECRET: sharedSecret },
      /^askonce: REDIS_CACHE_DB: /,
    ],
    [
      {
        REDIS_URL: 'rediss://:hunter2@127.0.0.1:1',
        REDIS_TLS_CA: '/no/such/file',
        ASKONCE_SECRET: sharedSecret,
      },
      /^askonce: REDIS_TLS_CA: /,
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
