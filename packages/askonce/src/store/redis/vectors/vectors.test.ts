import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sharedRedis, startRedis } from '../../../../../../test/support/redis-server.ts';
import {
  beside,
  clientOf,
  flushScripts,
  keysOf,
  ownKeys,
  places,
  storeOn,
} from '../../../../../../test/support/redis-stores.ts';
import { encodeEntry } from '../../../entry/codec.ts';
import { keyRing } from '../../../entry/key-ring.ts';
import { OwnEntry } from '../../../entry/own-entry.ts';
import { encodeVector } from '../../../entry/vector.ts';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { type SampleEntry, sampleEntry } from '../../../testing/sample-entry.ts';
import { sampleVectors } from '../../../testing/sample-vectors.ts';
import type { Store } from '../../contract.ts';
import { memoryStore } from '../../memory/store.ts';
import { tieredStore } from '../../stack/tiered.ts';
import type { StoredVector } from '../../vectors.ts';
import { frontOf } from '../entries/front.ts';

const clock = fakeClock();
const embedder = 'static-1/256';
const components: Float32Array = sampleVectors({ dimension: 256 }).next().value;
const vector = encodeVector(components);
const vec = (key: string) => `${key}:vec`;
const ringOf = (...names: readonly string[]) =>
  keyRing(names.map((name) => `${name}:${name.repeat(64).slice(0, 64)}`));

const embedded = (key: string, entry: Partial<SampleEntry> = {}) =>
  sampleEntry({ key, embedder, vector, frame: 'the-frame', now: clock.now(), ...entry });

async function walked(store: Store): Promise<StoredVector[]> {
  const found: StoredVector[] = [];
  for await (const batch of store.vectors?.walk() ?? []) found.push(...batch);
  return found;
}

async function all(found: AsyncIterable<{ readonly keys: readonly string[] }> | undefined) {
  const keys: string[] = [];
  for await (const batch of found ?? []) keys.push(...batch.keys);
  return keys;
}

it('a vector lies beside its entry, expires in the same millisecond, and takes no room in it', async () => {
  const { prefix, keyOf } = ownKeys();
  const store = await storeOn({ url: sharedRedis(), prefix, clock });
  const server = clientOf(sharedRedis());
  const [key, plain] = [keyOf('a'), keyOf('b')];
  await store.set(embedded(key, { expires: clock.now() + 90_000 }));
  await store.set(sampleEntry({ key: plain, embedder, frame: 'the-frame', now: clock.now() }));
  expect(await server.strlen(key)).toBe(await server.strlen(plain));
  expect(await server.strlen(vec(key))).toBeLessThan(470);
  expect(await server.exists(vec(plain))).toBe(0);
  expect(await server.pexpiretime(vec(key))).toBe(await server.pexpiretime(key));
  await store.set(sampleEntry({ key, embedder, lease: 2, now: clock.now(), expires: clock.now() + 500_000 }));
  expect(await server.pexpiretime(vec(key))).toBe(await server.pexpiretime(key));
  expect(await server.pttl(vec(key))).toBeGreaterThan(100_000);
});

it('an encrypted vector shows neither text nor components, and belongs to its key', async () => {
  const { prefix, keyOf } = ownKeys();
  const place = { url: sharedRedis(), prefix, clock } as const;
  const store = await storeOn({ ...place, encryption: ringOf('a') });
  const server = clientOf(sharedRedis());
  await store.set(embedded(keyOf('k'), { language: 'de', partition: 'elsewhere' }));
  const value = (await server.getBuffer(vec(keyOf('k')))) ?? Buffer.alloc(0);
  const floats = Buffer.from(components.buffer);
  for (const clear of [embedder, 'the-frame', 'elsewhere', vector.slice(8, 24), vector.slice(-16)])
    expect(value.includes(clear)).toBe(false);
  expect(value.includes(Buffer.from(vector, 'base64url').subarray(9, 18))).toBe(false);
  for (let at = 0; at + 8 <= floats.length; at += 8)
    expect(value.includes(floats.subarray(at, at + 8))).toBe(false);
  expect(await walked(store)).toEqual([
    expect.objectContaining({ vector, embedder, frame: 'the-frame', partition: 'elsewhere', language: 'de' }),
  ]);
  const rotated = await storeOn({ ...place, encryption: ringOf('b', 'a') });
  expect(await walked(rotated)).toEqual(await walked(store));
  await server.set(keyOf('other'), value.subarray(0, 16));
  await server.set(vec(keyOf('other')), value);
  expect(await store.vectors.getMany([keyOf('other')])).toEqual([undefined]);
  expect((await store.statistics()).unreadable).toBe(1);
});

it.each([
  ['encrypted under another key', { encryption: ringOf('b') }],
  ['encrypted, in a store without keys,', {}],
])('a vector that is %s is left out and counted as unreadable', async (_, encoding) => {
  const { prefix, keyOf } = ownKeys();
  const place = { url: sharedRedis(), prefix, clock } as const;
  const store = await storeOn({ ...place, encryption: ringOf('a') });
  await store.set(embedded(keyOf('k')));
  const other = await storeOn({ ...place, ...encoding });
  expect(await walked(other)).toEqual([]);
  expect(await other.vectors.getMany([keyOf('k')])).toEqual([undefined]);
  expect((await other.statistics()).unreadable).toBe(2);
  expect(await walked(store)).toHaveLength(1);
});

it('a damaged vector is left out, whichever byte is wrong, and the entry is found as before', async () => {
  const { prefix, keyOf } = ownKeys();
  const store = await storeOn({ url: sharedRedis(), prefix, clock });
  const server = clientOf(sharedRedis());
  const key = keyOf('k');
  await store.set(embedded(key));
  const sound = (await server.getBuffer(vec(key))) ?? Buffer.alloc(0);
  const wrong = [...sound.keys()].slice(16).map((at) => {
    const value = Buffer.from(sound);
    value[at] = (value[at] ?? 0) ^ 1;
    return value;
  });
  for (const value of [...wrong, sound.subarray(0, 20), sound.subarray(0, -1), Buffer.from('no vector')]) {
    await server.set(vec(key), value, 'PX', 60_000);
    expect((await store.vectors.getMany([key]))[0]).toBe(undefined);
  }
  await server.del(vec(key));
  await server.sadd(vec(key), 'of another type');
  expect(await walked(store)).toEqual([]);
  expect((await store.get(key))?.entry.meta.embedder).toBe(embedder);
});

describe.each(Object.entries(places))('vectors on a %s server', (_, placeOf) => {
  async function setUp() {
    const { prefix, keyOf } = ownKeys();
    const place = await placeOf();
    const open = () => storeOn({ ...place, prefix, clock });
    return { prefix, keyOf, open, store: await open(), client: beside(place) };
  }

  it('no deletion leaves a vector behind: by key, by tag, by pattern, by walking, or of what cannot be read', async () => {
    const { prefix, keyOf, store, client } = await setUp();
    const deletions: readonly ((key: string) => Promise<unknown>)[] = [
      (key) => store.delete(key),
      (key) => store.deleteMany([key, keyOf('absent'), key]),
      async () => store.deleteMany(await all(store.tags.find({ clauses: [['aa']] }))),
      async () => store.deleteMany(await all(store.tags.find({ clauses: [['aa']] }, { checked: true }))),
      async () => store.deleteMany(await all(store.tags.find({ clauses: [['aa']] }, { thorough: true }))),
      async () => store.deleteMany(await all(store.tags.find({ clauses: [], pattern: '*{deleted*' }))),
      async () => {
        for await (const keys of store.scan.keys('*{deleted*')) await store.deleteMany(keys);
      },
      async (key) => {
        const value = (await client.getBuffer(key)) ?? Buffer.alloc(0);
        value[value.length - 1] = (value.at(-1) ?? 0) ^ 1;
        await client.set(key, value, 'PX', 60_000);
        expect(await store.get(key)).toBe(undefined);
        await expect.poll(() => client.exists(key)).toBe(0);
      },
    ];
    for (const [at, deletion] of deletions.entries()) {
      const key = keyOf(`deleted${at}`);
      await store.setMany([embedded(key, { tagDigests: ['aa'] }), embedded(keyOf('stays'))]);
      expect(await client.exists(vec(key))).toBe(1);
      await deletion(key);
      expect([at, await client.exists(vec(key)), await client.exists(key)]).toEqual([at, 0, 0]);
      expect(await client.exists(vec(keyOf('stays')))).toBe(1);
      expect(await walked(store)).toHaveLength(1);
    }
    const left = (await keysOf(client, `${prefix}:*`)).filter((key) => key.includes('{deleted'));
    expect(left).toEqual([]);
  });

  it('the vector of an entry that the server has evicted is not returned, and is removed', async () => {
    const { keyOf, store, client } = await setUp();
    const evicted = async (name: string) => {
      await store.set(embedded(keyOf(name), { tagDigests: ['aa'] }));
      await client.del(keyOf(name));
      expect(await client.exists(vec(keyOf(name)))).toBe(1);
      return keyOf(name);
    };
    const named = await evicted('named');
    expect(await store.vectors.getMany([named])).toEqual([undefined]);
    expect(await client.exists(vec(named))).toBe(0);
    const met = await evicted('met');
    expect(await walked(store)).toEqual([]);
    expect(await client.exists(vec(met))).toBe(0);
    const erased = await evicted('erased');
    expect(await all(store.tags.find({ clauses: [['aa']] }, { thorough: true }))).toEqual([]);
    expect(await client.exists(vec(erased))).toBe(0);
    const [given, other] = [await evicted('given'), await evicted('other')];
    await all(store.tags.find({ clauses: [['aa']], keys: [given] }, { thorough: true }));
    expect([await client.exists(vec(given)), await client.exists(vec(other))]).toEqual([0, 1]);
    await all(store.tags.find({ clauses: [['aa']], partitions: ['partition'] }, { thorough: true }));
    expect(await client.exists(vec(other))).toBe(0);
  });

  it('a vector that an eviction has left never becomes that of a later entry without one, and is removed', async () => {
    const { store, client: server, keyOf } = await setUp();
    const key = keyOf('later');
    await store.set(embedded(key));
    await server.unlink(key);
    await store.set(sampleEntry({ key, frame: 'the-frame', lease: 2, now: clock.now() }));
    expect(await store.vectors?.getMany([key])).toEqual([undefined]);
    expect(await server.exists(vec(key))).toBe(0);

    const other = keyOf('other');
    await store.set(embedded(other));
    await server.unlink(other);
    await store.set(sampleEntry({ key: other, frame: 'the-frame', lease: 2, now: clock.now() }));
    await all(store.tags?.find({ clauses: [], keys: [other] }, { thorough: true }));
    expect(await server.exists(vec(other))).toBe(0);
    expect(await store.get(other)).toBeDefined();
  });

  it('writes, puts and deletions at once leave no vector without its entry, nor under another lease', async () => {
    const { prefix, keyOf, open, store, client } = await setUp();
    const other = await open();
    const keys = Array.from({ length: 12 }, (_none, at) => keyOf(`k${at}`));
    const random = (below: number) => randomBytes(1).readUInt8() % below;
    for (let round = 0; round < 30; round++) {
      const steps = keys.flatMap((key) =>
        [store, other].map(async (handle) => {
          const lease = random(4);
          const step = random(6);
          if (step === 0) await handle.delete(key);
          else if (step === 1) await handle.deleteMany(keys.slice(random(12)));
          else if (step === 2) await handle.vectors.put({ key, lease, embedder: 'another', vector: 'AAAB' });
          else if (step === 3) await handle.set(embedded(key, { lease, vector: undefined }));
          else if (step === 4) await handle.set(sampleEntry({ key, lease, now: clock.now() }));
          else await handle.set(embedded(key, { lease, expires: clock.now() + 60_000 + random(9) * 1_000 }));
        }),
      );
      await Promise.all(steps);
      const there = new Set(await keysOf(client, `${prefix}:*`));
      for (const key of keys.filter((each) => there.has(vec(each)))) {
        expect(there.has(key)).toBe(true);
        const fronts = await Promise.all([key, vec(key)].map((each) => client.getrangeBuffer(each, 0, 15)));
        expect(fronts[1]).toEqual(fronts[0]);
        // A put copies what is left of the entry's life, in whole milliseconds.
        const [own, its] = [await client.pexpiretime(vec(key)), await client.pexpiretime(key)];
        expect(Math.abs(own - its)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('a server that has lost its scripts writes, reads, puts and deletes vectors', async () => {
    const { keyOf, store, client } = await setUp();
    const key = keyOf('k');
    const steps: readonly (() => Promise<unknown>)[] = [
      () => store.set(embedded(key, { lease: 3 })),
      () => store.vectors.put({ key, lease: 3, embedder: 'another', vector: 'AAAB' }),
      async () => (await store.vectors.getMany([key]))[0]?.embedder,
      async () => (await walked(store)).length,
      () => store.deleteMany([key]),
      async () => (await walked(store)).length,
    ];
    const results: unknown[] = [];
    for (const step of steps) {
      await flushScripts(client);
      results.push(await step());
    }
    expect(results).toEqual(['stored', true, 'another', 1, 1, 0]);
  });
});

it('an entry of an earlier release, with its vector inside, is found and is in no walk until it has one beside it', async () => {
  const { prefix, keyOf } = ownKeys();
  const store = await storeOn({ url: sharedRedis(), prefix, clock });
  const key = keyOf('k');
  const { meta, recording } = embedded(key, { lease: 4 });
  const value = await encodeEntry({ key, meta, recording });
  await clientOf(sharedRedis()).set(
    key,
    Buffer.concat([frontOf(meta), value ?? Buffer.alloc(0)]),
    'PX',
    60_000,
  );
  expect((await store.get(key))?.entry.meta).toEqual(meta);
  expect(await walked(store)).toEqual([]);
  expect(await store.vectors.put({ key, lease: 4, embedder: 'new', vector: 'AAAB' })).toBe(true);
  expect((await walked(store)).map((each) => each.embedder)).toEqual(['new']);
  const found = await store.get(key);
  await store.set(sampleEntry({ ...found?.entry.meta, key, lease: 5 }));
  expect((await walked(store)).map((each) => each.vector)).toEqual([vector]);
});

it('a refresh of an entry from the memory above leaves its vector in Redis', async () => {
  const { prefix, keyOf } = ownKeys();
  const lower = await storeOn({ url: sharedRedis(), prefix, clock });
  const store = tieredStore({ upper: memoryStore({ clock }), lower, clock, budgetMs: 10_000 });
  const key = keyOf('k');
  const { meta, recording } = embedded(key, { lease: 1 });
  await store.set(new OwnEntry(key, meta, recording, true));
  const found = await store.get(key);
  expect([found?.tier, found?.entry.meta.embedder, found?.entry.meta.vector]).toEqual([
    'memory',
    embedder,
    undefined,
  ]);
  await store.set(sampleEntry({ ...found?.entry.meta, key, lease: 2 }));
  expect(await store.vectors?.getMany([key])).toEqual([expect.objectContaining({ vector, lease: 2 })]);
});

it('a full server refuses an entry with its vector, and loses neither of those that are there', async () => {
  const { url } = await startRedis({ appends: false, args: ['--maxmemory-policy', 'noeviction'] });
  const store = await storeOn({ url, clock, onTrouble: () => {} });
  const server = clientOf(url);
  const keyOf = (name: string) => `askonce:v1:partition:en:{${name}}`;
  const written = ['a', 'b', 'c'].map(keyOf);
  await store.setMany(written.map((key) => embedded(key)));
  await server.config('SET', 'maxmemory', 100_000);
  const [first = ''] = written;
  expect(await store.set(embedded(keyOf('small')))).toBe('failed');
  for (const replaced of [{ vector: 'AAAB' }, { vector: undefined }, { embedder: undefined }])
    expect(await store.set(embedded(first, { lease: 1, ...replaced }))).toBe('failed');
  expect(await server.exists(vec(keyOf('small')), keyOf('small'))).toBe(0);
  expect((await walked(store)).map(({ key }) => key).sort()).toEqual(written.toSorted());
  expect(new Set((await walked(store)).map((each) => each.vector))).toEqual(new Set([vector]));
  const put = store.vectors.put({ key: first, lease: 0, embedder, vector: 'AAAB' });
  await expect(put).rejects.toThrow('could not store a vector');
  expect(await store.deleteMany(written)).toBe(written.length);
  await server.config('SET', 'maxmemory', 0);
  expect(await store.set(embedded(keyOf('small')))).toBe('stored');
  expect((await walked(store)).map(({ key }) => key)).toEqual([keyOf('small')]);
});

it('a server that restarts empty has no vectors, and takes new ones', async () => {
  const redis = await startRedis({ appends: false });
  const store = await storeOn({ url: redis.url, clock, onTrouble: () => {} });
  const key = 'askonce:v1:partition:en:{k}';
  await store.set(embedded(key));
  await redis.restartEmpty();
  await expect.poll(() => walked(store).catch(() => 'not yet'), { timeout: 10_000 }).toEqual([]);
  expect(await store.vectors.getMany([key])).toEqual([undefined]);
  expect(await store.vectors.put({ key, lease: 0, embedder, vector })).toBe(false);
  expect(await store.set(embedded(key))).toBe('stored');
  expect(await walked(store)).toHaveLength(1);
});

it('a walk rejects while the server cannot be reached', async () => {
  const redis = await startRedis({ appends: false });
  const store = await storeOn({ url: redis.url, clock, onTrouble: () => {} });
  await redis.kill();
  await expect(walked(store)).rejects.toThrow();
  await expect(store.vectors.getMany(['k'])).rejects.toMatchObject({ code: 'store_failed' });
  await expect(store.vectors.put({ key: 'k', lease: 0, embedder, vector })).rejects.toMatchObject({
    code: 'store_failed',
  });
});

it.each([
  '*',
  'partition:*',
  '*{a*',
  '*}*',
  '*g*',
  '*:neg*',
  '**',
  '*?',
  '*?*',
  '*vec',
  '*:vec',
  '*}',
  '*{a}',
])('a scan by the pattern %s has every entry that fits, and no vector', async (pattern) => {
  const { prefix, keyOf } = ownKeys();
  const store = await storeOn({ url: sharedRedis(), prefix, clock });
  const keys = [keyOf('a'), `${keyOf('a')}:neg`, keyOf('vec'), keyOf('neg'), keyOf('a}b')];
  await store.setMany(keys.map((key) => embedded(key)));
  const found: string[] = [];
  for await (const batch of store.scan.keys(pattern)) found.push(...batch);
  const fits = new RegExp(`^${pattern.replace(/[{}]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`);
  const after = (key: string) => key.slice(prefix.length + 4);
  expect(found.sort()).toEqual(keys.filter((key) => fits.test(after(key))).sort());
  await store.deleteMany(keys);
  expect(await clientOf(sharedRedis()).keys(`${prefix}:*`)).toEqual([]);
});
