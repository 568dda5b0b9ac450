/** Cases on removing what a search has found. */
import type { TagIndex } from '../../store/contract.ts';
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { capable } from './capable.ts';

const capability = 'tags';
const filter = { clauses: [['aa']] };

async function keysOf(index: TagIndex, thorough: boolean): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { keys } of index.find(filter, { thorough })) found.push(...keys);
  return found;
}

export const foundRemovals: readonly StoreCase[] = [
  {
    title:
      'no longer has what a search found and the caller deleted to make room, and has what is stored after that',
    capability,
    async run({ store, another, clock, keyOf, expect }) {
      const save = async (names: readonly string[], tag: string) => {
        const now = clock.now();
        await store.setMany(names.map((name) => sampleEntry({ key: keyOf(name), now, tagDigests: [tag] })));
        await store.flush();
      };
      const names = Array.from({ length: 1_500 }, (_none, index) => `f${index}`);
      await save(names, 'aa');
      await save(['stays'], 'bb');
      let removed = 0;
      for await (const { keys } of capable(store, capability).find(filter))
        removed += await store.deleteMany(keys, { toMakeRoom: true });
      expect(removed).toBe(names.length);
      expect(await store.deleteMany(names.map(keyOf), { toMakeRoom: true })).toBe(0);
      await save(['f0'], 'aa');
      for (const handle of [store, (await another()) ?? store]) {
        const there = await handle.getMany([...names, 'stays'].map(keyOf));
        const keys = there.flatMap((found) => (found === undefined ? [] : found.entry.key));
        expect(keys).toEqual(['f0', 'stays'].map(keyOf));
        for (const thorough of [false, true])
          expect(await keysOf(capable(handle, capability), thorough)).toEqual([keyOf('f0')]);
      }
    },
  },
];
