/** Cases on what a store refuses, evicts and counts. */
import { randomBytes } from 'node:crypto';
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { bodyOf } from './body-of.ts';

export const bounds: readonly StoreCase[] = [
  {
    title: 'stores an entry of the largest size, and refuses one that is a byte larger',
    wants: { maxBytes: 1_048_576, maxValueBytes: 16_384 },
    async run({ store, clock, maxBytes, expect }) {
      const incompressible = randomBytes(maxBytes + 1);
      const write = (bytes: number) =>
        store.set(sampleEntry({ key: 'k', body: incompressible.subarray(0, bytes), now: clock.now() }));
      let largest = 0;
      let tooLarge = maxBytes + 1;
      while (tooLarge - largest > 1) {
        const middle = Math.floor((largest + tooLarge) / 2);
        if ((await write(middle)) === 'stored') largest = middle;
        else tooLarge = middle;
        await store.flush();
      }
      expect(largest > 0).toBe(true);
      expect(await write(largest)).toBe('stored');
      expect((await bodyOf(store, 'k'))?.length).toBe(largest);
      expect(await write(largest + 1)).toBe('too-large');
      expect((await bodyOf(store, 'k'))?.length).toBe(largest);
      const { refused } = await store.statistics();
      expect((refused['too-large'] ?? 0) > 0).toBe(true);
    },
  },
  {
    title: 'loses none of many entries that are written at once, or one after another',
    wants: { maxBytes: 67_108_864 },
    async run({ store, clock, keyOf, expect }) {
      const entryOf = (name: string) => sampleEntry({ key: keyOf(name), body: 'x', now: clock.now() });
      const many = Array.from({ length: 10_500 }, (_none, index) => entryOf(`many ${index}`));
      const results = [...(await store.setMany(many))];
      for (let index = 0; index < 200; index++) results.push(await store.set(entryOf(`one ${index}`)));
      expect(results.filter((result) => result !== 'stored')).toEqual([]);
      await store.flush();
      expect((await store.statistics()).refused).toEqual({});
    },
  },
  {
    title: 'stays within its bound after ten times as many inserts, and has the newest',
    wants: { maxBytes: 524_288 },
    async run({ store, clock, maxBytes, expect }) {
      const bytes = 4_000;
      const keys = Array.from({ length: Math.ceil((maxBytes * 10) / bytes) }, (_none, index) => `k${index}`);
      for (const [index, key] of keys.entries()) {
        clock.advance(1);
        await store.set(sampleEntry({ key, body: Buffer.alloc(bytes, index), now: clock.now() }));
        if (index % 100 === 0) await store.flush();
      }
      await store.flush();
      const found = (await store.getMany(keys)).filter((each) => each !== undefined);
      expect(found.length > 1).toBe(true);
      expect(found.length * bytes <= maxBytes).toBe(true);
      expect(found.at(-1)?.entry.key).toBe(keys.at(-1));
      expect((await store.statistics()).evictions > 0).toBe(true);
    },
  },
  {
    title: 'counts hits, misses and entries',
    async run({ store, clock, keyOf, expect }) {
      const keys = ['a', 'b'].map(keyOf);
      await store.setMany(keys.map((key) => sampleEntry({ key, now: clock.now() })));
      await store.flush();
      await store.get(keyOf('a'));
      await store.getMany([...keys, keyOf('none')]);
      const statistics = await store.statistics();
      expect([statistics.entries, statistics.hits, statistics.misses]).toEqual([2, 3, 1]);
      expect(statistics.bytes > 0).toBe(true);
    },
  },
];
