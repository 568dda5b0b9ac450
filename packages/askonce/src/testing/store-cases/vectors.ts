/** Cases on reading the vectors of entries. */
import { encodeVector } from '../../entry/vector.ts';
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { capable, onTwoHandles } from './capable.ts';
import { embedded, embedder, vectorOf, vectorTexts, walkedVectors } from './embedded.ts';

const capability = 'vectors';

export const vectors: readonly StoreCase[] = [
  {
    title: 'returns the vectors of entries by their keys, in the order of the keys',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const [texts, now] = [vectorTexts(), clock.now()];
      const text = () => texts.next().value;
      const one = embedded(text(), { key: keyOf('one'), now, lease: 2 ** 51 + 1, expires: now + 50_000.5 });
      const odd = embedded(encodeVector(Float32Array.of(0.6, 0.8, 0)), {
        key: keyOf('odd'),
        now,
        frame: 'f',
      });
      const own = embedded('any text: ü', { key: keyOf('own'), now, partition: 'elsewhere', frame: '' });
      const none = sampleEntry({ key: keyOf('none'), now });
      await store.setMany([one, odd, own, none]);
      await store.flush();
      expect(await service.getMany([])).toEqual([]);
      const keys = [keyOf('odd'), keyOf('none'), keyOf('absent'), one.key, own.key, one.key];
      const [first, ...others] = [odd, one, own, one].map(({ key, meta }) => vectorOf(key, meta));
      expect(await service.getMany(keys)).toEqual([first, undefined, undefined, ...others]);
    },
  },
  {
    title: 'finds an entry with a vector as it finds others, and knows which embedder it has',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const entry = embedded('AAAB', { key: keyOf('k'), now: clock.now(), body: 'the answer' });
      expect(await store.set(entry)).toBe('stored');
      await store.flush();
      const found = await store.get(entry.key);
      expect(Buffer.from(found?.entry.recording.body ?? []).toString()).toBe('the answer');
      const { vector: _beside, ...meta } = entry.meta;
      const { vector: _there, ...there } = found?.entry.meta ?? entry.meta;
      expect(there).toEqual(meta);
    },
  },
  {
    title: 'walks 2 500 vectors in batches of at most 1 000, and nothing else',
    capability,
    wants: { maxBytes: 33_554_432 },
    async run({ store, clock, keyOf, expect }) {
      expect((await walkedVectors(store)).vectors.size).toBe(0);
      const [texts, now] = [vectorTexts(), clock.now()];
      const entries = Array.from({ length: 2_500 }, (_none, index) =>
        embedded(texts.next().value, { key: keyOf(`f${index}`), now, lease: index, frame: `f${index % 7}` }),
      );
      const without = Array.from({ length: 50 }, (_none, index) =>
        sampleEntry({ key: keyOf(`w${index}`), now }),
      );
      await store.setMany([...entries, ...without]);
      const { shared } = store;
      await shared?.notices?.put('notice', 'text');
      await shared?.leases?.take(keyOf('f1'), '', 'inbox/t', { leaseMs: 60_000, deadAfterMs: 60_000 });
      await store.flush();
      const { vectors: found, largest } = await walkedVectors(store);
      expect(found.size).toBe(entries.length);
      for (const { key, meta } of entries) expect(found.get(key)).toEqual(vectorOf(key, meta));
      expect(largest > 0 && largest <= 1_000).toBe(true);
    },
  },
  {
    title: 'has no vector of an entry that is gone, in whatever way it went',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const now = clock.now();
      const names = ['deleted', 'deleted with others', 'found by tag', 'found by pattern', 'expired', 'left'];
      const entryOf = (name: string) =>
        embedded('AAAB', {
          key: keyOf(name),
          now,
          tagDigests: name === 'found by tag' ? ['aa'] : ['bb'],
          ...(name === 'expired' && { expires: now + 1_000 }),
        });
      await store.setMany(names.map(entryOf));
      await store.flush();
      expect(await store.delete(keyOf('deleted'))).toBe(true);
      expect(await store.deleteMany([keyOf('deleted with others'), keyOf('none')])).toBe(1);
      const byTag = async function* () {
        for await (const { keys } of store.tags?.find({ clauses: [['aa']] }) ?? []) yield keys;
      };
      for (const found of [byTag(), store.scan?.keys('*{found by*') ?? []])
        for await (const keys of found) await store.deleteMany(keys);
      if (store.scan === undefined)
        await store.deleteMany([keyOf('found by tag'), keyOf('found by pattern')]);
      clock.advance(1_000);
      const there = (await service.getMany(names.map(keyOf))).map((vector) => vector?.key);
      expect(there).toEqual([...names.slice(1).map(() => undefined), keyOf('left')]);
      expect([...(await walkedVectors(store)).vectors.keys()]).toEqual([keyOf('left')]);
      // Not even an entry that comes later has it.
      await store.setMany(names.map((name) => sampleEntry({ key: keyOf(name), now: clock.now() })));
      await store.flush();
      expect((await walkedVectors(store)).vectors.size).toBe(0);
    },
  },
  {
    title: "shows one handle another handle's vectors, and those that it has put or removed",
    capability,
    async run(context) {
      const { store, clock, keyOf, expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      const [key, now] = [keyOf('k'), clock.now()];
      const entry = embedded('AAAB', { key, now, lease: 5 });
      await store.set(entry);
      await store.flush();
      expect(await other.getMany([key])).toEqual([vectorOf(key, entry.meta)]);
      expect(await other.put({ key, lease: 5, embedder, vector: 'BBBA' })).toBe(true);
      expect(await one.getMany([key])).toEqual([vectorOf(key, entry.meta, { vector: 'BBBA' })]);
      await store.delete(key);
      await store.flush();
      expect(await other.getMany([key])).toEqual([undefined]);
    },
  },
  {
    title: 'reads vectors without counting hits, misses or entries',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const keys = ['a', 'b', 'c'].map(keyOf);
      await store.setMany(keys.map((key) => embedded('AAAB', { key, now: clock.now() })));
      await store.flush();
      const before = await store.statistics();
      expect(before.entries).toBe(3);
      await walkedVectors(store);
      await capable(store, capability).getMany([...keys, keyOf('none')]);
      const after = await store.statistics();
      expect([after.hits, after.misses, after.entries]).toEqual([before.hits, before.misses, 3]);
      const scanned: string[] = [];
      for await (const batch of store.scan?.keys('*') ?? []) scanned.push(...batch);
      if (store.scan !== undefined) expect([...new Set(scanned)].sort()).toEqual(keys.sort());
    },
  },
  {
    title:
      'continues a walk over vectors while they are written and removed, and lets a caller leave it early',
    capability,
    wants: { maxBytes: 33_554_432 },
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const names = Array.from({ length: 1_200 }, (_none, index) => `f${index}`);
      await store.setMany(names.map((name) => embedded('AAAB', { key: keyOf(name), now: clock.now() })));
      await store.flush();
      for await (const batch of service.walk()) {
        expect(batch.length <= 1_000).toBe(true);
        break;
      }
      const met = new Set<string>();
      let isFirst = true;
      for await (const batch of service.walk()) {
        for (const { key } of batch) met.add(key);
        if (!isFirst) continue;
        isFirst = false;
        await store.delete(keyOf('f0'));
        await store.set(embedded('BBBA', { key: keyOf('f1'), now: clock.now() }));
        await store.set(embedded('AAAB', { key: keyOf('new'), now: clock.now() }));
        await service.put({ key: keyOf('f2'), lease: 0, embedder, vector: 'BBBA' });
        await store.flush();
      }
      const stayed = names.slice(2).map(keyOf);
      expect(stayed.filter((key) => !met.has(key))).toEqual([]);
    },
  },
];
