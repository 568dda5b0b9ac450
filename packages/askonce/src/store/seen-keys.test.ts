import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seenKeys } from './seen-keys.ts';

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_none, n) => `askonce:v1:partition:en:{${from + n}}`);

it('a key is fresh once, in whatever batches keys come', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string({ maxLength: 2 }))), (batches) => {
      const seen = seenKeys();
      const fresh = batches.flatMap((batch) => seen.fresh(batch));
      expect(fresh).toEqual([...new Set(batches.flat())]);
    }),
  );
});

it('100 000 keys are each fresh once', () => {
  const seen = seenKeys();
  const keys = numbered(0, 100_000);
  expect(seen.fresh([...keys, ...keys])).toEqual(keys);
  expect(seen.fresh(keys)).toEqual([]);
});

it('a search beyond the bound takes no more memory, and still knows most of its latest keys', () => {
  const seen = seenKeys(65_536);
  const before = process.memoryUsage().arrayBuffers;
  let known = 0;
  for (let from = 0; from < 400_000; from += 1_000) {
    const keys = numbered(from, from + 1_000);
    expect(seen.fresh(keys)).toEqual(keys);
    known += keys.length - seen.fresh(keys).length;
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_194_304);
  expect(known).toBeGreaterThan(390_000);
});
