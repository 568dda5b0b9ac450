import { describe, expect, it, onTestFinished } from 'vitest';
import { sharedRedis, startRedis } from '../../../../../../test/support/redis-server.ts';
import { beside, keysOf, ownKeys, places, storeOn } from '../../../../../../test/support/redis-stores.ts';
import { createCache } from '../../../cache.ts';
import { encodeVector } from '../../../entry/vector.ts';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { type SampleEntry, sampleEntry } from '../../../testing/sample-entry.ts';
import { sampleVectors } from '../../../testing/sample-vectors.ts';
import type { SurveyPage } from '../../maintenance.ts';

const day = 86_400_000;
const start = 1_700_000_000_000;
const tag = 'ab'.repeat(10);
const components: Float32Array = sampleVectors({ dimension: 64 }).next().value;
const vector = encodeVector(components);

async function setUp(place: Parameters<typeof beside>[0]) {
  const { prefix, keyOf } = ownKeys();
  const clock = fakeClock(start);
  const store = await storeOn({ ...place, prefix, clock });
  const client = beside(place);
  const cache = createCache({ store, clock, settings: { cachePrefix: prefix } });
  onTestFinished(() => cache.close(0));
  const entry = (name: string, meta: Partial<SampleEntry> = {}) =>
    sampleEntry({
      key: keyOf(name),
      now: start,
      lease: 1,
      expires: start + 400 * day,
      tagDigests: [tag],
      ...meta,
    });
  const names = async () =>
    (await keysOf(client, `${prefix}:v1:partition:*}`)).map((key) => /\{(.*)\}/.exec(key)?.[1]);
  return { prefix, keyOf, clock, store, client, cache, entry, names };
}

describe.each(Object.entries(places))('maintenance on a %s server', (_name, placeOf) => {
  it('removes what is hardly used and what is doubtful with vector, hits and rows of the index, and nothing else', async () => {
    const { prefix, keyOf, clock, store, client, cache, entry, names } = await setUp(await placeOf());
    await store.setMany([
      entry('unused', { embedder: 'e/1', vector, frame: 'f' }),
      entry('used'),
      entry('doubtful', { confidence: 0.1, refreshed: start + 31 * day }),
      entry('young', { refreshed: start + 31 * day }),
    ]);
    await store.get(keyOf('unused'));
    for (let uses = 0; uses < 2; uses++) await store.get(keyOf('used'));
    clock.advance(10_000);
    await expect.poll(() => client.exists(`${keyOf('used')}:heat`)).toBe(1);
    clock.advance(31 * day);
    const dry = await cache.maintain({ dryRun: true });
    expect(dry.kinds).toMatchObject({ 'low-value': { count: 1 }, 'low-quality': { count: 1 } });
    expect(await names()).toHaveLength(4);
    const { kinds, outcome } = await cache.maintain({ kinds: ['expired', 'low-value', 'low-quality'] });
    expect(outcome).toBe('complete');
    expect({ ...kinds, defragment: undefined }).toEqual({ ...dry.kinds, defragment: undefined });
    expect(await names()).toEqual(['used', 'young']);
    const left = await keysOf(client, `${prefix}:*`);
    expect(left.filter((key) => /:vec$|unused|doubtful/.test(key))).toEqual([]);
    expect(await client.zcard(`${prefix}:v1:{${tag}}:tag`)).toBe(2);
  });

  it('hits of an entry that is removed are not those of the answer that follows it', async () => {
    const { keyOf, clock, store, client, cache, entry } = await setUp(await placeOf());
    const names = ['doubtful', 'deleted', 'swept'];
    const all = names.map((name) => entry(name, { confidence: name === 'doubtful' ? 0.4 : 0.9 }));
    await store.setMany(all);
    for (let uses = 0; uses < 4; uses++) await store.getMany(names.map(keyOf));
    expect((await cache.maintain({ kinds: ['low-quality'] })).kinds['low-quality']?.count).toBe(1);
    await store.delete(keyOf('deleted'));
    await store.deleteMany([keyOf('swept')]);
    await store.setMany([...all, entry('hit')]);
    await store.get(keyOf('hit'));
    clock.advance(10_000);
    await expect.poll(() => client.exists(`${keyOf('hit')}:heat`)).toBe(1);
    const counted: Record<string, number | undefined> = {};
    for await (const some of store.scan?.walk() ?? []) for (const { key, hits } of some) counted[key] = hits;
    expect(names.map((name) => counted[keyOf(name)])).toEqual([0, 0, 0]);
  });

  it('leaves what was written again or hit since it was judged', async () => {
    const { clock, store, entry, names, keyOf } = await setUp(await placeOf());
    await store.setMany([entry('rewritten'), entry('hit'), entry('same')]);
    clock.advance(31 * day);
    const pages: SurveyPage[] = [];
    for await (const page of store.maintenance?.survey({ mayFit: () => true }) ?? []) pages.push(page);
    await store.set(entry('rewritten', { lease: 1, recordingId: '00112233445566bb' }));
    await store.get(keyOf('hit'));
    clock.advance(10_000);
    await expect
      .poll(async () => {
        for await (const all of store.scan?.walk() ?? []) for (const one of all) if (one.hits === 1) return 1;
        return 0;
      })
      .toBe(1);
    for (const page of pages) await page.remove(page.entries, { unlessHit: true });
    expect(await names()).toEqual(['hit', 'rewritten']);
    for (const page of pages) await page.remove(page.entries, { unlessHit: false });
    expect(await names()).toEqual(['rewritten']);
  });

  it('removes vectors and rows of the index that an eviction has left', async () => {
    const { prefix, keyOf, client, store, cache, entry } = await setUp(await placeOf());
    await store.setMany([entry('evicted', { embedder: 'e/1', vector, frame: 'f' }), entry('stays')]);
    await client.unlink(keyOf('evicted'));
    const dry = await cache.maintain({ kinds: ['expired'], dryRun: true });
    expect(dry.kinds.expired).toMatchObject({ count: 0, remains: 2 });
    expect(await client.exists(`${keyOf('evicted')}:vec`)).toBe(1);
    const { kinds } = await cache.maintain({ kinds: ['expired'] });
    expect(kinds.expired).toMatchObject({ count: 0, remains: 2 });
    expect(await client.exists(`${keyOf('evicted')}:vec`)).toBe(0);
    expect(await client.zcard(`${prefix}:v1:{${tag}}:tag`)).toBe(1);
  }, 30_000);

  it('asks each server for its memory, and reports what it refuses', async () => {
    const { cache } = await setUp(await placeOf());
    const { outcome, kinds, refused } = await cache.maintain({ kinds: ['defragment'] });
    expect(outcome).toBe('complete');
    expect(kinds.defragment?.count).toBe(0);
    for (const { kind, store, message } of refused)
      expect([kind, store, message]).toEqual(['defragment', 'redis', expect.stringMatching(/allow/)]);
  }, 60_000);
});

it('a server that renames or forbids commands refuses them, which is no error', async () => {
  const server = await startRedis({
    args: ['--rename-command', 'CONFIG', '', '--rename-command', 'MEMORY', ''],
  });
  const { cache } = await setUp({ url: server.url });
  const { outcome, refused } = await cache.maintain({ kinds: ['defragment'] });
  expect(outcome).toBe('complete');
  expect(refused.map(({ action }) => action)).toEqual(['memory-purge', 'active-defrag']);
});

it('a second process is refused while the first runs, and a lost lease ends a run', async () => {
  const place = { url: sharedRedis() };
  const { prefix, clock, store, client, cache, entry } = await setUp(place);
  await store.setMany(Array.from({ length: 200 }, (_none, at) => entry(`${at}`)));
  const other = await storeOn({ ...place, prefix, clock });
  const second = createCache({ store: other, clock, settings: { cachePrefix: prefix } });
  onTestFinished(() => second.close(0));
  clock.advance(31 * day);
  const lease = `${prefix}:v1:{maintenance}:lease`;
  await client.set(lease, 'another/process 1 30000', 'PX', 30_000);
  await expect(second.maintain()).rejects.toMatchObject({ code: 'maintenance_running' });
  await client.del(lease);
  const first = await cache.maintain({ kinds: ['low-value'] });
  expect(first).toMatchObject({ outcome: 'complete', kinds: { 'low-value': { count: 200 } } });
  expect(await client.exists(lease)).toBe(0);
});

it('a clock that is ahead of the server makes no entry old', async () => {
  const { clock, store, cache, entry, names } = await setUp({ url: sharedRedis() });
  const now = Date.now();
  await store.set(entry('new', { now, refreshed: now, expires: now + 400 * day }));
  clock.advance(now + 390 * day - start);
  const { kinds } = await cache.maintain({ kinds: ['expired', 'low-value'] });
  expect(kinds).toMatchObject({ expired: { count: 0 }, 'low-value': { count: 0 } });
  expect(await names()).toEqual(['new']);
});
