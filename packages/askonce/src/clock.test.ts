import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backOff, pause } from './clock.ts';
import { fakeClock } from './testing/fake-clock.ts';

it('pauses are scattered, never shorter than the least and never longer than the most, and grow', () => {
  fc.assert(
    fc.property(fc.nat(2000), (attempt) => {
      const ms = backOff(attempt, 100, 1000);
      expect(ms >= 100 && ms <= Math.min(1000, 100 * 2 ** (attempt + 1))).toBe(true);
    }),
  );
  const many = Array.from({ length: 200 }, () => backOff(9, 100, 1000));
  expect(Math.max(...many)).toBeGreaterThan(500);
  expect(new Set(many).size).toBeGreaterThan(100);
});

it('a pause ends by the clock, or at once with the signal’s reason', async () => {
  const clock = fakeClock();
  const leaving = new AbortController();
  const ended: string[] = [];
  const paused = pause(clock, 100, new AbortController().signal).then(() => ended.push('passed'));
  const left = pause(clock, 100, leaving.signal).catch((error: Error) => ended.push(error.message));
  clock.advance(99);
  await Promise.resolve();
  expect(ended).toEqual([]);
  leaving.abort(new Error('left'));
  await left;
  clock.advance(1);
  await paused;
  expect(ended).toEqual(['left', 'passed']);
  await expect(pause(clock, 100, leaving.signal)).rejects.toThrow('left');
});
