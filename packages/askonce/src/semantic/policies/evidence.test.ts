import { expect, it } from 'vitest';
import { countersPerCell, intervalOf, mostHalvings, tallyOf, testOf } from './evidence.ts';

/** Counters of one region: labels of full weight, and of half. */
function counters(right: number, wrong: number, halfRight = 0, halfWrong = 0): number[] {
  return [right, wrong, halfRight, halfWrong, ...new Array<number>(countersPerCell - 4).fill(0)];
}

it('one more label of the stated rate leaves the expected capital where it is, whatever its weight', () => {
  for (const rate of [0.01, 0.05, 0.2]) {
    const test = testOf(rate);
    const before = counters(130, 2, 40, 1);
    for (let halvings = 0; halvings <= mostHalvings; halvings++) {
      const [right, wrong] = [0, 1].map((offset) =>
        Math.exp(
          test(before.with(2 * halvings + offset, (before[2 * halvings + offset] ?? 0) + 1)) - test(before),
        ),
      );
      expect((1 - rate) * (right ?? 0) + rate * (wrong ?? 0)).toBeCloseTo(1, 10);
    }
  }
});

it('no labels are no evidence', () => {
  expect(testOf(0.02)(counters(0, 0))).toBeCloseTo(0, 10);
  expect(tallyOf(counters(0, 0))).toEqual({ right: 0, wrong: 0, estimate: undefined, effective: 0 });
});

it('a few hundred right labels certify 2 %, and wrong ones take that back', () => {
  const test = testOf(0.02);
  expect(test(counters(100, 0))).toBeLessThan(Math.log(20));
  expect(test(counters(300, 0))).toBeGreaterThan(Math.log(50));
  expect(test(counters(300, 6))).toBeLessThan(Math.log(2));
});

it('a label of half the weight counts for half in the estimate', () => {
  expect(tallyOf(counters(90, 10, 0, 0)).estimate).toBeCloseTo(0.1);
  expect(tallyOf(counters(90, 0, 0, 20)).estimate).toBeCloseTo(0.1);
  expect(tallyOf(counters(90, 10, 0, 0)).effective).toBeCloseTo(100);
});

it('the interval of a share holds it, and narrows with labels', () => {
  const few = intervalOf(0.02, 50);
  const many = intervalOf(0.02, 5_000);
  for (const { low, high } of [few, many]) {
    expect(low).toBeLessThan(0.02);
    expect(high).toBeGreaterThan(0.02);
  }
  expect(many.high - many.low).toBeLessThan((few.high - few.low) / 5);
});
