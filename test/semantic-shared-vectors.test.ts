/**
 * The vectors of a cache on Redis: they lie beside its entries, show nothing where entries are encrypted, and go with them
 * in whatever way these go.
 */
import { createCache, keyRing } from 'askonce';
import { redisStore } from 'askonce/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chat, completion } from './support/chat.ts';
import { beside, eventually, keysOf, ownKeys, places } from './support/redis-stores.ts';
import { capital, capitalAgain, wordEmbedder } from './support/semantic-set-up.ts';
import { saying } from './support/set-up-cache.ts';
import { polled } from './support/shared-gateways.ts';

const swallows = 'Where do swallows fly in winter?';
const provider = saying(completion());

describe.each(Object.entries(places))('vectors of a cache on a %s server', (_, placeOf) => {
  async function setUp(encryption = keyRing([])) {
    const { prefix } = ownKeys();
    const place = await placeOf();
    const store = await redisStore({ ...place, prefix, encryption, budgetMs: 10_000 });
    const cache = createCache({
      store,
      settings: {
        ...{ cachePrefix: prefix, storeBudgetMs: 10_000 },
        ...{ semanticUpper: 0.8, semanticLower: 0.5, semanticGuards: 'none' },
      },
      semantic: { embedder: wordEmbedder() },
    });
    onTestFinished(() => cache.close(0));
    const client = beside(place);
    await polled(
      () => cache.statistics(),
      ({ logIsCurrent }) => logIsCurrent,
    );
    /** Keys of entries and of vectors. */
    async function stored() {
      const keys = (await keysOf(client, `${prefix}:v1:*{*}*`)).filter(
        (key) => !key.startsWith(`${prefix}:v1:{`),
      );
      return {
        entries: keys.filter((key) => key.endsWith('}')),
        vectors: keys.filter((key) => key.endsWith(':vec')),
      };
    }
    const ask = (question: string, context = {}) => cache.ask(chat({ question, context }), provider);
    return { cache, client, stored, ask, prefix };
  }

  it('each entry of a question has its vector in its slot, and nothing of an encrypted one can be read', async () => {
    const { client, stored, ask } = await setUp(keyRing([`a:${'ab'.repeat(32)}`]));
    await ask(capital);
    await ask(swallows);
    await expect.poll(async () => (await stored()).vectors.length, eventually).toBe(2);
    const { entries, vectors } = await stored();
    expect(vectors).toEqual(entries.map((key) => `${key}:vec`));
    for (const key of [...entries, ...vectors]) {
      const value = (await client.getBuffer(key))?.toString('latin1') ?? '';
      expect(value.length).toBeGreaterThan(50);
      for (const word of ['capital', 'swallows', 'words/']) expect(value).not.toContain(word);
    }
    expect((await ask(capitalAgain)).cacheStatus.detail).toBe('semantic');
  });

  it('an erasure leaves no vector of the user, even of an entry that the server had evicted', async () => {
    const { cache, client, stored, ask } = await setUp();
    await ask(capital, { user: 'ann' });
    await ask(swallows, { user: 'ann' });
    await ask(capital, { user: 'bob' });
    await expect.poll(async () => (await stored()).vectors.length, eventually).toBe(3);
    const { entries } = await stored();
    const keyOf = async (user: string) =>
      (await cache.get(chat({ question: capital, context: { user } })))?.key ?? '';
    const [anns, bobs] = [await keyOf('ann'), await keyOf('bob')];
    expect(entries).toContain(anns);
    await client.del(anns);
    await cache.erase('ann');
    expect(await stored()).toEqual({ entries: [bobs], vectors: [`${bobs}:vec`] });
  });

  it.each([
    ['all', { all: true } as const],
    ['a tag', { tags: ['team=a'] }],
    ['a pattern', { pattern: '*' }],
    ['a model', { model: 'gpt-x' }],
  ])('an invalidation by %s leaves no vector', async (_what, selector) => {
    const { cache, stored, ask } = await setUp();
    await ask(capital, { tags: ['team=a'] });
    await ask(swallows, { tags: ['team=a'] });
    await expect.poll(async () => (await stored()).vectors.length, eventually).toBe(2);
    await cache.invalidate(selector);
    await expect.poll(stored, eventually).toEqual({ entries: [], vectors: [] });
    expect((await ask(capitalAgain)).cacheStatus.kind).toBe('forward');
  });
});
