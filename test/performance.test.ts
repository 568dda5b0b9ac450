/**
 * What a gateway reports of its last hour, through its own tiers.
 */
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { gatewayForTest } from './support/gateway.ts';
import { sharedRedis } from './support/redis-server.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { ownPrefix } from './support/shared-gateways.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const adminKey = 'an-admin-key-of-a-test';
const path = '/v1/chat/completions';

const timing = z.object({ count: z.number(), failed: z.number(), maxMs: z.number().nullable() });
const answerSchema = z.object({
  keyGeneration: z.object({ count: z.number(), averageMs: z.number(), maxMs: z.number() }),
  textLength: z.object({ average: z.number() }),
  operations: z.record(z.string(), z.number()),
  stores: z.record(z.string(), z.object({ get: timing, set: timing, delete: timing })),
  compression: z.object({ bytesBefore: z.number(), ratio: z.number().nullable() }),
  values: z.object({ count: z.number(), maxBytes: z.number().nullable() }),
});

/** So long that its entry is compressed. */
const answer = chatAnswer('Yes, it is so. '.repeat(500));
const startedProvider = () => startRememberingProvider(() => ({ body: answer }));

async function started(settings: GatewaySettingsInput, given?: { readonly url: string }) {
  const provider = given ?? (await startedProvider());
  const gateway = await gatewayForTest(provider.url, { adminKey, compressThreshold: 1000, ...settings });
  const headers = { authorization: `Bearer ${adminKey}` };
  return {
    gateway,
    ask: (question: string) => gateway.ask(path, chatRequest(question)),
    async performance() {
      const response = await fetch(`${gateway.url}/cache/performance`, { headers });
      return answerSchema.parse(await response.json());
    },
    invalidate: () =>
      fetch(`${gateway.url}/cache/invalidate`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: '{"all": true}',
      }),
  };
}

it('the performance of a gateway has keys, texts, sizes, compression and each call of its tiers', async () => {
  const dataDir = temporaryFolder();
  const { ask, performance, gateway, invalidate } = await started({ dataDir });
  for (const question of ['12345', '12345', '12345', '123']) await ask(question);
  await gateway.happened('stored', 2);
  const own = await performance();
  expect(own.keyGeneration.count).toBe(4);
  expect(own.keyGeneration.maxMs).toBeGreaterThanOrEqual(own.keyGeneration.averageMs);
  expect(own.textLength.average).toBe(4.5);
  expect(own.operations).toMatchObject({ total: 8, lookups: 4, stores: 2, refusals: 0, providerCalls: 2 });
  expect(own.stores['memory']?.set.count).toBe(2);
  expect(own.stores['sqlite']).toMatchObject({ get: { failed: 0 }, set: { count: 2 }, delete: { count: 0 } });
  expect(own.values).toMatchObject({ count: 2, maxBytes: Buffer.byteLength(answer) });
  expect(own.compression.bytesBefore).toBe(2 * Buffer.byteLength(answer));
  expect(own.compression.ratio).toBeGreaterThan(1);
  expect((await invalidate()).status).toBe(200);
  expect((await performance()).stores['sqlite']?.delete.count).toBeGreaterThan(0);
});

it('a gateway that finds its entries in the file counts and times the lookups there', async () => {
  const dataDir = temporaryFolder();
  const provider = await startedProvider();
  const first = await started({ dataDir }, provider);
  await first.ask('Stored?');
  await first.gateway.close();
  const { ask, performance } = await started({ dataDir }, provider);
  await ask('Stored?');
  const { stores } = await performance();
  expect(stores['sqlite']?.get.count).toBeGreaterThan(0);
  expect(stores['sqlite']?.get.maxMs).toBeGreaterThan(0);
});

it('the performance of a gateway on Redis has the calls of Redis', async () => {
  const { ask, performance, gateway } = await started({ redisUrl: sharedRedis(), cachePrefix: ownPrefix() });
  for (const question of ['One?', 'One?', 'Two?']) await ask(question);
  await gateway.happened('stored', 2);
  const { stores } = await performance();
  expect(stores['redis']).toMatchObject({ set: { count: 2, failed: 0 } });
  expect(stores['redis']?.get.count).toBeGreaterThan(0);
  expect(stores['redis']?.get.maxMs).toBeGreaterThan(0);
});
