import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyTest } from '../store/filter.ts';
import type { Invalidation } from './invalidations.ts';
import { InvalidationIndex, type Tagged } from './invalidations.ts';

const few = (...names: readonly string[]) =>
  fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 });
const names = few('a', 'b', 'c');
const keys = ['1', '2'].flatMap((partition) => ['x', 'y'].map((end) => `p:v1:${partition}:en:{${end}}`));

const row: fc.Arbitrary<Invalidation> = fc.record(
  {
    clauses: fc.array(names, { maxLength: 3 }),
    keys: few(...keys),
    partitions: few('1', '2', '3'),
    pattern: fc.constantFrom('1:*', '*{x}', '*'),
  },
  { requiredKeys: ['clauses'] },
);

const answer: fc.Arbitrary<Tagged> = fc.record({
  key: fc.constantFrom(...keys),
  tagDigests: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')),
});

function matches(invalidation: Invalidation, { key, tagDigests }: Tagged): boolean {
  return (
    keyTest(invalidation)(key) &&
    invalidation.clauses.every((clause) => clause.some((name) => tagDigests.includes(name)))
  );
}

it('an index of invalidations agrees with a walk over all rows on every answer, also when the oldest are dropped', () => {
  const rows = fc.array(row, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(rows, answer, fc.nat(12), fc.nat(12), (all, tagged, began, dropped) => {
      const index = new InvalidationIndex();
      for (const [at, one] of all.entries()) index.add(at + 1, one);
      for (const [at, one] of all.slice(0, dropped).entries()) index.removeOldest(at + 1, one);
      const from = Math.max(began, dropped);
      const expected = all.some((invalidation, at) => at + 1 > from && matches(invalidation, tagged));
      // The index keeps the number of a dropped row that removes everything: the floor is above it anyway.
      const isAll = all.some(
        ({ clauses, ...rest }, at) =>
          at + 1 > began && clauses.length === 0 && Object.keys(rest).length === 0,
      );
      expect(index.removes(tagged, began)).toBe(expected || isAll);
    }),
    { numRuns: 3_000 },
  );
});
