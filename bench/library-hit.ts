/** Library, exact hit in memory: how much dearer is it than the least that a correct cache must do, and than peers? */
import { hash } from 'node:crypto';
import { type CacheOptions, createCache, type Provider } from 'askonce';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { createCache as createCacheManager } from 'cache-manager';
import { inTurns } from './measure.ts';
import { answered, answering, chatAnswer, chatBody, chatRequest } from './requests.ts';
import type { Measured } from './rows.ts';

const calls = 5_000;
const body = chatBody();

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  if (wanted('library-hit')) yield { row: 'library-hit', ...(await besideKeyWork({})) };
  if (wanted('library-hit-afresh'))
    yield { row: 'library-hit-afresh', ...(await besideKeyWork({ identityMemoBytes: 0 })) };
  if (wanted('library-hit-bentocache'))
    yield { row: 'library-hit-bentocache', ...(await besideBentocache()) };
  if (wanted('library-hit-cache-manager'))
    yield { row: 'library-hit-cache-manager', ...(await besideCacheManager()) };
}

/** Beside a digest of the whole request and a look into a map. */
async function besideKeyWork(settings: CacheOptions['settings']) {
  const map = new Map<string, unknown>([[key(), { status: 200, body: chatAnswer }]]);
  return besideWork(() => map.get(key()), settings);
}

async function besideBentocache() {
  const bento = new BentoCache({
    default: 'memory',
    stores: { memory: bentostore().useL1Layer(memoryDriver({ maxSize: '256mb' })) },
  });
  const answer = chatAnswer.toString();
  try {
    return await besideWork(() => bento.getOrSet({ key: key(), ttl: '1h', factory: () => answer }));
  } finally {
    await bento.disconnectAll();
  }
}

async function besideCacheManager() {
  const manager = createCacheManager({ ttl: 3_600_000 });
  const answer = chatAnswer.toString();
  return besideWork(() => manager.wrap(key(), async () => answer));
}

async function besideWork(work: () => unknown, settings: CacheOptions['settings'] = {}) {
  const cache = createCache({ settings });
  let generated = 0;
  const counting: Provider = (...call) => {
    generated++;
    return answering(...call);
  };
  const ask = () => cache.ask(chatRequest(JSON.stringify(body)), counting);
  try {
    await answered(cache, chatRequest(JSON.stringify(body)), counting);
    const times = await inTurns(ask, work, { calls });
    if (generated !== 1) throw new Error(`the provider was called ${generated} times, so not all were hits`);
    return times;
  } finally {
    await cache.close();
  }
}

/** The key work that every cache here is given. */
function key(): string {
  return hash('sha256', JSON.stringify(body), 'hex');
}
