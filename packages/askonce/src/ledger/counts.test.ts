import { describe, expect, it } from 'vitest';
import { type Counts, netNano, noCounts, spentNano, withoutCacheNano } from './counts.ts';

/** Each sum has a digit of its own. */
const counts: Counts = {
  ...noCounts(),
  savedNano: 800_000_000,
  sharedNano: 70_000_000,
  missNano: 1_000_000,
  bypassNano: 200_000,
  refreshNano: 30_000,
  abandonedNano: 4_000,
  auditNano: 500,
  warmNano: 9_000_000,
  embeddingNano: 60,
  verifyingNano: 7,
};

describe('the sums of money', () => {
  it('an audited request would have cost the same without the cache, so its call is part of that bill', () => {
    expect(withoutCacheNano(counts)).toBe(871_200_500);
  });

  it('net savings are less what only the cache spent, which no audit is', () => {
    expect(netNano(counts)).toBe(870_000_000 - 9_034_067);
  });

  it('net savings are the bill without the cache, less the bill', () => {
    expect(spentNano(counts)).toBe(10_234_567);
    expect(netNano(counts)).toBe(withoutCacheNano(counts) - spentNano(counts));
  });
});
