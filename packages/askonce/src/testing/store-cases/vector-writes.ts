/** Cases on writing the vectors of entries. */
import { type SampleEntry, sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { bodyOf } from './body-of.ts';
import { capable } from './capable.ts';
import { embedded, embedder, vectorOf, walkedVectors } from './embedded.ts';

const capability = 'vectors';

export const vectorWrites: readonly StoreCase[] = [
  {
    title: 'replaces a vector with its entry, and removes it if the next entry has none',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const key = keyOf('k');
      const write = async (entry: Partial<SampleEntry>) => {
        const written = sampleEntry({ key, now: clock.now(), ...entry });
        expect(await store.set(written)).toBe('stored');
        await store.flush();
        return written;
      };
      await write({ embedder, vector: 'AAAB', lease: 1 });
      const next = await write({ embedder: 'another', vector: 'BBBA', lease: 2, frame: 'other' });
      expect(await service.getMany([key])).toEqual([vectorOf(key, next.meta)]);
      await write({ lease: 3 });
      expect(await service.getMany([key])).toEqual([undefined]);
      expect((await walkedVectors(store)).vectors.size).toBe(0);
    },
  },
  {
    title: 'leaves the vector of an entry that is refreshed without one, under the new lease and expiry',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const [key, now] = [keyOf('k'), clock.now()];
      await store.set(embedded('AAAB', { key, now, lease: 1, expires: now + 1_000 }));
      await store.flush();
      const refreshed = sampleEntry({
        key,
        embedder,
        now,
        frame: 'a-frame',
        language: 'de',
        lease: 2,
        expires: now + 60_000,
      });
      expect(await store.set(refreshed)).toBe('stored');
      await store.flush();
      clock.advance(30_000);
      const expected = vectorOf(key, refreshed.meta, { vector: 'AAAB' });
      expect(await service.getMany([key])).toEqual([expected]);
      expect([...(await walkedVectors(store)).vectors.values()]).toEqual([expected]);
      clock.advance(30_000);
      expect(await service.getMany([key])).toEqual([undefined]);
    },
  },
  {
    title: 'has no vector for an entry that states an embedder and never had one',
    capability,
    async run({ store, clock, keyOf, expect }) {
      await store.set(sampleEntry({ key: keyOf('k'), embedder, now: clock.now() }));
      await store.flush();
      expect(await capable(store, capability).getMany([keyOf('k')])).toEqual([undefined]);
      expect((await walkedVectors(store)).vectors.size).toBe(0);
    },
  },
  {
    title: 'ignores the vector of a write that is superseded',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const [key, now] = [keyOf('k'), clock.now()];
      const newer = embedded('AAAB', { key, now, lease: 7 });
      await store.set(newer);
      await store.flush();
      for (const older of [
        embedded('BBBA', { key, now, lease: 6 }),
        sampleEntry({ key, now, lease: 6 }),
        sampleEntry({ key, now, lease: 6, embedder, expires: now + 9_000_000 }),
      ]) {
        expect(await store.set(older)).toBe('superseded');
        await store.flush();
        expect(await capable(store, capability).getMany([key])).toEqual([vectorOf(key, newer.meta)]);
      }
    },
  },
  {
    title: 'puts another vector in place of that of an entry, and leaves its answer and its expiry',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const [key, now] = [keyOf('k'), clock.now()];
      const entry = embedded('AAAB', { key, now, lease: 5, expires: now + 10_000, body: 'the answer' });
      await store.set(entry);
      await store.flush();
      expect(await service.put({ key, lease: 5, embedder: 'another', vector: 'BBBA' })).toBe(true);
      const expected = vectorOf(key, entry.meta, { embedder: 'another', vector: 'BBBA' });
      expect(await service.getMany([key])).toEqual([expected]);
      expect([...(await walkedVectors(store)).vectors.values()]).toEqual([expected]);
      expect(await bodyOf(store, key)).toBe('the answer');
      clock.advance(10_000);
      expect(await store.get(key)).toBe(undefined);
      expect(await service.getMany([key])).toEqual([undefined]);
    },
  },
  {
    title: 'puts a vector beside an entry that has none, in the place that the entry states',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const entry = sampleEntry({
        key: keyOf('k'),
        now: clock.now(),
        lease: 5,
        frame: 'its own',
        language: 'fr',
      });
      await store.set(entry);
      await store.flush();
      const { key } = entry;
      expect(await service.put({ key, lease: 5, embedder, vector: 'AAAB' })).toBe(true);
      expect(await service.getMany([key])).toEqual([vectorOf(key, entry.meta, { embedder, vector: 'AAAB' })]);
    },
  },
  {
    title: 'puts no vector beside an entry that is gone or was stored under another lease',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const now = clock.now();
      const other = embedded('AAAB', { key: keyOf('other'), now, lease: 6 });
      await store.setMany([
        other,
        embedded('AAAB', { key: keyOf('deleted'), now, lease: 5 }),
        embedded('AAAB', { key: keyOf('expired'), now, lease: 5, expires: now + 1_000 }),
      ]);
      await store.flush();
      await store.delete(keyOf('deleted'));
      clock.advance(1_000);
      for (const name of ['other', 'deleted', 'expired', 'absent'])
        expect(await service.put({ key: keyOf(name), lease: 5, embedder, vector: 'BBBA' })).toBe(false);
      const keys = ['other', 'deleted', 'expired', 'absent'].map(keyOf);
      const there = await service.getMany(keys);
      expect(there).toEqual([vectorOf(other.key, other.meta), undefined, undefined, undefined]);
      expect((await walkedVectors(store)).vectors.size).toBe(1);
    },
  },
];
