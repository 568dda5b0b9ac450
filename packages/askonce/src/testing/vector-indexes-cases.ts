/** The cases of the contract of the vector indexes of a cache. */
import type { TestRunner } from './store-wanted.ts';
import { home, type IndexedCache, vectorAt } from './vector-indexes-set-up.ts';

interface VectorIndexesCaseContext extends IndexedCache {
  /** Share of many entries that searches by their own vectors must find. */
  readonly recall: number;
  readonly expect: TestRunner['expect'];
}

export interface VectorIndexesCase {
  readonly title: string;
  run(context: VectorIndexesCaseContext): Promise<void>;
}

/** What a cosine may lose by the indexes' own storage of vectors. */
const tolerance = 0.004;
const partitions = ['p', 'q'];
const frames = ['f', 'g'];
const languages = ['en', 'es'];
const places = partitions.flatMap((partition) =>
  frames.flatMap((frame) => languages.map((language) => ({ partition, frame, language }))),
);
const nameOf = (place: (typeof places)[number]) => Object.values(place).join();

export const vectorIndexesCases: readonly VectorIndexesCase[] = [
  {
    title: 'find nothing while they are empty',
    async run({ open, found, expect }) {
      const indexes = open();
      expect(await found(indexes)).toEqual([]);
      indexes.remove(['absent']);
      expect(await found(indexes)).toEqual([]);
    },
  },
  {
    title: 'find an entry within its partition, frame and language alone',
    async run({ open, put, found, expect }) {
      const indexes = open();
      for (const place of places) await put(nameOf(place), { place, degrees: 10 });
      for (const place of places) expect(await found(indexes, place)).toEqual([nameOf(place)]);
      expect(await found(indexes, { partition: 'p', frame: 'f', language: 'de' })).toEqual([]);
    },
  },
  {
    title: 'find the entries of a frame in all languages, and those of a partition in all frames',
    async run({ open, put, found, expect }) {
      const indexes = open();
      for (const [at, place] of places.entries()) await put(nameOf(place), { place, degrees: at * 5 });
      expect(await found(indexes, { partition: 'p', frame: 'g' })).toEqual(['p,g,en', 'p,g,es']);
      expect(await found(indexes, { partition: 'q' })).toEqual(['q,f,en', 'q,f,es', 'q,g,en', 'q,g,es']);
      expect(await found(indexes, { partition: 'q' }, 3)).toEqual(['q,f,en', 'q,f,es', 'q,g,en']);
      expect(await found(indexes, { partition: 'absent' })).toEqual([]);
    },
  },
  {
    title: 'return the nearest first, each with its cosine, and no more than asked for',
    async run({ open, put, found, expect }) {
      const indexes = open();
      for (const degrees of [50, 5, 170, 20, 90]) await put(`${degrees}`, { degrees });
      expect(await found(indexes, undefined, 4)).toEqual(['5', '20', '50', '90']);
      const near = await indexes.nearest(home, vectorAt(0), 5);
      expect(near.length).toBe(5);
      for (const { id, similarity } of near) {
        const error = Math.abs(similarity - Math.cos((Number(id) * Math.PI) / 180));
        expect(error <= tolerance, `cosine of ${id}: ${similarity}`).toBe(true);
      }
      expect(await found(indexes, undefined, 0)).toEqual([]);
    },
  },
  {
    title: 'find nothing for a vector of another dimension, and leave such a vector out',
    async run({ open, put, found, expect }) {
      const indexes = open();
      await put('k', { degrees: 10 });
      await put('other', { degrees: 0, dimension: 4 });
      expect(await found(indexes)).toEqual(['k']);
      for (const components of [4, 16])
        expect(
          await indexes.nearest({ partition: 'p', frame: 'f', language: 'en' }, vectorAt(0, components), 5),
        ).toEqual([]);
    },
  },
  {
    title: 'leave out vectors of another embedder',
    async run({ open, put, putElsewhere, found, expect }) {
      await put('old', { degrees: 0, embedder: 'another' });
      await put('new', { degrees: 10 });
      const indexes = open();
      expect(await found(indexes)).toEqual(['new']);
      await put('older', { degrees: 0, embedder: 'another' });
      indexes.add(await putElsewhere('oldest', { degrees: 0, embedder: 'another' }));
      expect(await found(indexes)).toEqual(['new']);
    },
  },
  {
    title: 'follow an entry that is stored anew, with another vector or without one',
    async run({ open, put, found, expect }) {
      const indexes = open();
      await put('moves', { degrees: 0 });
      await put('stays', { degrees: 30 });
      expect(await found(indexes)).toEqual(['moves', 'stays']);
      await put('moves', { degrees: 90 });
      expect(await found(indexes)).toEqual(['stays', 'moves']);
      await put('moves', {});
      expect(await found(indexes)).toEqual(['stays']);
    },
  },
  {
    title: 'find a removed entry no more, and find it again once it is stored again',
    async run({ open, put, erase, eraseElsewhere, found, expect }) {
      const indexes = open();
      for (const degrees of [10, 20, 30]) await put(`${degrees}`, { degrees });
      await erase('10');
      expect(await found(indexes)).toEqual(['20', '30']);
      await put('10', { degrees: 25 });
      expect(await found(indexes)).toEqual(['20', '10', '30']);
      // Gone from the store: shared indexes ask it what is right.
      await eraseElsewhere('20');
      indexes.remove(['20', 'absent']);
      expect(await found(indexes)).toEqual(['10', '30']);
    },
  },
  {
    title: 'find an entry until it expires, and then those behind it',
    async run({ open, put, clock, found, expect }) {
      const indexes = open();
      for (let number = 0; number < 40; number++)
        await put(`${number}`, { degrees: number, lifetimeMs: number < 30 ? 1_000 : 5_000 });
      expect(await found(indexes, undefined, 2)).toEqual(['0', '1']);
      clock.advance(999);
      expect(await found(indexes, undefined, 2)).toEqual(['0', '1']);
      clock.advance(1);
      expect(await found(indexes, undefined, 2)).toEqual(['30', '31']);
      clock.advance(4_000);
      expect(await found(indexes)).toEqual([]);
    },
  },
  {
    title: 'follow what another process stores and removes',
    async run({ open, put, putElsewhere, eraseElsewhere, found, expect }) {
      const indexes = open();
      await put('here', { degrees: 20 });
      indexes.add(await putElsewhere('there', { degrees: 10 }));
      expect(await found(indexes)).toEqual(['there', 'here']);
      indexes.add(await putElsewhere('there', { degrees: 10, lifetimeMs: 10 * 3_600_000 }));
      expect(await found(indexes)).toEqual(['there', 'here']);
      await eraseElsewhere('there');
      indexes.remove(['there']);
      expect(await found(indexes)).toEqual(['here']);
    },
  },
  {
    title: 'are there again after a restart, with what was stored meanwhile and without what was removed',
    async run({ open, put, erase, found, expect }) {
      const before = open();
      for (const degrees of [10, 20, 30]) await put(`${degrees}`, { degrees });
      expect(await found(before)).toEqual(['10', '20', '30']);
      await before.close();
      await put('5', { degrees: 5 });
      await erase('20');
      const after = open();
      after.readAnew();
      expect(await found(after)).toEqual(['5', '10', '30']);
    },
  },
  {
    title: 'once read anew, find what is in the store and nothing else',
    async run({ open, put, putElsewhere, eraseElsewhere, found, expect }) {
      const indexes = open();
      for (const degrees of [10, 20, 30]) await put(`${degrees}`, { degrees });
      expect(await found(indexes)).toEqual(['10', '20', '30']);
      await putElsewhere('15', { degrees: 15 });
      await putElsewhere('30', { degrees: 30, lifetimeMs: 7_200_000 });
      await eraseElsewhere('20');
      indexes.readAnew();
      indexes.readAnew();
      expect(await found(indexes)).toEqual(['10', '15', '30']);
    },
  },
  {
    title: 'find 2 000 entries, each by its own vector',
    async run({ open, put, found, recall, expect }) {
      const indexes = open();
      const all = 2_000;
      for (let number = 0; number < all; number++) await put(`k${number}`, { degrees: number * 0.17 });
      await found(indexes);
      const wanted = Array.from({ length: Math.ceil(all / 7) }, (_, place) => place * 7);
      const lost: number[] = [];
      for (const number of wanted) {
        const near = await indexes.nearest(home, vectorAt(number * 0.17), 3);
        if (!near.some(({ id }) => id === `k${number}`)) lost.push(number);
      }
      const share = 1 - lost.length / wanted.length;
      expect(share >= recall, `${share} of the entries; not found: ${lost.join(', ')}`).toBe(true);
    },
  },
  {
    title: 'take no more memory than they may',
    async run({ open, put, found, expect }) {
      const indexes = open({ maxBytes: 50_000 });
      for (let number = 0; number < 400; number++) {
        await put(`k${number}`, { degrees: number / 4, place: { ...home, frame: `f${number % 40}` } });
        expect(indexes.progress().bytes <= 50_000, `${indexes.progress().bytes} bytes`).toBe(true);
      }
      const last = await found(indexes, { partition: 'p', frame: 'f39', language: 'en' });
      expect(last.includes('k399')).toBe(true);
    },
  },
  {
    title: 'count what has changed',
    async run({ open, put, found, expect }) {
      const indexes = open();
      await put('k', { degrees: 10 });
      await found(indexes);
      const before = indexes.changes();
      // Not a number if it is not known.
      expect(Object.is(indexes.changes(), before)).toBe(true);
      await put('l', { degrees: 20 });
      await found(indexes);
      expect(indexes.changes() === before).toBe(false);
    },
  },
  {
    title: 'close twice, and follow nothing afterwards',
    async run({ open, put, expect }) {
      const indexes = open();
      await put('k', { degrees: 10 });
      await indexes.close();
      await indexes.close();
      await put('l', { degrees: 10 });
      indexes.add([]);
      indexes.remove(['k']);
      indexes.readAnew();
      const search = async () => await indexes.nearest(home, vectorAt(10), 5);
      expect(await search().catch(() => [])).toEqual([]);
    },
  },
];
