/**
 * The semantic tiers of two gateways, each a process of its own with its own way to one Redis: what one embeds, removes or
 * blocks holds at the other, whatever happens between them.
 */
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { type SharingGateway, startSharingGateways } from './support/gateway-processes-on-redis.ts';
import { startRedis } from './support/redis-server.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { startEmbedder } from './support/semantic-services.ts';
import { polled } from './support/shared-gateways.ts';

/** 5 degrees apart is a similarity of 0.996; other questions lie apart from these. */
const topics = { 'reset my password': 0, 'password be reset': 5, 'swallows fly': 90, 'whales sing': 180 };
const asked = 'How can I reset my password?';
const another = 'Where do swallows fly in winter?';

const semantic = /hit.*detail="semantic"/;
const isSemantic = ({ cacheStatus }: Answered) => semantic.test(cacheStatus);

/** Words that were not used before, so that no exact hit answers. */
let turn = 0;
function inNewWords(): string {
  turn += 1;
  return `How can my password be reset, in ${turn} steps?`;
}

const report = z.object({ indexes: z.object({ vectors: z.number() }), blocked: z.number() });

interface Answered {
  readonly status: number;
  readonly cacheStatus: string;
  readonly match: string;
}

function gatewayOf(gateway: SharingGateway) {
  const own = {
    ...gateway,
    get process() {
      return gateway.process;
    },
    async ask(question: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
      const answer = await gateway.process.ask('/v1/chat/completions', chatRequest(question), headers);
      return {
        status: answer.status,
        cacheStatus: String(answer.headers['cache-status']),
        match: String(answer.headers['askonce-match']),
      };
    },
    /** Asks in other words whether a stored answer is served. Calls no provider and stores nothing. */
    probe: (): Promise<Answered> => own.ask(inNewWords(), { 'cache-control': 'only-if-cached' }),
    /** Waits for a semantic hit: a process that has just started loads for a while. */
    semanticHit: async (): Promise<Answered> => {
      const hit = await polled(own.probe, isSemantic);
      expect(hit.cacheStatus).toMatch(semantic);
      return hit;
    },
    async semantic() {
      return report.parse(JSON.parse((await gateway.admin('GET', '/cache/semantic')).text));
    },
    async has(vectors: number): Promise<void> {
      const now = await polled(
        async () => (await own.semantic()).indexes.vectors,
        (count) => count === vectors,
      );
      expect(now).toBe(vectors);
    },
    wrong: (match: string) => gateway.admin('POST', '/cache/feedback', { match, verdict: 'wrong' }),
  };
  return own;
}

async function setUp() {
  const redis = await startRedis();
  const embedder = await startEmbedder(topics);
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('By mail.') }));
  const gateways = await startSharingGateways(2, {
    redisPort: redis.port,
    provider: provider.url,
    environment: {
      ENABLE_SEMANTIC_CACHE: 'on',
      SEMANTIC_EMBEDDER: 'remote',
      SEMANTIC_MODEL: 'plane',
      EMBEDDINGS_BASE_URL: embedder.url,
      EMBEDDINGS_API_KEY: 'sk-embedder',
      SEMANTIC_UPPER: '0.95',
      SEMANTIC_GUARDS: 'none',
      SEMANTIC_EMBEDDER_MS: '30000',
    },
  });
  const [one, other] = gateways.map(gatewayOf);
  if (one === undefined || other === undefined) throw new Error('there are not two gateways');
  return { redis, provider, one, other };
}

describe('the semantic tiers of two gateways', { timeout: 60_000 }, () => {
  it('what one has embedded the other finds, also when no message arrives', async () => {
    const { one, other } = await setUp();
    await one.ask(asked);
    await other.has(1);
    await other.semanticHit();
    other.proxy.dropMessages(true);
    await one.ask(another);
    await other.has(2);
  });

  it('an entry that feedback blocks at one is served by neither in other words, also after both were killed', async () => {
    const { one, other } = await setUp();
    await one.ask(asked);
    await other.semanticHit();
    const { match } = await one.semanticHit();
    expect((await one.wrong(match)).status).toBe(200);
    await one.process.end('SIGKILL');
    const { blocked } = await polled(
      () => other.semantic(),
      (now) => now.blocked === 1,
    );
    expect(blocked).toBe(1);
    expect((await other.probe()).status).toBe(504);
    await Promise.all([one.restart(), other.restart()]);
    for (const gateway of [one, other]) {
      await gateway.has(1);
      for (let count = 0; count < 5; count++) expect((await gateway.probe()).status).toBe(504);
      expect((await gateway.semantic()).blocked).toBe(1);
      expect((await gateway.ask(asked)).cacheStatus).toMatch(/hit/);
    }
  });

  it('a gateway that was stopped serves nothing that was blocked meanwhile, and knows what was removed and embedded', async () => {
    const { one, other } = await setUp();
    await one.ask(asked);
    await one.ask('Why do whales sing?', { 'askonce-user': 'ada' });
    await other.has(2);
    await other.semanticHit();
    const { match } = await one.semanticHit();
    other.process.child.kill('SIGSTOP');
    expect((await one.wrong(match)).status).toBe(200);
    await one.ask(another);
    expect((await one.admin('DELETE', '/cache/users/ada')).status).toBe(200);
    // The block holds everywhere a second after the feedback has been answered.
    await setTimeout(1_000);
    const answers = Array.from({ length: 10 }, () => other.probe());
    other.process.child.kill('SIGCONT');
    for (const { status } of await Promise.all(answers)) expect(status).toBe(504);
    const after = await polled(
      () => other.semantic(),
      ({ blocked, indexes }) => blocked === 1 && indexes.vectors === 2,
    );
    expect(after).toEqual({ blocked: 1, indexes: { vectors: 2 } });
  });

  it('a gateway that cannot reach Redis answers every request, serves no semantic hit after a second, and does again afterwards', async () => {
    const { one, other } = await setUp();
    await one.ask(asked);
    await other.semanticHit();
    other.proxy.refuse();
    const during = await polled(other.probe, (answer) => !isSemantic(answer));
    expect(during.status).toBe(504);
    for (let count = 0; count < 5; count++) {
      expect((await other.ask(another)).status).toBe(200);
      expect((await other.probe()).status).toBe(504);
    }
    other.proxy.heal();
    await other.semanticHit();
  });

  it('after Redis has come back empty no vector is left anywhere, and what is embedded anew is found by both', async () => {
    const { redis, one, other } = await setUp();
    await one.ask(asked);
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
    await one.ask(asked);
    await other.semanticHit();
    const { match } = await one.semanticHit();
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    other.proxy.hold();
    expect((await one.wrong(match)).status).toBe(200);
    await one.ask(another);
    expect(await client.del('askonce:v1:{feed}:head', 'askonce:v1:{feed}:rows')).toBe(2);
    other.proxy.release();
    const known = await polled(
      () => other.semantic(),
      ({ blocked, indexes }) => blocked === 1 && indexes.vectors === 2,
    );
    expect(known).toEqual({ blocked: 1, indexes: { vectors: 2 } });
    expect((await other.probe()).status).toBe(504);
  });
});
