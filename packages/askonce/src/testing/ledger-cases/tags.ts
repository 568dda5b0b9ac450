/** Requests by tag. */
import type { LedgerCase } from '../ledger-case.ts';
import { bucketAt } from '../sample-batch.ts';

const change = (tag: string, requests: number, bucket = 0) => ({
  bucket: bucketAt(bucket),
  tag,
  requests,
  hits: requests - 1,
  savedNano: requests * 10,
});

export const tags: readonly LedgerCase[] = [
  {
    title: 'tags add up over batches and buckets, in descending order of requests',
    async run({ store, expect, write }) {
      await write({ tags: [change('order', 2), change("it's 100%", 5)] });
      await write({ tags: [change('order', 4), change('order', 8, 1), change('late', 9, 2)] });
      const wanted = { from: bucketAt(0), to: bucketAt(2), limit: 10 };
      expect(await store.tags(wanted)).toEqual([
        { tag: 'order', requests: 14, hits: 11, savedNano: 140 },
        { tag: "it's 100%", requests: 5, hits: 4, savedNano: 50 },
      ]);
      expect((await store.tags({ ...wanted, limit: 1 })).map(({ tag }) => tag)).toEqual(['order']);
      expect((await store.tags({ ...wanted, to: bucketAt(3) })).map(({ tag }) => tag)).toEqual([
        'order',
        'late',
        "it's 100%",
      ]);
      expect(await store.tags({ ...wanted, from: bucketAt(3), to: bucketAt(9) })).toEqual([]);
    },
  },
];
