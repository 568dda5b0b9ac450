/** Library, exact hit in memory: how much dearer is it than the least that a correct cache must do? */
import { hash } from 'node:crypto';
import { createCache } from 'askonce';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { createCache as createCacheManager } from 'cache-manager';
import { atMost, type Figure, inTurns, micros } from './measure.ts';
import { answering, chatAnswer, chatBody, chatRequest } from './requests.ts';

const calls = 5000;

export async function libraryHit(): Promise<Figure[]> {
  return [
    await hit('library, exact hit, request seen before', 1.3, {}),
    await hit('library, exact hit, canonicalised afresh', 3.5, { identityMemoBytes: 0 }),
    ...(await besidePeers()),
  ];
}

async function hit(
  question: string,
  goal: number,
  settings: { identityMemoBytes?: number },
): Promise<Figure> {
  const body = chatBody();
  const cache = createCache({ settings });
  const ask = () => cache.ask(chatRequest(JSON.stringify(body)), answering);
  await ask();
  const { cacheStatus } = await ask();
  if (cacheStatus.kind !== 'hit') throw new Error(`not a hit: ${JSON.stringify(cacheStatus)}`);
  const floor = floorOf(body);
  const { ours, floor: least, ratio } = await inTurns(ask, floor, calls);
  await cache.close();
  return atMost(goal, {
    question,
    ours: micros(ours),
    beside: `JSON.stringify + SHA-256 + Map.get ${micros(least)}`,
    ratio,
  });
}

/** The least that a cache must do: a digest of the whole request, and a look into a map. */
function floorOf(body: unknown): () => unknown {
  const map = new Map<string, unknown>();
  const look = () => map.get(hash('sha256', JSON.stringify(body), 'hex'));
  map.set(hash('sha256', JSON.stringify(body), 'hex'), { status: 200, body: chatAnswer });
  return look;
}

/** The same hit in general caches, with the same key work done for them. */
async function besidePeers(): Promise<Figure[]> {
  const body = chatBody();
  const cache = createCache();
  const ask = () => cache.ask(chatRequest(JSON.stringify(body)), answering);
  await ask();
  const key = () => hash('sha256', JSON.stringify(body), 'hex');

  const bento = new BentoCache({
    default: 'memory',
    stores: { memory: bentostore().useL1Layer(memoryDriver({ maxSize: '256mb' })) },
  });
  const inBento = () => bento.getOrSet({ key: key(), ttl: '1h', factory: () => chatAnswer.toString() });
  const manager = createCacheManager({ ttl: 3_600_000 });
  const inManager = () => manager.wrap(key(), async () => chatAnswer.toString());
  await inBento();
  await inManager();

  const figures: Figure[] = [];
  for (const [name, peer] of [
    ['Bentocache getOrSet', inBento],
    ['cache-manager wrap', inManager],
  ] as const) {
    const { ours, floor, ratio } = await inTurns(ask, peer, calls);
    figures.push(
      atMost(1, {
        question: `library, exact hit, beside ${name}`,
        ours: micros(ours),
        beside: micros(floor),
        ratio,
      }),
    );
  }
  await bento.disconnectAll();
  await cache.close();
  return figures;
}
