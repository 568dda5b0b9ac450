/** Values that a database refuses: they cost neither their batch nor what is beside them. */
import { countsOf } from '../../ledger/counts.ts';
import type { LedgerCase } from '../ledger-case.ts';
import { firstBucket, sampleCounter, samplePattern, sampleRow } from '../sample-batch.ts';
import { all } from './every-bucket.ts';

const uncleanText = 'a\0b\uD800c';
const cleanText = 'a\uFFFDb\uFFFDc';

export const unclean: readonly LedgerCase[] = [
  {
    title: 'a number that is none counts as 0, and one beyond all others as the last safe integer',
    async run({ store, expect, write }) {
      const numbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, 1.4];
      const read = [0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 1];
      for (const [index, savedNano] of numbers.entries())
        await write({
          counters: [
            sampleCounter({
              dimensions: { model: `model ${index}` },
              counts: { requests: 9 - index, savedNano },
            }),
          ],
          tags: [
            { bucket: firstBucket, tag: `tag ${index}`, requests: 9 - index, hits: Number.NaN, savedNano },
          ],
        });
      const sums = await store.counters(all({ by: 'model' }));
      expect(sums.map(({ counts }) => counts.savedNano)).toEqual(read);
      const tags = await store.tags({ ...all(), limit: 10 });
      expect(tags.map(({ hits, savedNano }) => [hits, savedNano])).toEqual(read.map((nano) => [0, nano]));
    },
  },
  {
    title: 'a batch with numbers that are none is written whole',
    needs: 'rows',
    async run({ store, expect, write, rows }) {
      const none = Number.NaN;
      await write({
        counters: [sampleCounter({ counts: countsOf(() => none) }), sampleCounter({ counts: { hits: 2 } })],
        patterns: [samplePattern('k1', { hits: 3 })],
        rows: [
          sampleRow({ durationMs: none, savedTokens: none, weight: none }),
          sampleRow({ durationMs: Number.POSITIVE_INFINITY, spentNano: none }),
        ],
      });
      const [sum] = await store.counters(all());
      expect(sum?.counts.hits).toBe(2);
      expect((await store.patterns({ where: {}, limit: 5 })).length).toBe(1);
      const stored = await rows();
      expect(
        stored.map(({ durationMs, savedTokens, spentNano }) => [durationMs, savedTokens, spentNano]),
      ).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
    },
  },
  {
    title: 'zero characters and halves of a pair in text become U+FFFD, and are found by either',
    async run({ store, expect, write }) {
      await write({
        counters: [
          sampleCounter({ dimensions: { model: uncleanText }, counts: { requests: 2 } }),
          sampleCounter({ dimensions: { model: cleanText }, counts: { requests: 3 } }),
        ],
        tags: [{ bucket: firstBucket, tag: uncleanText, requests: 1, hits: 1, savedNano: 1 }],
        patterns: [samplePattern(uncleanText, { text: uncleanText, tenant: uncleanText, user: uncleanText })],
        rows: [sampleRow({ user: uncleanText, key: uncleanText })],
      });
      const groups = async (model: string) =>
        (await store.counters(all({ by: 'model', where: { model } }))).map(({ group, counts }) => [
          group,
          counts.requests,
        ]);
      for (const model of [uncleanText, cleanText]) expect(await groups(model)).toEqual([[cleanText, 5]]);
      expect((await store.tags({ ...all(), limit: 5 })).map(({ tag }) => tag)).toEqual([cleanText]);
      const [pattern] = await store.patterns({ where: { tenant: uncleanText }, limit: 5 });
      expect([pattern?.key, pattern?.text, pattern?.tenant]).toEqual([cleanText, cleanText, cleanText]);
      expect(await store.erase(uncleanText, firstBucket + 10)).toBe(2);
    },
  },
];
