/**
 * Semantic tiers whose Redis fails over by Sentinels to a replica, which lacks what the master was given last.
 */
import { createCache, memoryStore, systemClock, tieredStore } from 'askonce';
import { redisStore } from 'askonce/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chat, completion } from './support/chat.ts';
import { running, startGatewayProcess } from './support/gateway-process.ts';
import { type SentinelRedis, startSentinelRedis } from './support/redis-sentinel.ts';
import { clientOf } from './support/redis-stores.ts';
import { chatAnswer, startRememberingProvider } from './support/remembering-provider.ts';
import { isSemantic, semanticEnvironment, semanticGateway } from './support/semantic-gateways.ts';
import { startEmbedder } from './support/semantic-services.ts';
import { wordEmbedder } from './support/semantic-set-up.ts';
import { saying } from './support/set-up-cache.ts';
import { polled } from './support/shared-gateways.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const secret = 'one secret for all';
/** 45 degrees apart is a similarity of 0.71: no topic answers another one. */
const topics = Object.fromEntries(
  ['bears', 'whales', 'owls', 'rivers', 'tides', 'lisbon', 'madrid'].map((word, at) => [word, at * 45]),
);
const onlyIfCached = { 'cache-control': 'only-if-cached' };

async function startGateways({ sentinels, name }: SentinelRedis) {
  const embedder = await startEmbedder(topics);
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Like that.') }));
  const start = async () => {
    const process = running(
      await startGatewayProcess({
        dataDir: temporaryFolder(),
        provider: provider.url,
        environment: {
          ...semanticEnvironment(embedder.url),
          SEMANTIC_GATES: 'none',
          REDIS_SENTINELS: sentinels.join(','),
          REDIS_SENTINEL_NAME: name,
          ASKONCE_SECRET: secret,
          ASKONCE_ADMIN_KEY: 'the-key-of-all-admin-calls',
          ASKONCE_ADMIN_BURST: '100000',
          ASKONCE_STORE_BUDGET_MS: '1000',
          ENABLE_LEDGER: 'false',
        },
      }),
    );
    onTestFinished(async () => void (await process.end('SIGKILL')));
    const admin = async (method: string, path: string, body?: unknown) => {
      const answer = await process.admin(method, path, body);
      return { status: answer.status, text: JSON.stringify(answer.body) };
    };
    const gateway = semanticGateway({ process, admin });
    let wordings = 0;
    /** Asks about a topic in words that were not used before; stores nothing. */
    const again = (topic: string) =>
      gateway.ask(`What about ${topic}, in ${++wordings} words?`, onlyIfCached);
    return {
      ...gateway,
      admin,
      again,
      finds: async (topic: string) => isSemantic(await polled(() => again(topic), isSemantic)),
      lacks: async (topic: string) =>
        !isSemantic(
          await polled(
            () => again(topic),
            (now) => !isSemantic(now),
          ),
        ),
      ask: (topic: string) => gateway.ask(`Tell me about ${topic}.`, { 'askonce-tags': `topic=${topic}` }),
      invalidate: (topic: string) => admin('POST', '/cache/invalidate', { tags: [`topic=${topic}`] }),
    };
  };
  const [one, other] = await Promise.all([start(), start()]);
  return { one, other, both: [one, other], start };
}

type Gateway = Awaited<ReturnType<typeof startGateways>>['one'];

/** Asks a gateway again and again, until the function that it returns is called. */
function asking(gateway: Gateway, dead: readonly string[], since: () => number) {
  const found = { answers: 0, wrong: [] as unknown[] };
  let isOver = false;
  async function askAll(): Promise<void> {
    while (!isOver) {
      const began = systemClock.monotonic();
      const plain = await gateway.ask('bears');
      found.answers += 1;
      if (plain.status !== 200) found.wrong.push(plain);
      for (const topic of dead) {
        const answer = await gateway.again(topic);
        if (![200, 504].includes(answer.status)) found.wrong.push(answer);
        if (isSemantic(answer) && began > since() + 1_000) found.wrong.push({ topic, ...answer });
      }
    }
  }
  const asked = askAll();
  return async () => {
    isOver = true;
    await asked;
    return found;
  };
}

describe('a fail-over of Redis by Sentinels', { timeout: 120_000 }, () => {
  it('two gateways answer throughout it, serve nothing that was invalidated or blocked before, and follow each other afterwards', async () => {
    const redis = await startSentinelRedis();
    const { one, other, both, start } = await startGateways(redis);
    for (const topic of ['bears', 'whales', 'owls', 'rivers', 'tides']) await one.ask(topic);
    for (const topic of ['bears', 'whales', 'owls', 'rivers', 'tides'])
      expect([topic, await other.finds(topic)]).toEqual([topic, true]);
    expect((await one.invalidate('whales')).status).toBe(200);
    expect((await one.wrong((await one.again('owls')).match)).status).toBe(200);
    await redis.replicated();

    // The fail-over loses what follows.
    await redis.partReplica();
    const { match } = await one.again('rivers');
    expect((await one.wrong(match)).status).toBe(200);
    expect((await one.invalidate('tides')).status).toBe(200);
    await other.ask('lisbon');
    expect(await one.finds('lisbon')).toBe(true);
    const since = systemClock.monotonic();
    const dead = ['whales', 'owls', 'rivers', 'tides'];
    const ends = both.map((gateway) => asking(gateway, dead, () => since));
    await redis.failOver();
    for (const gateway of both) expect(await gateway.finds('bears')).toBe(true);
    await redis.bringBack();
    for (const gateway of both) expect(await gateway.finds('bears')).toBe(true);
    for (const end of ends) {
      const { answers, wrong } = await end();
      expect(wrong).toEqual([]);
      expect(answers).toBeGreaterThan(10);
    }

    // What was lost was written again: a gateway that remembers none of it knows it, too.
    const third = await start();
    expect(await third.finds('bears')).toBe(true);
    for (const topic of dead)
      for (const gateway of [...both, third])
        expect([topic, isSemantic(await gateway.again(topic))]).toEqual([topic, false]);
    await one.ask('madrid');
    await one.ask('lisbon');
    for (const gateway of both) {
      expect(await gateway.finds('madrid')).toBe(true);
      expect(await gateway.finds('lisbon')).toBe(true);
    }
    expect((await other.wrong((await other.again('madrid')).match)).status).toBe(200);
    expect((await other.invalidate('lisbon')).status).toBe(200);
    for (const gateway of [one, other]) {
      expect(await gateway.lacks('madrid')).toBe(true);
      expect(await gateway.lacks('lisbon')).toBe(true);
    }
    const vectors = clientOf(`redis://127.0.0.1:${await redis.masterPort()}`);
    const stored = async () => (await vectors.keys('askonce:*:vec')).length;
    const counted = await polled(
      async () => [
        await stored(),
        ...(await Promise.all(both.map((gateway) => gateway.semantic()))).map(
          ({ indexes }) => indexes.vectors,
        ),
      ],
      (counts) => new Set(counts).size === 1,
    );
    expect(new Set(counted).size).toBe(1);
  });

  it('labels that two caches count are all there afterwards, and each learns from the other again', async () => {
    const redis = await startSentinelRedis();
    const embedder = wordEmbedder();
    const open = async () => {
      const lower = await redisStore({
        ...{ sentinels: redis.sentinels, sentinelName: redis.name },
        ...{ budgetMs: 1_000, onTrouble: () => {} },
      });
      const cache = createCache({
        store: tieredStore({ upper: memoryStore(), lower, clock: systemClock, budgetMs: 1_000 }),
        semantic: { embedder, sameAnswer: () => true },
        settings: {
          secret,
          semanticUpper: 0.8,
          semanticLower: 0.5,
          semanticGuards: 'none',
          semanticGates: 'none',
          storeBudgetMs: 1_000,
        },
      });
      onTestFinished(() => cache.close(0));
      const ask = (question: string) => cache.ask(chat({ question }), saying(completion()));
      return {
        ask,
        labels: async () => (await cache.semantic()).pools[0]?.similar.labels.right ?? 0,
      };
    };
    const [one, other] = await Promise.all([open(), open()]);
    let wordings = 0;
    /** Asks until the cache has counted another label. */
    const learn = async ({ ask, labels }: typeof one) => {
      const before = await labels();
      const isCounted = await polled(
        async () => {
          await ask(`What is the capital city of that large country number ${++wordings}?`);
          return (await labels()) > before;
        },
        (counted) => counted,
      );
      expect(isCounted).toBe(true);
    };
    const counts = () => Promise.all([one, other].map(({ labels }) => labels()));
    /** Both know the same labels, at least so many. */
    const bothKnow = async (least: number) => {
      const [first = 0, second = 0] = await polled(
        counts,
        ([here = 0, there]) => here === there && here >= least,
      );
      expect([first, first >= least]).toEqual([second, true]);
      return first;
    };

    await learn(one);
    await learn(other);
    const before = await bothKnow(2);
    await redis.replicated();
    await redis.partReplica();
    // The fail-over loses it, and the cache that has counted it knows it.
    await learn(one);
    await redis.failOver();
    const between = await bothKnow(before + 1);
    await learn(one);
    await learn(other);
    await bothKnow(between + 2);
  });
});
