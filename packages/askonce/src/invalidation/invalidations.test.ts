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

function fits(taken: Invalidation, { key, tagDigests }: Tagged): boolean {
  return (
    keyTest(taken)(key) && taken.clauses.every((clause) => clause.some((name) => tagDigests.includes(name)))
  );
}

it('says of every answer what a walk over all rows would say, also once the oldest are gone', () => {
  const rows = fc.array(row, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(rows, answer, fc.nat(12), fc.nat(12), (all, one, began, gone) => {
      const index = new InvalidationIndex();
      for (const [at, taken] of all.entries()) index.add(at + 1, taken);
      for (const [at, taken] of all.slice(0, gone).entries()) index.removeOldest(at + 1, taken);
      const from = Math.max(began, gone);
      const expected = all.some((taken, at) => at + 1 > from && fits(taken, one));
      // What everything was taken back by is never forgotten: it is below the floor then.
      const isAll = all.some(
        ({ clauses, ...rest }, at) =>
          at + 1 > began && clauses.length === 0 && Object.keys(rest).length === 0,
      );
      expect(index.takes(one, began)).toBe(expected || isAll);
    }),
    { numRuns: 3_000 },
  );
});
