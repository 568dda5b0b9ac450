import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDuration, addDurations, noDurations, quantile } from './durations.ts';

const longestMs = 15 * 60_000;

function histogramOf(all: readonly number[]) {
  const durations = noDurations();
  for (const ms of all) addDuration(durations, ms);
  return durations;
}

/** The smallest of the values that a share of all does not exceed. */
function exactQuantile(all: readonly number[], share: number): number {
  const inOrder = all.toSorted((one, other) => one - other);
  return inOrder[Math.max(1, Math.ceil(share * all.length)) - 1] ?? Number.NaN;
}

describe('the histogram of durations', () => {
  it('reads every quantile within 15 %, from 10 µs to 15 minutes, however the values lie', () => {
    const value = fc.oneof(
      fc.double({ min: Math.log(0.01), max: Math.log(longestMs), noNaN: true }).map((log) => Math.exp(log)),
      fc.integer({ min: 0, max: 70 }).map((power) => Math.min(0.0101 * 1.3 ** power, longestMs)),
      fc.constantFrom(0.01, 0.0101, 0.013, 1, longestMs),
    );
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), share, (all, wanted) => {
        const exact = exactQuantile(all, wanted);
        const ratio = (quantile(histogramOf(all), wanted) ?? 0) / exact;
        expect(ratio).toBeGreaterThan(0.85);
        expect(ratio).toBeLessThan(1.15);
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads many equal values as that value, within 15 %', () => {
    for (const ms of [0.0101, 0.02, 3, 600_000]) {
      const all = histogramOf(Array(1_000).fill(ms));
      for (const share of [0.01, 0.5, 0.99])
        expect(Math.abs((quantile(all, share) ?? 0) / ms - 1)).toBeLessThan(0.15);
    }
  });

  it('counts what is shorter or longer than its classes, or no number, at its ends', () => {
    for (const ms of [0, -1, Number.NaN, 0.001]) expect(quantile(histogramOf([ms]), 0.5)).toBeLessThan(0.01);
    const longest = quantile(histogramOf([longestMs * 1.1]), 0.5);
    expect(longest).toBeGreaterThan(longestMs);
    for (const ms of [3_600_000, Number.POSITIVE_INFINITY])
      expect(quantile(histogramOf([ms]), 0.5)).toBe(longest);
  });

  it('has no quantile where nothing was counted', () => {
    expect(quantile(noDurations(), 0.5)).toBeUndefined();
  });

  it('adds up beyond 2³²', () => {
    const all = histogramOf([1]).map((count) => count * 2 ** 32);
    addDurations(all, histogramOf([1, 80]));
    expect(all.reduce((sum, count) => sum + count, 0)).toBe(2 ** 32 + 2);
    expect(quantile(all, 1)).toBeGreaterThan(70);
  });
});
