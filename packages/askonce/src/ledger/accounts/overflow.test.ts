import { describe, expect, it } from 'vitest';
import { overflow } from './overflow.ts';

const quarter = 15 * 60_000;
const perDay = 96;

function sums(most: number) {
  return overflow(
    most,
    (bucket) => ({ bucket, sum: 0 }),
    (to, more) => {
      to.sum += more.sum;
    },
  );
}

const total = (items: readonly { readonly sum: number }[]) => items.reduce((sum, item) => sum + item.sum, 0);

describe('what is beyond a bound', () => {
  it('is added up by the bucket, and begins anew after a take', () => {
    const others = sums(3);
    for (const at of [0, 1, 1, 0]) others.at(at * quarter).sum++;
    expect(others.take()).toEqual([
      { bucket: 0, sum: 2 },
      { bucket: quarter, sum: 2 },
    ]);
    expect(others.take()).toEqual([]);
  });

  it('is added up by the day where it is old, and nothing of it is lost', () => {
    const others = sums(perDay);
    for (let each = 0; each < 10 * perDay; each++) others.at(each * quarter).sum++;
    const items = others.take();
    expect(items.length).toBeLessThanOrEqual(perDay);
    expect(total(items)).toBe(10 * perDay);
    // The days before are one each, the last hours are as they were.
    expect(items.find(({ bucket }) => bucket === 3 * perDay * quarter)?.sum).toBe(perDay);
    expect(items.find(({ bucket }) => bucket === (10 * perDay - 1) * quarter)?.sum).toBe(1);
  });

  it('never is more than the bound, even after more days than that', () => {
    const others = sums(5);
    for (let each = 0; each < 40 * perDay; each++) others.at(each * quarter).sum++;
    const items = others.take();
    expect(items.length).toBeLessThanOrEqual(5);
    expect(total(items)).toBe(40 * perDay);
  });

  it('is added to the right bucket where the clock goes back', () => {
    const others = sums(4);
    for (const at of [100, 50, 0, 101, 3, 102, 51, 0]) others.at(at * quarter).sum++;
    const items = others.take();
    expect(items.length).toBeLessThanOrEqual(4);
    expect(total(items)).toBe(8);
  });
});
