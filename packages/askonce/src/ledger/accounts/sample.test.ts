import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sample } from './sample.ts';

interface Kept {
  readonly item: number;
  readonly weight: number;
}

function keeping(perSecond: number, random?: () => number) {
  const kept: Kept[] = [];
  const sampled = sample<number>(perSecond, (item, weight) => kept.push({ item, weight }), random);
  /** Offers so many items, spread over the seconds from `first` to before `end`. */
  const offer = (count: number, first: number, end: number) => {
    for (let item = 0; item < count; item++)
      sampled.offer(item, (first + (item * (end - first)) / count) * 1000);
  };
  return { kept, offer, settle: sampled.settle };
}

const weightOf = (kept: readonly Kept[]) => kept.reduce((sum, { weight }) => sum + weight, 0);

describe('a sample', () => {
  it('is all of up to so many a second', () => {
    const { kept, offer } = keeping(100);
    offer(300, 0, 3);
    expect(kept).toHaveLength(300);
    expect(kept.every(({ weight }) => weight === 1)).toBe(true);
  });

  it('holds little more than so many of a sudden second, and of each second after it', () => {
    const { kept, offer } = keeping(100);
    offer(50_000, 0, 1);
    expect(kept.length).toBeLessThan(250);
    kept.length = 0;
    offer(50_000, 1, 2);
    expect(kept.length).toBeGreaterThan(90);
    expect(kept.length).toBeLessThan(115);
  });

  it('is of all items again once there are few', () => {
    const { kept, offer, settle } = keeping(100);
    offer(50_000, 0, 1);
    settle();
    kept.length = 0;
    // The first second after it expects as many as before.
    offer(10, 2, 3);
    settle();
    expect(kept.map(({ weight }) => weight)).toEqual(Array(10).fill(1));
  });

  it('adds up to all items, whenever it is settled and wherever the clock jumps', () => {
    const visits = fc.array(
      fc.record({
        items: fc.integer({ min: 1, max: 400 }),
        second: fc.integer({ min: 0, max: 5 }),
        settles: fc.boolean(),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(visits, fc.integer({ min: 1, max: 50 }), (history, perSecond) => {
        const { kept, offer, settle } = keeping(perSecond);
        let items = 0;
        for (const { items: more, second, settles } of history) {
          offer(more, second, second + 1);
          items += more;
          if (!settles) continue;
          settle();
          expect(weightOf(kept)).toBe(items);
        }
        settle();
        expect(weightOf(kept)).toBe(items);
      }),
    );
  });

  it('keeps any item of a block, as the random numbers fall', () => {
    const keptOf = (place: number) => {
      let numbers = 0;
      // Only the one at this place is low enough to replace the item before.
      const { kept, offer, settle } = keeping(1, () => (++numbers === place ? 0 : 0.999_999));
      offer(10, 0, 1);
      settle();
      kept.length = 0;
      numbers = 0;
      offer(10, 1, 2);
      return kept;
    };
    // The first item needs no number.
    for (let place = 0; place < 10; place++) expect(keptOf(place)).toEqual([{ item: place, weight: 10 }]);
  });

  it('estimates a share of the whole', () => {
    const { kept, offer, settle } = keeping(100);
    for (let second = 0; second < 60; second++) offer(1000, second, second + 1);
    settle();
    // One item of three, in step with any block.
    const thirds = weightOf(kept.filter(({ item }) => item % 3 === 0));
    expect(thirds / 60_000).toBeGreaterThan(0.3);
    expect(thirds / 60_000).toBeLessThan(0.37);
  });
});
