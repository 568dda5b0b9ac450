import { expect, it } from 'vitest';
import { fakeClock } from '../testing/fake-clock.ts';
import { refreshQueue } from './queue.ts';

function setUp() {
  const clock = fakeClock();
  const queue = refreshQueue(clock);
  const running: ((restMs: number) => void)[] = [];
  const start = (name: string) => queue.start(name, () => new Promise((resolve) => running.push(resolve)));
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { clock, queue, running, start, settled };
}

it('starts one refresh of a question at a time', async () => {
  const { running, start, settled } = setUp();
  expect([start('a'), start('a'), start('b')]).toEqual([true, false, true]);
  await settled();
  expect(running).toHaveLength(2);
  running[0]?.(0);
  await settled();
  expect(start('a')).toBe(true);
});

it('leaves a question alone for as long as its last refresh asks for', async () => {
  const { clock, running, start, settled } = setUp();
  start('a');
  await settled();
  running[0]?.(10_000);
  await settled();
  clock.advance(9_999);
  expect(start('a')).toBe(false);
  clock.advance(1);
  expect(start('a')).toBe(true);
});

it('has at most 64 refreshes in progress', () => {
  const { start } = setUp();
  const started = Array.from({ length: 70 }, (_, index) => start(`question ${index}`));
  expect(started.filter(Boolean)).toHaveLength(64);
});

it('starts nothing once it is closed, and closes when the refreshes in progress have ended', async () => {
  const { queue, running, start, settled } = setUp();
  start('a');
  await settled();
  let isClosed = false;
  void queue.close().then(() => {
    isClosed = true;
  });
  await settled();
  expect([start('b'), isClosed, queue.signal.aborted]).toEqual([false, false, true]);
  running[0]?.(0);
  await settled();
  expect(isClosed).toBe(true);
});
