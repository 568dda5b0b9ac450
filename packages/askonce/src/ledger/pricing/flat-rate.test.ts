import { expect, it } from 'vitest';
import { flatPricingAt } from './flat-rate.ts';

it('an answer without a price costs the flat rate, or nothing where it says so', () => {
  const { costOf, source } = flatPricingAt(0.5);
  const answer = { provider: '', protocol: 'openai-chat', model: 'unknown', at: 0 };
  expect(source.flatRate).toBe(0.5);
  expect(costOf(answer)).toEqual({ nano: 500_000_000, estimated: true, promptCacheNano: 0 });
  expect(costOf({ ...answer, otherwise: 'nothing' })).toEqual({
    nano: 0,
    estimated: true,
    promptCacheNano: 0,
  });
});
