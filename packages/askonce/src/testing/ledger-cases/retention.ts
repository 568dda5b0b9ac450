/** What is kept, for how long, and how much of it. */
import type { Retention } from '../../ledger/contract.ts';
import type { LedgerCase } from '../ledger-case.ts';
import { bucketAt, firstBucket, sampleCounter, samplePattern, sampleRow } from '../sample-batch.ts';
import { all } from './every-bucket.ts';

const everything: Retention = {
  rowsSince: 0,
  countersSince: 0,
  patternsSince: 0,
  maxBytes: 1_073_741_824,
  maxPatterns: 100_000,
};

const wide = 'x'.repeat(200);

export const retention: readonly LedgerCase[] = [
  {
    title: 'the size counts rows, counters and questions',
    async run({ store, expect, write }) {
      const { rows, counters, patterns } = await store.size();
      expect([rows, counters, patterns]).toEqual([0, 0, 0]);
      await write({
        counters: [sampleCounter(), sampleCounter({ bucket: bucketAt(1) })],
        patterns: [samplePattern('k1'), samplePattern('k2', { hits: 0 }), samplePattern('k3')],
        rows: [sampleRow()],
      });
      const size = await store.size();
      expect([size.rows, size.counters, size.patterns]).toEqual([1, 2, 3]);
      expect(size.bytes > 0).toBe(true);
    },
  },
  {
    title: 'pruning removes rows, counters, tags and questions before their instants, and counts them',
    async run({ store, expect, write }) {
      const numbers = [0, 1, 2, 3];
      await write({
        counters: numbers.map((number) => sampleCounter({ bucket: bucketAt(number) })),
        tags: numbers.map((number) => ({
          bucket: bucketAt(number),
          tag: `t${number}`,
          requests: 1,
          hits: 1,
          savedNano: 1,
        })),
        patterns: numbers.map((number) => samplePattern(`k${number}`, { lastAsked: firstBucket + number })),
        rows: numbers.map((number) => sampleRow({ at: firstBucket + number })),
      });
      const retained = {
        ...everything,
        rowsSince: firstBucket + 3,
        countersSince: bucketAt(2),
        patternsSince: firstBucket + 1,
      };
      expect(await store.prune(retained)).toBe(3 + 2 + 2 + 1);
      const { rows, counters, patterns } = await store.size();
      expect([rows, counters, patterns]).toEqual([1, 2, 3]);
      expect((await store.counters(all())).map(({ group }) => Number(group))).toEqual([2, 3].map(bucketAt));
      expect((await store.tags({ from: 0, to: bucketAt(9), limit: 9 })).length).toBe(2);
      expect(await store.prune(retained)).toBe(0);
    },
  },
  {
    title: 'more rows than one transaction takes are all pruned',
    async run({ store, expect, write }) {
      for (let time = 0; time < 3; time++)
        await write({ rows: Array.from({ length: 1_000 }, () => sampleRow({ at: firstBucket + time })) });
      expect(await store.prune({ ...everything, rowsSince: firstBucket + 2 })).toBe(2_000);
      expect((await store.size()).rows).toBe(1_000);
    },
  },
  {
    title: 'where texts are not to stay all of them are removed, and the questions stay',
    async run({ store, expect, write }) {
      const numbers = Array.from({ length: 2_500 }, (_none, number) => number);
      await write({
        patterns: [
          ...numbers.map((number) => samplePattern(`k${number}`, { text: `text ${number}`, user: 'u1' })),
          samplePattern('without'),
        ],
      });
      const texts = async () =>
        (await store.patterns({ where: {}, limit: 9_999 })).filter(({ text }) => text !== undefined).length;
      expect([await store.prune({ ...everything, texts: true }), await texts()]).toEqual([0, 2_500]);
      expect([await store.prune({ ...everything, texts: false }), await texts()]).toEqual([2_500, 0]);
      expect([await store.prune({ ...everything, texts: false }), (await store.size()).patterns]).toEqual([
        0, 2_501,
      ]);
    },
  },
  {
    title: 'beyond the bound on questions those with the fewest hits are removed',
    async run({ store, expect, write }) {
      await write({ patterns: [4, 9, 0, 2, 7].map((hits) => samplePattern(`k${hits}`, { hits })) });
      expect(await store.prune({ ...everything, maxPatterns: 3 })).toBe(2);
      const found = await store.patterns({ where: {}, limit: 9 });
      expect(found.map(({ key }) => key)).toEqual(['k9', 'k7', 'k4']);
    },
  },
  {
    title: 'questions without hits fill half of the bound at most, and of them those asked last stay',
    async run({ store, expect, write }) {
      const without = (number: number) =>
        samplePattern(`n${number}`, { hits: 0, lastAsked: firstBucket + number });
      await write({ patterns: [samplePattern('k1'), ...[3, 1, 5, 2, 4].map(without)] });
      expect(await store.prune({ ...everything, maxPatterns: 7 })).toBe(2);
      // A query leaves out what has no hits; one that was removed has lost its language, too.
      await write({
        patterns: [1, 2, 3, 4, 5].map((number) => samplePattern(`n${number}`, { hits: 1, language: '' })),
      });
      const found = await store.patterns({ where: { language: 'en' }, limit: 9 });
      expect(found.map(({ key }) => key).toSorted()).toEqual(['k1', 'n3', 'n4', 'n5']);
    },
  },
  {
    title: 'more questions than one transaction takes are all removed, the least asked first',
    async run({ store, expect, write }) {
      for (let time = 0; time < 6; time++)
        await write({
          patterns: Array.from({ length: 1_000 }, (_none, index) =>
            samplePattern(`k${time}-${index}`, { hits: 1 + time, lastAsked: firstBucket + index }),
          ),
        });
      expect(await store.prune({ ...everything, maxPatterns: 500 })).toBe(5_500);
      const found = await store.patterns({ where: {}, limit: 1_000 });
      expect(found.map(({ hits }) => hits)).toEqual(Array(500).fill(6));
      expect(found.at(-1)?.lastAsked).toBe(firstBucket + 500);
    },
  },
  {
    title: 'beyond the bound on bytes the oldest rows are removed first, and counters and questions stay',
    async run({ store, expect, write }) {
      await write({ counters: [sampleCounter()], patterns: [samplePattern('k1')] });
      const { bytes: least } = await store.size();
      for (let time = 0; time < 6; time++)
        await write({
          rows: Array.from({ length: 1_000 }, (_none, index) =>
            sampleRow({ at: firstBucket + time * 1_000 + index, requestId: `${wide}${time}-${index}` }),
          ),
        });
      const { bytes: most } = await store.size();
      const maxBytes = Math.floor((least + most) / 2);
      const removed = await store.prune({ ...everything, maxBytes });
      const size = await store.size();
      expect(size.bytes <= maxBytes).toBe(true);
      expect([size.counters, size.patterns, size.rows]).toEqual([1, 1, 6_000 - removed]);
      expect(removed > 0 && removed < 6_000).toBe(true);
      // The rows that are left are the newest.
      expect(await store.prune({ ...everything, rowsSince: firstBucket + removed })).toBe(0);
    },
  },
  {
    title: 'a bound on bytes that rows alone cannot meet costs questions, then the oldest counters',
    async run({ store, expect, write }) {
      await write({ counters: [sampleCounter()] });
      const { bytes: least } = await store.size();
      for (let time = 0; time < 4; time++)
        await write({
          counters: Array.from({ length: 500 }, (_none, index) =>
            sampleCounter({ bucket: bucketAt(1 + time), dimensions: { tenant: `${wide}${index}` } }),
          ),
          patterns: Array.from({ length: 300 }, (_none, index) =>
            samplePattern(`k${time}-${index}`, { text: wide }),
          ),
          rows: Array.from({ length: 100 }, () => sampleRow()),
        });
      const { bytes: most } = await store.size();
      await store.prune({ ...everything, maxBytes: least + Math.floor((most - least) / 3) });
      const size = await store.size();
      expect([size.rows, size.patterns]).toEqual([0, 0]);
      const left = (await store.counters(all())).map(({ group }) => Number(group));
      expect(left.length > 0 && left.length < 5).toBe(true);
      expect(left.at(-1)).toBe(bucketAt(4));
    },
  },
  {
    title: 'what was removed makes room for what comes',
    async run({ store, expect, write }) {
      const rows = (time: number) =>
        Array.from({ length: 1_000 }, (_none, index) =>
          sampleRow({ at: firstBucket + time, requestId: `${wide}${index}` }),
        );
      for (let time = 0; time < 3; time++) await write({ rows: rows(time) });
      const { bytes } = await store.size();
      for (let time = 3; time < 9; time++) {
        await store.prune({ ...everything, rowsSince: firstBucket + time - 2 });
        await write({ rows: rows(time) });
      }
      expect((await store.size()).bytes <= bytes * 1.2).toBe(true);
    },
  },
];
