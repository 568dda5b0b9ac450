import { expect, it } from 'vitest';
import { heldTicks } from './tick-shape.ts';

it('the objects that are held are those that Node makes for a call of nextTick', async () => {
  const held = heldTicks();
  await new Promise((resolve) => setImmediate(resolve));
  expect(held.map((tick) => Object.keys(tick))).toEqual([
    ['callback', 'args'],
    ['callback', 'args'],
  ]);
  expect(held).toMatchObject([
    { callback: expect.any(Function), args: undefined },
    { callback: expect.any(Function), args: [held] },
  ]);
});
