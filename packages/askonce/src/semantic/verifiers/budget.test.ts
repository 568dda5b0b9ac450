import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import { callBudget } from './budget.ts';

const day = 86_400_000;
const boundless = { callsPerMinute: Number.POSITIVE_INFINITY, usdPerDay: Number.POSITIVE_INFINITY };

describe('the budget of calls', () => {
  it('no more calls begin within any 60 seconds than it allows', () => {
    const clock = fakeClock();
    const budget = callBudget(clock, { ...boundless, callsPerMinute: 3 });
    const begun: number[] = [];
    for (let second = 0; second < 300; second++) {
      const expense = budget.take(0);
      expense?.settle(0);
      if (expense !== undefined) begun.push(clock.monotonic());
      clock.advance(1_000);
    }
    const most = Math.max(...begun.map((at) => begun.filter((b) => b > at - 60_000 && b <= at).length));
    expect([most, begun.length]).toEqual([3, 15]);
  });

  it('a call that was not made does not count, neither for the minute nor for the day', () => {
    const budget = callBudget(fakeClock(), { callsPerMinute: 1, usdPerDay: 1 });
    budget.take(1)?.cancel();
    expect(budget.take(1)).not.toBe(undefined);
    expect(budget.take(0)).toBe(undefined);
  });

  it('a budget of 0 calls, and one of 0 dollars for a call that costs, allow none', () => {
    expect(callBudget(fakeClock(), { ...boundless, callsPerMinute: 0 }).take(0)).toBe(undefined);
    const free = callBudget(fakeClock(), { ...boundless, usdPerDay: 0 });
    expect(free.take(0.000_001)).toBe(undefined);
    expect(free.take(0)).not.toBe(undefined);
  });

  it('calls in flight together stay within the day’s money', () => {
    const budget = callBudget(fakeClock(), { ...boundless, usdPerDay: 1 });
    const expenses = Array.from({ length: 10 }, () => budget.take(0.3)).filter((each) => each !== undefined);
    expect(expenses.length).toBe(3);
    for (const expense of expenses) expense.settle(0.1);
    expect(budget.usdToday()).toBeCloseTo(0.3);
    expect(budget.take(0.3)).not.toBe(undefined);
  });

  it('the money is back at midnight UTC, and not when the clock is set back', () => {
    const clock = fakeClock(20_000 * day + day / 2);
    const budget = callBudget(clock, { ...boundless, usdPerDay: 1 });
    budget.take(1)?.settle(1);
    clock.advance(day / 2 - 1);
    expect(budget.take(1)).toBe(undefined);
    clock.setNow(19_990 * day);
    expect(budget.take(1)).toBe(undefined);
    clock.setNow(20_001 * day);
    expect(budget.usdToday()).toBe(0);
    expect(budget.take(1)).not.toBe(undefined);
  });
});
