/**
 * Answers that adapters have stored, in a process that has not loaded those adapters: nothing fails, and nothing is served.
 */
import { type Cache, type CacheRequest, createCache, type WalkedEntry } from 'askonce';
import { builtInProtocol } from 'askonce/gateway-kit';
import { sqliteStore } from 'askonce/sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { adapterSettings, storeOfAdapters } from './support/adapter-entries.ts';
import { gatewayForTest, json } from './support/gateway.ts';
import { wordEmbedder } from './support/word-embedder.ts';

const names = ['ai-sdk', 'ai-sdk-embeddings', 'embedding-function', 'endpoint'] as const;
const entriesIn = z.looseObject({
  entries: z.array(z.looseObject({ key: z.string(), protocol: z.string() })),
});
const eventually = { timeout: 15_000, interval: 20 };

async function cacheOn(folder: string, embedder = 'other'): Promise<Cache> {
  const cache = createCache({
    store: await sqliteStore({ folder }),
    settings: adapterSettings,
    semantic: { embedder: wordEmbedder({ name: embedder }) },
  });
  onTestFinished(() => cache.close(0));
  return cache;
}

async function storedIn(cache: Cache) {
  const found: WalkedEntry[] = [];
  for await (const batch of cache.entries()) found.push(...batch);
  return found;
}

const unasked = () => Promise.reject(new Error('the provider was asked'));

function requestOf(protocol: string): CacheRequest {
  const asked = { upstream: 'endpoint:', route: '/users/:id', query: '', headers: {}, body: '{}' };
  return { ...asked, protocol, context: {}, directives: {} };
}

it('a cache without the adapters lists, walks, maintains and invalidates their answers, and serves none', async () => {
  const { folder, match } = await storeOfAdapters();
  const cache = await cacheOn(folder);
  const stored = await storedIn(cache);
  expect([...new Set(stored.map(({ meta }) => meta.protocol))].toSorted()).toEqual(names);
  expect((await cache.page()).entries.length).toBe(stored.length);
  for (const { key } of stored) {
    expect((await cache.look(key))?.entry.key).toBe(key);
    const subscriber = { headers: {}, context: { user: 'ada' } };
    expect(await cache.subscribe(key, subscriber)).toBeUndefined();
  }
  // Another embedder than that of the answers: their questions are embedded anew.
  const reembedded = async () => (await cache.semantic()).reembedding?.done;
  await expect.poll(reembedded, eventually).toBe(2);
  expect(await cache.maintain({ dryRun: true })).toMatchObject({
    outcome: 'complete',
    looked: stored.length,
  });
  const headers = { authorization: 'Bearer sk-other' };
  await expect(cache.feedback({ match, verdict: 'wrong', headers })).rejects.toMatchObject({
    code: 'feedback_forbidden',
  });
  expect(await cache.feedback({ match, verdict: 'wrong' })).toEqual({ blocked: true });
  expect(await cache.invalidate({ endpoint: '/users/:id' }, { dryRun: true })).toBe(1);
  expect(await cache.erase('ada')).toBe(stored.length);
  expect(await storedIn(cache)).toEqual([]);
});

it.each(names)(
  'a request of %s without its adapter is refused, and the message names the adapter',
  async (name) => {
    expect(builtInProtocol(name)).toBeUndefined();
    const cache = createCache();
    const refused = {
      code: 'invalid_request',
      message: expect.stringMatching(
        new RegExp(`^protocol: ${name} is not loaded; ask through the adapter that brings it \\(askonce/`),
      ),
    };
    await expect(cache.ask(requestOf(name), unasked)).rejects.toMatchObject(refused);
    await expect(cache.explain(requestOf(name))).rejects.toMatchObject(refused);
    await expect(cache.get(requestOf(name))).rejects.toMatchObject(refused);
  },
);

it('a gateway shows, invalidates and erases answers of adapters, and streams none', async () => {
  const { folder } = await storeOfAdapters();
  const gateway = await gatewayForTest('http://127.0.0.1:9', {
    ...adapterSettings,
    dataDir: folder,
    semanticCache: true,
    adminKey: 'the-admin-key-of-the-test',
  });
  const headers = { authorization: 'Bearer the-admin-key-of-the-test' };
  async function call(path: string, init: RequestInit = {}) {
    const response = await fetch(`${gateway.adminUrl ?? gateway.url}${path}`, { headers, ...init });
    const answer: unknown = await response.json();
    return { status: response.status, answer };
  }
  const listed = await call('/cache/entries');
  const { entries } = entriesIn.parse(listed.answer);
  expect([...new Set(entries.map(({ protocol }) => protocol))].toSorted()).toEqual(names);
  for (const { key, protocol } of entries) {
    const one = await call(`/cache/entries/${encodeURIComponent(key)}`);
    expect(one).toMatchObject({ status: 200, answer: { key, protocol, served: { now: true } } });
    const streamed = await call(`/cache/stream/${encodeURIComponent(key)}`);
    expect(streamed).toMatchObject({ status: 404, answer: { error: { code: 'entry_unknown' } } });
  }
  const post = (body: object) => ({
    method: 'POST',
    body: JSON.stringify(body),
    headers: { ...json, ...headers },
  });
  for (const path of ['/v1/chat/completions', '/users/7']) {
    const explained = await call(
      '/cache/explain',
      post({ path, headers: {}, body: { model: 'm', messages: [] } }),
    );
    expect([200, 400]).toContain(explained.status);
  }
  for (const path of ['/cache/stats', '/cache/analytics', '/cache/top-queries', '/cache/semantic'])
    expect([path, (await call(path)).status]).toEqual([path, 200]);
  const swept = await call('/cache/maintenance', post({ kinds: ['expired', 'low-value'], dryRun: true }));
  expect(swept.status).toBeLessThan(300);
  const invalidated = await call('/cache/invalidate', post({ endpoint: '/users/:id' }));
  expect(invalidated).toMatchObject({ status: 200, answer: { removed: 1 } });
  const erased = await call('/cache/users/ada', { method: 'DELETE' });
  expect(erased.status).toBeLessThan(300);
  expect((await call('/cache/entries')).answer).toMatchObject({ entries: [] });
  expect(gateway.log.filter((line) => /unexpected|"level":(?:50|60|"error")/.test(line))).toEqual([]);
});
