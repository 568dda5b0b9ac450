/** Counters: what is written is what is read, whatever it is grouped by. */
import { type CounterSum, type Durations, dimensionNames } from '../../ledger/contract.ts';
import { countsOf } from '../../ledger/counts.ts';
import type { LedgerCase } from '../ledger-case.ts';
import { bucketAt, durationsOf, firstBucket, sampleCounter, sampleDimensions } from '../sample-batch.ts';
import { all } from './every-bucket.ts';

export const counters: readonly LedgerCase[] = [
  {
    title: 'an empty ledger has no sums',
    async run({ store, expect }) {
      expect(await store.counters(all())).toEqual([]);
      expect(await store.counters(all({ by: 'model' }))).toEqual([]);
    },
  },
  {
    title: 'each figure and each class of durations is read as it was written',
    async run({ store, expect, write }) {
      const counts = countsOf((_name, index) => index + 1);
      const took = { hitsTook: [0.001, 0.5, 0.5, 80], missesTook: [12, 1_000, 400_000] };
      await write({ counters: [sampleCounter({ counts, ...took })] });
      expect(await store.counters(all())).toEqual([
        {
          group: String(firstBucket),
          counts,
          hitDurations: durationsOf(took.hitsTook),
          missDurations: durationsOf(took.missesTook),
        },
      ]);
    },
  },
  {
    title: 'batches add up, figure by figure and class by class',
    async run({ store, expect, write }) {
      const counts = countsOf((_name, index) => index);
      const change = sampleCounter({ counts, hitsTook: [1, 2], missesTook: [300] });
      for (let time = 0; time < 3; time++) await write({ counters: [change, change] });
      const [sum] = await store.counters(all());
      expect(sum?.counts).toEqual(countsOf((_name, index) => index * 6));
      expect(sum?.hitDurations).toEqual(durationsOf(Array(6).fill([1, 2]).flat()));
      expect(sum?.missDurations).toEqual(durationsOf(Array(6).fill(300)));
      expect((await store.size()).counters).toBe(1);
    },
  },
  {
    title: 'sums are exact beyond 2⁵³ nanodollars, as far as a number can show',
    async run({ store, expect, write }) {
      const savedNano = [Number.MAX_SAFE_INTEGER, 1, 1, 1];
      for (const bucket of [bucketAt(0), bucketAt(1)])
        for (const nano of savedNano)
          await write({ counters: [sampleCounter({ bucket, counts: { savedNano: nano } })] });
      const sums = await store.counters(all());
      // Added up as floats, all but the first of the ones would be lost.
      expect(sums.map(({ counts }) => counts.savedNano)).toEqual([2 ** 53 + 2, 2 ** 53 + 2]);
      const [whole] = await store.counters(all({ by: 'model' }));
      expect(whole?.counts.savedNano).toBe(2 ** 54 + 4);
    },
  },
  {
    title: 'a class of durations counts more than 2³² of them',
    async run({ store, expect, write }) {
      const many = 2 ** 32 - 1;
      const changes = [0, 0, 1].map((bucket) => {
        const change = sampleCounter({ bucket: bucketAt(bucket), hitsTook: [1], missesTook: [300] });
        const times = (durations: Durations) => durations.map((count) => count * many);
        return {
          ...change,
          hitDurations: times(change.hitDurations),
          missDurations: times(change.missDurations),
        };
      });
      for (const change of changes) await write({ counters: [change] });
      const most = (durations: Durations) => Math.max(...durations);
      const shown = (sums: readonly CounterSum[]) =>
        sums.map(({ hitDurations, missDurations }) => [most(hitDurations), most(missDurations)]);
      expect(shown(await store.counters(all()))).toEqual([
        [2 * many, 2 * many],
        [many, many],
      ]);
      expect(shown(await store.counters(all({ by: 'model' })))).toEqual([[3 * many, 3 * many]]);
    },
  },
  {
    title: 'a query without durations has the same counts, and empty histograms',
    async run({ store, expect, write }) {
      const counts = countsOf((_name, index) => index + 1);
      await write({ counters: [sampleCounter({ counts, hitsTook: [1, 2], missesTook: [300] })] });
      for (const by of ['bucket', 'model'] as const) {
        const [sum] = await store.counters(all({ by }));
        expect(await store.counters(all({ by, durations: false }))).toEqual([
          { ...sum, hitDurations: durationsOf([]), missDurations: durationsOf([]) },
        ]);
      }
    },
  },
  {
    title: 'sums by bucket are in ascending order, and `from` belongs to them and `to` does not',
    async run({ store, expect, write }) {
      const changes = [3, 0, 2, 1].map((number) =>
        sampleCounter({ bucket: bucketAt(number), counts: { hits: number } }),
      );
      await write({ counters: changes });
      const groups = async (from: number, to: number) =>
        (await store.counters(all({ from, to }))).map(({ group }) => Number(group));
      expect(await groups(bucketAt(0), bucketAt(4))).toEqual([0, 1, 2, 3].map(bucketAt));
      expect(await groups(bucketAt(1), bucketAt(3))).toEqual([1, 2].map(bucketAt));
      expect(await groups(bucketAt(1) + 1, bucketAt(3) + 1)).toEqual([2, 3].map(bucketAt));
      expect(await groups(bucketAt(2), bucketAt(2))).toEqual([]);
      expect((await store.counters(all({ limit: 2 }))).map(({ group }) => Number(group))).toEqual(
        [0, 1].map(bucketAt),
      );
    },
  },
  {
    title: 'sums by a dimension are in descending order of requests, and no more than the limit',
    async run({ store, expect, write }) {
      for (const by of dimensionNames) {
        const change = (value: string, requests: number, bucket: number) =>
          sampleCounter({
            bucket: bucketAt(bucket),
            dimensions: { [by]: `${by} ${value}` },
            counts: { requests },
          });
        await write({
          counters: [change('few', 3, 0), change('most', 5, 0), change('most', 5, 1), change('more', 7, 1)],
        });
        const sums = await store.counters(
          all({ by, where: by === 'model' ? {} : { model: sampleDimensions().model } }),
        );
        const mine = sums.filter(({ group }) => group.startsWith(`${by} `));
        expect(mine.map(({ group, counts }) => [group, counts.requests])).toEqual([
          [`${by} most`, 10],
          [`${by} more`, 7],
          [`${by} few`, 3],
        ]);
      }
      const top = await store.counters(all({ by: 'tenant', limit: 1, where: { tenant: 'tenant most' } }));
      expect(top.map(({ group }) => group)).toEqual(['tenant most']);
      expect((await store.counters(all({ by: 'language', limit: 2 }))).length).toBe(2);
    },
  },
  {
    title: 'a filter names the value of any dimensions, and an empty value is a value',
    async run({ store, expect, write }) {
      for (const [index, name] of dimensionNames.entries())
        await write({
          counters: [sampleCounter({ dimensions: { [name]: 'another' }, counts: { hits: 2 ** index } })],
        });
      await write({
        counters: [sampleCounter({ dimensions: { category: '', tenant: '' }, counts: { hits: 1_000 } })],
      });
      const hits = async (where: Parameters<typeof all>[0] & object) =>
        (await store.counters(all(where))).reduce((sum, { counts }) => sum + counts.hits, 0);
      for (const [index, name] of dimensionNames.entries())
        expect(await hits({ where: { [name]: 'another' } })).toBe(2 ** index);
      expect(await hits({ where: { category: '', tenant: '' } })).toBe(1_000);
      expect(await hits({ where: { category: '', tenant: 'another' } })).toBe(0);
      expect(await hits({ where: {} })).toBe(1_127);
    },
  },
  {
    title: 'names of any characters are kept apart, and are found by their own value alone',
    async run({ store, expect, write }) {
      const names = [
        "it's",
        '"quoted"',
        '100%',
        '100_',
        '1000',
        'back\\slash',
        '$1 ?1 :a; --',
        'Ärger',
        'A\u0308rger',
        '日本語 🙂',
        'GPT-5',
        'gpt-5 ',
        ' gpt-5',
        'null',
        '',
        'x'.repeat(200),
        '🙂'.repeat(100),
      ];
      const changes = names.map((model, index) =>
        sampleCounter({ dimensions: { model }, counts: { requests: index + 1 } }),
      );
      await write({ counters: changes });
      const sums = await store.counters(all({ by: 'model' }));
      expect(sums.map(({ group }) => group)).toEqual(names.toReversed());
      for (const [index, model] of names.entries()) {
        const found = await store.counters(all({ where: { model } }));
        expect(
          found.map(({ counts }) => counts.requests),
          model,
        ).toEqual([index + 1]);
      }
    },
  },
  {
    title: 'many counters in one batch are all added',
    async run({ store, expect, write }) {
      const changes = Array.from({ length: 3_000 }, (_none, index) =>
        sampleCounter({ dimensions: { tenant: `tenant ${index}` }, counts: { requests: 1, hits: index } }),
      );
      await write({ counters: changes });
      const [sum] = await store.counters(all({ by: 'provider' }));
      expect(sum?.counts.requests).toBe(3_000);
      expect(sum?.counts.hits).toBe((2_999 * 3_000) / 2);
      expect((await store.counters(all({ by: 'tenant' }))).length).toBe(3_000);
    },
  },
];
