import { describe, expect, it } from 'vitest';
import { histogram, hitSeconds, missSeconds, storeSeconds, valueBytes } from './histogram.ts';

describe('a histogram', () => {
  it('counts a value in the first bucket whose bound it does not exceed', () => {
    const own = histogram([1, 2, 5]);
    for (const value of [0, 1, 1.5, 2, 5, 6, 1000]) own.add(value);
    expect([own.counts, own.count, own.sum]).toEqual([[2, 2, 1, 2], 7, 1015.5]);
  });

  it('counts what is no number of at least 0 as 0, so that its sum stays a number', () => {
    const own = histogram([1]);
    for (const value of [Number.NaN, -3, Number.POSITIVE_INFINITY]) own.add(value);
    expect([own.counts, own.sum]).toEqual([[3, 0], 0]);
  });

  it('remembers the last request of each bucket alone', () => {
    const own = histogram([1, 2]);
    own.add(0.5, 'first', 10);
    own.add(0.7, 'second', 20);
    own.add(9, 'third', 30);
    own.add(1.5);
    expect([0, 1, 2].map((bucket) => own.exemplar(bucket))).toEqual([
      { requestId: 'second', value: 0.7, at: 20 },
      undefined,
      { requestId: 'third', value: 9, at: 30 },
    ]);
  });

  it('remembers the span of the last request alone', () => {
    const own = histogram([1]);
    const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
    own.add(0.5, 'traced', 10, span);
    expect(own.exemplar(0)).toEqual({ requestId: 'traced', value: 0.5, at: 10, span });
    own.add(0.5, 'not traced', 20);
    expect(own.exemplar(0)).toEqual({ requestId: 'not traced', value: 0.5, at: 20 });
  });

  it.each([
    ['hits', hitSeconds],
    ['misses', missSeconds],
    ['stores', storeSeconds],
    ['values', valueBytes],
  ])('the bounds of %s ascend', (_what, bounds: readonly number[]) => {
    expect(bounds).toEqual([...new Set(bounds)].toSorted((a, b) => a - b));
  });

  it('the service levels of hits, 10 ms and 200 ms, are bounds', () => {
    expect(hitSeconds).toEqual(expect.arrayContaining([0.01, 0.2]));
  });
});
