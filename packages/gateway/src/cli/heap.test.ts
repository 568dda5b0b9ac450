import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { collectAtRest, collectLeftovers, growthFactor, limitsOf } from './heap.ts';

it('the space for young objects grows to 16 MB and no further', () => {
  expect([0, 2_097_152, 8_388_608].map(growthFactor)).toEqual([2, 2, 2]);
  expect([16_777_216, 33_554_432].map(growthFactor)).toEqual([1, 1]);
});

it('an operator’s own choice of heap sizes stays in force', () => {
  const all = { garbage: true, youngSpace: true, compilers: true };
  expect(limitsOf([])).toEqual(all);
  expect(limitsOf(['--import', './probe.mjs'], '--max-old-space-size=512')).toEqual(all);
  expect(limitsOf(['--max-semi-space-size=16'])).toEqual({ ...all, youngSpace: false });
  expect(limitsOf([], '--max_semi_space_size=16')).toEqual({ ...all, youngSpace: false });
  expect(limitsOf([], '--heap-growing-percent=80')).toEqual({ ...all, garbage: false });
  expect(limitsOf(['--optimize-for-size'])).toEqual({ ...all, garbage: false, youngSpace: false });
  expect(limitsOf(['--no-maglev'])).toEqual({ ...all, compilers: false });
  expect(limitsOf([], '--wasm_loop_unrolling')).toEqual({ ...all, compilers: false });
});

it('what nothing refers to is collected at once', () => {
  const left = new WeakRef({ text: 'x'.repeat(1_000) });
  const held = { text: 'y' };
  const kept = new WeakRef(held);
  return new Promise<void>((resolve) => {
    // A reference that was read lives until the end of the turn.
    setImmediate(() => {
      collectLeftovers();
      expect([left.deref(), kept.deref()]).toEqual([undefined, held]);
      resolve();
    });
  });
});

/** How often the leftovers are collected in 10 s of an event loop that works for such a share of the time. */
function collections(share: number, meanwhile: (cancel: () => void) => void = () => {}): number {
  let count = 0;
  const clock = fakeClock();
  const collect = () => {
    count += 1;
  };
  meanwhile(collectAtRest({ clock, utilized: () => () => share, collect }));
  clock.advance(10_000);
  return count;
}

it('leftovers are collected once the gateway has been at rest', () => {
  expect(collections(0.1)).toBe(1);
});

it('leftovers are not collected while the gateway is asked, or once it stops', () => {
  expect(collections(0.3)).toBe(0);
  expect(collections(0.1, (cancel) => cancel())).toBe(0);
});
