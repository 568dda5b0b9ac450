import { describe, expect, it } from 'vitest';
import { namesMemo } from './names-memo.ts';

describe('a memo by names', () => {
  it('finds what was set for all names in their order', () => {
    const memo = namesMemo<number>(10);
    memo.set(['a', 'b'], 1);
    memo.set(['b', 'a'], 2);
    memo.set(['a'], 3);
    expect([memo.get(['a', 'b']), memo.get(['b', 'a']), memo.get(['a'])]).toEqual([1, 2, 3]);
    expect([memo.get(['b']), memo.get(['c', 'b']), memo.get(['a', 'b', 'c'])]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('forgets all others at one value more than its bound, and none when a value is replaced', () => {
    const memo = namesMemo<number>(2);
    memo.set(['a'], 1);
    memo.set(['b'], 2);
    memo.set(['b'], 3);
    expect([memo.get(['a']), memo.get(['b'])]).toEqual([1, 3]);
    memo.set(['c'], 4);
    expect([memo.get(['a']), memo.get(['b']), memo.get(['c'])]).toEqual([undefined, undefined, 4]);
  });

  it('is empty once it is cleared', () => {
    const memo = namesMemo<number>(2);
    memo.set(['a'], 1);
    memo.clear();
    expect(memo.get(['a'])).toBeUndefined();
  });
});
