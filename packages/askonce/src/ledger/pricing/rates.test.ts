import { expect, it } from 'vitest';
import { picoOf } from './rates.ts';

it('a price is whole picodollars where only binary fractions make it another number, and else exact', () => {
  expect(picoOf(0.035)).toBe(35_000);
  expect(picoOf(0.000_000_5)).toBe(0.5);
});
