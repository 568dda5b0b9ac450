import { expect, it } from 'vitest';
import { Hits } from './hits.ts';

it('hits are counted by key until they are drained', () => {
  const hits = new Hits();
  for (const now of [1, 2, 3]) hits.note('a', now);
  hits.note('b', 4);
  expect(hits.of('a')).toEqual({ hits: 3, last: 3 });
  expect(hits.drain()).toEqual([
    { key: 'a', hits: 3, last: 3 },
    { key: 'b', hits: 1, last: 4 },
  ]);
  expect(hits.of('a')).toBe(undefined);
  expect(hits.drain()).toEqual([]);
});

it('beyond 4 096 keys only those that were hit before are counted, by a sample of one in eight', () => {
  const hits = new Hits();
  for (let key = 0; key < 4_096; key++) hits.note(`${key}`, 1);
  for (let now = 0; now < 80; now++) hits.note('7', now);
  for (let now = 0; now < 80; now++) hits.note('another', now);
  expect(hits.of('7')).toEqual({ hits: 81, last: 79 });
  expect(hits.of('another')).toBe(undefined);
  expect(hits.drain()).toHaveLength(4_096);
  hits.note('another', 2);
  expect(hits.of('another')).toEqual({ hits: 1, last: 2 });
});
