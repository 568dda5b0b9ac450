import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalOf, triesNeeded } from './interval.ts';

/** P(X <= hits) of a binomial, term by term, as logarithms so that none vanishes. */
function upTo(hits: number, tries: number, share: number): number {
  let term = tries * Math.log1p(-share);
  let sum = Math.exp(term);
  for (let at = 0; at < hits; at += 1) {
    term += Math.log((tries - at) / (at + 1)) + Math.log(share) - Math.log1p(-share);
    sum += Math.exp(term);
  }
  return sum;
}

describe('the exact interval of a share', () => {
  it.each([
    [0, 183, 0, 0.01995],
    [1, 10, 0.00253, 0.44502],
    [5, 100, 0.01643, 0.11283],
    [10, 10, 0.6915, 1],
    [0, 0, 0, 1],
  ])('%i of %i lies between %f and %f', (hits, tries, low, high) => {
    const interval = intervalOf(hits, tries);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('each bound leaves 2.5 % of the binomial distribution beyond it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 400 }), (tries, any) => {
        const hits = any % (tries + 1);
        const { low, high } = intervalOf(hits, tries);
        if (hits < tries) expect(upTo(hits, tries, high)).toBeCloseTo(0.025, 8);
        if (hits > 0) expect(1 - upTo(hits - 1, tries, low)).toBeCloseTo(0.025, 8);
      }),
    );
  });

  it('the interval of millions is finite and narrow', () => {
    const { low, high } = intervalOf(20_000, 1_000_000);
    expect([low, high].map((bound) => bound.toFixed(4))).toEqual(['0.0197', '0.0203']);
  });
});

describe('the number of tries that would do', () => {
  it('183 clean tries bring the upper bound of none down to 2 %', () => {
    expect(triesNeeded(0, 0, 0.02)).toBe(183);
    expect(triesNeeded(0, 50, 0.02)).toBe(183);
    expect(intervalOf(0, 182).high).toBeGreaterThan(0.02);
  });

  it('a share that is above the limit, or as good as at it, needs no number', () => {
    expect(triesNeeded(5, 100, 0.05)).toBeUndefined();
    expect(triesNeeded(4_999, 100_000, 0.049_99)).toBeUndefined();
    expect(triesNeeded(1, 100, 0.02)).toBeGreaterThan(500);
  });
});
