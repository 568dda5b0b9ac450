import { expect, it } from 'vitest';
import { fakeClock } from '../testing/fake-clock.ts';
import { StoreBudget } from './store-budget.ts';

it('time that a request waits for something else than a store does not count, whatever steps are in progress', () => {
  const clock = fakeClock();
  const budget = new StoreBudget(clock, 50);
  const end = budget.begin();
  clock.advance(10);
  const goOn = budget.pause();
  clock.advance(1_000);
  expect(budget.leftMs).toBe(40);
  const endInner = budget.begin();
  clock.advance(1_000);
  endInner();
  goOn();
  goOn();
  expect(budget.leftMs).toBe(40);
  clock.advance(15);
  expect(budget.leftMs).toBe(25);
  end();
  clock.advance(1_000);
  expect(budget.leftMs).toBe(25);
});

it('pauses that overlap count once, and a step that begins in a pause counts from its end', () => {
  const clock = fakeClock();
  const budget = new StoreBudget(clock, 50);
  const first = budget.pause();
  const second = budget.pause();
  const end = budget.begin();
  first();
  clock.advance(100);
  expect(budget.leftMs).toBe(50);
  second();
  clock.advance(20);
  end();
  expect(budget.leftMs).toBe(30);
});
