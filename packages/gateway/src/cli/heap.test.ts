import { setTimeout } from 'node:timers/promises';
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

/** How often the leftovers are collected while `meanwhile` runs, and for a while after. */
async function collections(meanwhile: (cancel: () => void) => unknown): Promise<number> {
  let count = 0;
  const cancel = collectAtRest(() => {
    count += 1;
  });
  await meanwhile(cancel);
  await setTimeout(600);
  return count;
}

it('leftovers are collected once the gateway has been at rest', async () => {
  expect(await collections(() => undefined)).toBe(1);
});

it('leftovers are not collected while the gateway is asked, or once it stops', async () => {
  const working = async () => {
    for (let part = 0; part < 10; part++) {
      const until = performance.now() + 40;
      while (performance.now() < until);
      await setTimeout(1);
    }
  };
  expect(await collections(working)).toBe(0);
  expect(await collections((cancel) => cancel())).toBe(0);
});
