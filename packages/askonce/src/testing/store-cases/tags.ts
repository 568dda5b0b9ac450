/** Cases on finding entries by tag. */
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { capable } from './capable.ts';
import { capability, clauses, found, keysOf, save } from './tag-searches.ts';

export const tags: readonly StoreCase[] = [
  {
    title: 'finds entries that have any tag of every clause',
    capability,
    async run(context) {
      const { store, keyOf, expect } = context;
      await save(context, store, {
        k1: ['aa', 'bb'],
        k2: ['aa', 'cc'],
        k3: ['bb', 'cc'],
        k4: ['dd'],
        k5: [],
      });
      const keys = (...names: string[]) => names.map(keyOf);
      expect(await keysOf(context, clauses(['aa']))).toEqual(keys('k1', 'k2'));
      expect(await keysOf(context, clauses(['aa', 'dd']))).toEqual(keys('k1', 'k2', 'k4'));
      expect(await keysOf(context, clauses(['aa', 'bb', 'cc', 'aa']))).toEqual(keys('k1', 'k2', 'k3'));
      expect(await keysOf(context, clauses(['aa'], ['cc']))).toEqual(keys('k2'));
      expect(await keysOf(context, clauses(['aa', 'dd'], ['cc', 'dd']))).toEqual(keys('k2', 'k4'));
      expect(await keysOf(context, clauses(['aa'], ['bb'], ['cc']))).toEqual([]);
      expect(await keysOf(context, clauses(['unknown']))).toEqual([]);
      expect(await keysOf(context, clauses(['aa'], ['unknown']))).toEqual([]);
      expect(await keysOf(context, clauses(['a']))).toEqual([]);
    },
  },
  {
    title: 'finds entries by keys and by pattern, alone and together with clauses',
    capability,
    async run(context) {
      const { store, keyOf, expect } = context;
      await save(context, store, { 'u[1]': ['aa'], u1: ['aa'], 'u*': ['bb'], 'v\\1': ['aa'] });
      const keys = (...names: string[]) => names.map(keyOf).sort();
      expect(await keysOf(context, { clauses: [], keys: keys('u1', 'u*', 'gone') })).toEqual(
        keys('u1', 'u*'),
      );
      expect(await keysOf(context, { clauses: [['aa']], keys: keys('u1', 'u1', 'u*') })).toEqual(keys('u1'));
      expect(await keysOf(context, { clauses: [], pattern: '*{u[1]}' })).toEqual(keys('u[1]'));
      expect(await keysOf(context, { clauses: [], pattern: '*{u?}' })).toEqual(keys('u1', 'u*'));
      expect(await keysOf(context, { clauses: [['aa']], pattern: '*{u*}' })).toEqual(keys('u[1]', 'u1'));
      for (const some of [[], [['aa']]]) {
        expect(await keysOf(context, { clauses: some, pattern: 'partition:en:{u1}' })).toEqual(keys('u1'));
        expect(await keysOf(context, { clauses: some, pattern: 'v1:*' })).toEqual([]);
      }
      expect(await keysOf(context, { clauses: [['aa', 'bb']], pattern: '*{v\\?}' })).toEqual(keys('v\\1'));
      expect(
        await keysOf(context, { clauses: [['aa']], keys: keys('u1', 'v\\1'), pattern: '*{u*}' }),
      ).toEqual(keys('u1'));
      expect(await keysOf(context, { clauses: [], keys: keys('gone') })).toEqual([]);
    },
  },
  {
    title: 'finds entries by partition, alone and together with other conditions',
    capability,
    async run(context) {
      const { store, clock, keyOf, expect } = context;
      const inPartition = (partition: string, name: string) =>
        keyOf(name).replace(':partition:', `:${partition}:`);
      const [a1, a2, b1, c1] = [
        inPartition('pa', 'f1'),
        inPartition('pa', 'f2'),
        inPartition('pb', 'f1'),
        inPartition('p*', 'f1'),
      ];
      const tagged = { [a1]: ['aa'], [a2]: ['bb'], [b1]: ['aa'], [c1]: ['aa'] };
      await store.setMany(
        Object.entries(tagged).map(([key, tagDigests]) => sampleEntry({ key, now: clock.now(), tagDigests })),
      );
      await store.flush();
      expect(await keysOf(context, { clauses: [], partitions: ['pa'] })).toEqual([a1, a2]);
      expect(await keysOf(context, { clauses: [], partitions: ['p*'] })).toEqual([c1]);
      expect(await keysOf(context, { clauses: [], partitions: ['pb', 'pa', 'none', 'pa'] })).toEqual([
        a1,
        a2,
        b1,
      ]);
      expect(await keysOf(context, { clauses: [['aa']], partitions: ['pa', 'pb'] })).toEqual([a1, b1]);
      expect(await keysOf(context, { clauses: [], keys: [a2, b1, c1], partitions: ['pa'] })).toEqual([a2]);
      expect(await keysOf(context, { clauses: [], pattern: '*{f1}', partitions: ['pa'] })).toEqual([a1]);
      expect(await keysOf(context, { clauses: [], partitions: ['p'] })).toEqual([]);
    },
  },
  {
    title: 'finds all entries by an empty filter, including those without a tag',
    capability,
    async run(context) {
      const { store, clock, keyOf, expect } = context;
      expect(await keysOf(context, clauses())).toEqual([]);
      await save(context, store, { k1: ['aa'], k2: [] });
      await store.set(sampleEntry({ key: keyOf('untagged'), now: clock.now() }));
      await store.flush();
      expect(await keysOf(context, clauses())).toEqual([keyOf('k1'), keyOf('k2'), keyOf('untagged')]);
    },
  },
  {
    title: 'finds each of 2 500 entries once, in batches of at most 1 000',
    capability,
    wants: { maxBytes: 33_554_432 },
    async run(context) {
      const { store, keyOf, expect } = context;
      const names = Array.from({ length: 2_500 }, (_none, index) => `f${index}`);
      await save(
        context,
        store,
        Object.fromEntries(names.map((name, index) => [name, ['all', `mod${index % 2}`]])),
      );
      const index = capable(store, capability);
      for (const filter of [clauses(), clauses(['all']), clauses(['mod0', 'mod1', 'all'])]) {
        for (const thorough of [false, true]) {
          const { keys, added, largest } = await found(index, filter, thorough);
          expect(keys).toEqual(names.map(keyOf).sort());
          expect(added).toEqual([]);
          expect(largest > 0 && largest <= 1_000).toBe(true);
        }
      }
      expect((await found(index, clauses(['all'], ['mod1']))).keys.length).toBe(1_250);
    },
  },
  {
    title: 'finds entries that another handle wrote, and none that was deleted or has expired',
    capability,
    async run(context) {
      const { store, another, clock, keyOf, expect } = context;
      const writer = (await another()) ?? store;
      await save(context, writer, { deleted: ['aa'], stays: ['aa'], many: ['aa'] });
      const now = clock.now();
      await writer.set(sampleEntry({ key: keyOf('expired'), now, expires: now + 1_000, tagDigests: ['aa'] }));
      await writer.flush();
      const index = capable(store, capability);
      const all = ['deleted', 'expired', 'many', 'stays'].map(keyOf);
      expect((await found(index, clauses(['aa']))).keys).toEqual(all);
      await writer.delete(keyOf('deleted'));
      expect(await writer.deleteMany([keyOf('many')])).toBe(1);
      clock.advance(1_000);
      expect(await keysOf(context, clauses(['aa']))).toEqual([keyOf('stays')]);
    },
  },
  {
    title: 'lets a caller leave a search in the middle',
    capability,
    async run(context) {
      const { store, keyOf, expect } = context;
      const names = Array.from({ length: 1_100 }, (_none, index) => `f${index}`);
      await save(context, store, Object.fromEntries(names.map((name) => [name, ['aa']])));
      const index = capable(store, capability);
      for (const thorough of [false, true]) {
        for await (const { keys } of index.find(clauses(['aa']), { thorough })) {
          expect(await store.deleteMany(keys)).toBe(keys.length);
          break;
        }
      }
      const left = await found(index, clauses(['aa']));
      const there = await store.getMany(names.map(keyOf));
      expect(left.keys).toEqual(
        names
          .map(keyOf)
          .filter((_key, n) => there[n] !== undefined)
          .sort(),
      );
      expect(left.keys.length < names.length).toBe(true);
    },
  },
];
