import { expect, it } from 'vitest';
import { growthFactor, isChosenByOperator } from './heap.ts';

it('the space for young objects grows to 8 MB and no further', () => {
  expect([0, 2_097_152, 4_194_304].map(growthFactor)).toEqual([4, 4, 4]);
  expect([8_388_608, 16_777_216].map(growthFactor)).toEqual([1, 1]);
});

it('an operator’s own choice of heap sizes stays in force', () => {
  expect(isChosenByOperator([], undefined)).toBe(false);
  expect(isChosenByOperator(['--import', './probe.mjs'], '--max-old-space-size=512')).toBe(false);
  expect(isChosenByOperator(['--max-semi-space-size=16'], undefined)).toBe(true);
  expect(isChosenByOperator([], '--max_semi_space_size=16')).toBe(true);
  expect(isChosenByOperator(['--optimize-for-size'], '')).toBe(true);
});
