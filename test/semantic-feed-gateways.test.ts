/**
 * The semantic tiers of two gateways, each a process of its own with its own way to one Redis: what one embeds, removes or
 * blocks holds at the other, whatever happens between them.
 */
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSharingGateways, troubledBudget } from './support/gateway-processes-on-redis.ts';
import { startRedis } from './support/redis-server.ts';
import { chatAnswer, startRememberingProvider } from './support/remembering-provider.ts';
import {
  another,
  asked,
  feedbackElsewhere,
  isSemantic,
  semanticEnvironment,
  semanticGateway,
  topics,
} from './support/semantic-gateways.ts';
import { startEmbedder } from './support/semantic-services.ts';
import { polled } from './support/shared-gateways.ts';

async function setUp() {
  const redis = await startRedis();
  const embedder = await startEmbedder(topics);
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('By mail.') }));
  const gateways = await startSharingGateways(2, {
    redisPort: redis.port,
    provider: provider.url,
    environment: { ...troubledBudget, ...semanticEnvironment(embedder.url) },
  });
  const [one, other] = gateways.map((gateway) => ({ gateway, ...semanticGateway(gateway) }));
  if (one === undefined || other === undefined) throw new Error('there are not two gateways');
  return { redis, provider, one, other };
}

describe('the semantic tiers of two gateways', { timeout: 60_000 }, () => {
  it('what one has embedded the other finds, also when no message arrives', async () => {
    const { one, other } = await setUp();
    await one.stores(asked);
    await other.has(1);
    await other.semanticHit();
    other.gateway.proxy.dropMessages(true);
    await one.stores(another);
    await other.has(2);
  });

  it('an entry that feedback blocks at one is served by neither in other words, also after both were killed', async () => {
    const { one, other } = await setUp();
    await one.stores(asked);
    await other.semanticHit();
    const { match } = await one.semanticHit();
    expect((await one.wrong(match)).status).toBe(200);
    await one.gateway.process.end('SIGKILL');
    const { blocked } = await polled(
      () => other.semantic(),
      (now) => now.blocked === 1,
    );
    expect(blocked).toBe(1);
    expect((await other.probe()).status).toBe(504);
    await Promise.all([one.gateway.restart(), other.gateway.restart()]);
    for (const gateway of [one, other]) {
      await gateway.has(1);
      for (let count = 0; count < 5; count++) expect((await gateway.probe()).status).toBe(504);
      expect((await gateway.semantic()).blocked).toBe(1);
      expect((await gateway.ask(asked)).cacheStatus).toMatch(/hit/);
    }
  });

  it('a gateway that was stopped serves nothing that was blocked meanwhile, and knows what was removed and embedded', async () => {
    const { one, other } = await setUp();
    await one.stores(asked);
    await one.stores('Why do whales sing?', { 'askonce-user': 'ada' });
    await other.has(2);
    await other.semanticHit();
    const { match } = await one.semanticHit();
    other.gateway.process.child.kill('SIGSTOP');
    expect((await one.wrong(match)).status).toBe(200);
    await one.stores(another);
    expect((await one.gateway.admin('DELETE', '/cache/users/ada')).status).toBe(200);
    // The block holds everywhere a second after the feedback has been answered.
    await setTimeout(1_000);
    const answers = Array.from({ length: 10 }, () => other.probe());
    other.gateway.process.child.kill('SIGCONT');
    for (const { status } of await Promise.all(answers)) expect(status).toBe(504);
    const after = await polled(
      () => other.semantic(),
      ({ blocked, indexes }) => blocked === 1 && indexes.vectors === 2,
    );
    expect(after).toEqual({ blocked: 1, indexes: { vectors: 2 } });
  });

  it('a gateway that cannot reach Redis answers every request, serves no semantic hit after a second, and does again afterwards', async () => {
    const { one, other } = await setUp();
    await one.stores(asked);
    await other.semanticHit();
    other.gateway.proxy.refuse();
    const during = await polled(other.probe, (answer) => !isSemantic(answer));
    expect(during.status).toBe(504);
    for (let count = 0; count < 5; count++) {
      expect((await other.ask(another)).status).toBe(200);
      expect((await other.probe()).status).toBe(504);
    }
    other.gateway.proxy.heal();
    await other.semanticHit();
  });

  it('after Redis has come back empty no vector is left anywhere, and what is embedded anew is found by both', async () => {
    const { redis, one, other } = await setUp();
    await one.stores(asked);
    await other.has(1);
    await redis.restartEmpty();
    await one.has(0);
    await other.has(0);
    const stored = await polled(
      async () => {
        await one.ask(asked);
        return (await one.semantic()).indexes.vectors;
      },
      (count) => count === 1,
    );
    expect(stored).toBe(1);
    // Redis has lost that the credential was accepted, too.
    await other.ask(another);
    await other.semanticHit();
  });

  it('a feed that the server has lost costs nothing: what was embedded and blocked meanwhile is known', async () => {
    const { redis, one, other } = await setUp();
    await one.stores(asked);
    await other.semanticHit();
    const { match } = await one.semanticHit();
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    other.gateway.proxy.hold();
    expect((await one.wrong(match)).status).toBe(200);
    await one.stores(another);
    expect(await client.del('askonce:v1:{feed}:head', 'askonce:v1:{feed}:rows')).toBe(2);
    other.gateway.proxy.release();
    const known = await polled(
      () => other.semantic(),
      ({ blocked, indexes }) => blocked === 1 && indexes.vectors === 2,
    );
    expect(known).toEqual({ blocked: 1, indexes: { vectors: 2 } });
    expect((await other.probe()).status).toBe(504);
  });

  it('feedback that one takes for a hit of the other, from the credential that got it, blocks at both, also after a restart', async () => {
    await feedbackElsewhere(await setUp());
  });
});
