import { expect, it } from 'vitest';
import { keyQueue } from './queue.ts';

function queueOf(most: number) {
  let dropped = 0;
  const queue = keyQueue(most, () => {
    dropped += 1;
  });
  return { queue, drops: () => dropped, all: () => [...queue.take(1_000).keys()] };
}

it('keys are taken in the order in which they were last added, each once', () => {
  const { queue, drops, all } = queueOf(10);
  queue.add(['a', 'b', 'c']);
  queue.add(['a']);
  expect([...queue.take(2).keys()]).toEqual(['b', 'c']);
  expect(all()).toEqual(['a']);
  expect([queue.size, drops()]).toEqual([0, 0]);
});

it('beyond its bound the oldest keys are dropped, and that is reported', () => {
  const { queue, drops, all } = queueOf(3);
  queue.add(['a', 'b']);
  queue.add(['c', 'd', 'e']);
  expect([queue.size, drops()]).toEqual([3, 1]);
  expect(all()).toEqual(['c', 'd', 'e']);
});

it('what is put back does not replace what was added meanwhile', () => {
  const { queue, all } = queueOf(3);
  queue.add(['a', 'b']);
  const taken = queue.take(2);
  queue.add(['a']);
  queue.putBack(taken);
  expect(queue.size).toBe(2);
  expect(all()).toEqual(['a', 'b']);
});
