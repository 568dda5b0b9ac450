/** Cases on finding entries by tags that were added to them after they were stored. */
import type { EntryFilter } from '../../store/contract.ts';
import type { StoreCase } from '../store-case.ts';
import { capable, onTwoHandles } from './capable.ts';
import { capability, clauses, found, keysOf, save } from './tag-searches.ts';

export const addedTags: readonly StoreCase[] = [
  {
    title: 'finds entries that fit several clauses only by tags that were added to them',
    capability,
    async run(context) {
      const { store, clock, keyOf, expect } = context;
      const index = capable(store, capability);
      await save(context, store, { one: [], two: ['aa'], three: [] });
      const expires = clock.now() + 3_600_000;
      await index.add(keyOf('one'), ['xx', 'yy'], expires);
      await index.add(keyOf('two'), ['yy'], expires);
      await index.add(keyOf('two'), ['xx'], expires);
      await index.add(keyOf('three'), ['yy'], expires);
      await store.flush();
      const both = ['one', 'two'].map(keyOf);
      expect(await keysOf(context, clauses(['xx'], ['xx']))).toEqual(both);
      expect(await keysOf(context, clauses(['xx'], ['yy']))).toEqual(both);
      expect(await keysOf(context, clauses(['yy'], ['xx']))).toEqual(both);
      expect(await keysOf(context, clauses(['yy', 'zz'], ['xx', 'zz'], ['yy']))).toEqual(both);
      expect(await keysOf(context, clauses(['yy'], ['aa'], ['xx']))).toEqual([keyOf('two')]);
      expect(await keysOf(context, clauses(['xx'], ['zz']))).toEqual([]);
    },
  },
  {
    title:
      'reports keys to which a tag was added before there was an entry, since another process may be generating it',
    capability: 'following',
    async run(context) {
      const { store, clock, keyOf, expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      const expires = clock.now() + 3_600_000;
      await save(context, store, { there: ['aa'], other: ['bb'] });
      for (const name of ['coming', 'there', 'other']) await one.add(keyOf(name), ['xx'], expires);
      await one.add(keyOf('past'), ['xx'], clock.now());
      for (const thorough of [false, true]) {
        const by = async (filter: EntryFilter) => {
          const { keys, added } = await found(other, filter, thorough);
          return { keys, added };
        };
        const k = (...names: string[]) => names.map(keyOf);
        const all = k('coming', 'other', 'there');
        expect(await by(clauses(['xx']))).toEqual({ keys: k('other', 'there'), added: all });
        // The future entry's own tags are unknown.
        for (const both of [clauses(['aa'], ['xx']), clauses(['xx'], ['aa'])])
          expect(await by(both)).toEqual({ keys: k('there'), added: k('coming', 'there') });
        const named = { clauses: [['xx']], keys: k('coming', 'past', 'other') };
        expect(await by(named)).toEqual({ keys: k('other'), added: k('coming', 'other') });
        expect(await by({ clauses: [['xx']], pattern: '*{o*}' })).toEqual({
          keys: k('other'),
          added: k('other'),
        });
        expect(await by(clauses(['aa']))).toEqual({ keys: k('there'), added: [] });
      }
      clock.advance(3_600_000);
      expect(await found(other, clauses(['xx']))).toEqual({ keys: [], added: [], largest: 0 });
    },
  },
  {
    title: 'adds tags to an entry for every handle, and reports entries that fit only by an added tag',
    capability,
    async run(context) {
      const { store, clock, keyOf, expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      await save(context, store, { k1: ['aa'], k2: ['aa'], k3: ['bb'] });
      const expires = clock.now() + 3_600_000;
      await one.add(keyOf('k1'), ['bb', 'cc'], expires);
      await one.add(keyOf('gone'), ['bb'], expires);
      const k = (...names: string[]) => names.map(keyOf);
      for (const index of [one, other]) {
        for (const thorough of [false, true]) {
          const by = async (...wanted: string[][]) => {
            const { keys, added } = await found(index, clauses(...wanted), thorough);
            return { keys, added: added.filter((key) => keys.includes(key)) };
          };
          expect(await by(['bb'])).toEqual({ keys: k('k1', 'k3'), added: k('k1') });
          expect(await by(['cc'])).toEqual({ keys: k('k1'), added: k('k1') });
          expect(await by(['aa', 'cc'])).toEqual({ keys: k('k1', 'k2'), added: [] });
          expect(await by(['aa'], ['cc'])).toEqual({ keys: k('k1'), added: k('k1') });
          expect(await by(['aa'], ['bb'])).toEqual({ keys: k('k1'), added: k('k1') });
          expect(await by()).toEqual({ keys: k('k1', 'k2', 'k3'), added: [] });
        }
      }
      expect((await store.get(keyOf('k1')))?.entry.meta.tagDigests).toEqual(['aa']);
    },
  },
  {
    title: 'finds an entry by its new tags once it has been replaced',
    capability,
    async run(context) {
      const { store, keyOf, expect } = context;
      await save(context, store, { k1: ['aa'] });
      await save(context, store, { k1: ['bb'] });
      expect(await keysOf(context, clauses(['bb']))).toEqual([keyOf('k1')]);
      expect((await found(capable(store, capability), clauses(['aa']), true)).keys).toEqual([]);
    },
  },
  {
    title: 'reports a tag as added if only an earlier entry had it as its own',
    capability,
    async run(context) {
      const { store, clock, keyOf, expect } = context;
      await save(context, store, { k1: ['aa'] });
      await save(context, store, { k1: [] });
      const index = capable(store, capability);
      await index.add(keyOf('k1'), ['aa'], clock.now() + 3_600_000);
      for (const thorough of [false, true]) {
        const { keys, added } = await found(index, clauses(['aa']), thorough);
        expect({ keys, added }).toEqual({ keys: [keyOf('k1')], added: [keyOf('k1')] });
      }
    },
  },
];
