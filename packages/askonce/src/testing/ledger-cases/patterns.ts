/** Questions, by their hits. */
import type { LedgerCase } from '../ledger-case.ts';
import { firstBucket, samplePattern } from '../sample-batch.ts';

export const patterns: readonly LedgerCase[] = [
  {
    title: 'a question is read as it was written, without its user',
    async run({ store, expect, write }) {
      const text = `Where is "my" order? 100% 🙂 ${'x'.repeat(460)}`;
      await write({
        patterns: [samplePattern('k1', { text, user: 'u1', hits: 3, lastAsked: firstBucket + 7 })],
      });
      const { user: _user, ...stored } = samplePattern('k1', { text, hits: 3, lastAsked: firstBucket + 7 });
      expect(await store.patterns({ where: {}, limit: 10 })).toEqual([stored]);
    },
  },
  {
    title: 'hits of a question add up, and its last instant is the latest',
    async run({ store, expect, write }) {
      for (const [hits, at] of [
        [1, 5],
        [2, 9],
        [4, 7],
      ] as const)
        await write({ patterns: [samplePattern('k1', { hits, lastAsked: firstBucket + at })] });
      const [found] = await store.patterns({ where: {}, limit: 10 });
      expect([found?.hits, found?.lastAsked]).toEqual([7, firstBucket + 9]);
    },
  },
  {
    title: 'a text replaces the one before, and a change without a text leaves it',
    async run({ store, expect, write }) {
      const text = async () => (await store.patterns({ where: {}, limit: 1 }))[0]?.text;
      await write({ patterns: [samplePattern('k1')] });
      expect(await text()).toBe(undefined);
      await write({ patterns: [samplePattern('k1', { text: 'first' })] });
      await write({ patterns: [samplePattern('k1')] });
      expect(await text()).toBe('first');
      await write({ patterns: [samplePattern('k1', { text: 'second' })] });
      expect(await text()).toBe('second');
    },
  },
  {
    title: 'a change leaves what it does not know of a question',
    async run({ store, expect, write }) {
      const known = { text: 'known', language: 'de', category: 'c', model: 'm', tenant: 't' };
      await write({ patterns: [samplePattern('k1', { ...known, user: 'u1' })] });
      const unknown = { text: '', language: '', category: '', model: '', tenant: '' };
      await write({ patterns: [samplePattern('k1', unknown)] });
      expect(await store.patterns({ where: {}, limit: 1 })).toEqual([
        { key: 'k1', ...known, hits: 2, lastAsked: firstBucket },
      ]);
      expect(await store.erase('u1', firstBucket)).toBe(1);
    },
  },
  {
    title: 'questions are in descending order of hits, without those that have none',
    async run({ store, expect, write }) {
      const hits = [3, 0, 12, 1, 7];
      await write({ patterns: hits.map((count) => samplePattern(`k${count}`, { hits: count })) });
      const keys = async (limit: number) =>
        (await store.patterns({ where: {}, limit })).map(({ key }) => key);
      expect(await keys(10)).toEqual(['k12', 'k7', 'k3', 'k1']);
      expect(await keys(2)).toEqual(['k12', 'k7']);
    },
  },
  {
    title: 'questions are filtered by language, category, model and tenant',
    async run({ store, expect, write }) {
      const own = [
        {},
        { language: 'de' },
        { category: '' },
        { model: "m'1" },
        { tenant: 't2' },
        { language: 'de', tenant: 't2' },
      ];
      await write({
        patterns: own.map((parts, index) => samplePattern(`k${index}`, { ...parts, hits: 10 - index })),
      });
      const keys = async (where: (typeof own)[number]) =>
        (await store.patterns({ where, limit: 10 })).map(({ key }) => key);
      expect(await keys({ language: 'de' })).toEqual(['k1', 'k5']);
      expect(await keys({ category: '' })).toEqual(['k2']);
      expect(await keys({ model: "m'1" })).toEqual(['k3']);
      expect(await keys({ tenant: 't2' })).toEqual(['k4', 'k5']);
      expect(await keys({ language: 'de', tenant: 't2' })).toEqual(['k5']);
      expect(await keys({ language: 'fr' })).toEqual([]);
    },
  },
];
