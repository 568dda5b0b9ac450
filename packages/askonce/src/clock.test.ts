import fc from 'fast-check';
import { expect, it } from 'vitest';
import { andThen, backOff, isPending, pause, TimeLimit, tooSlow, until, within } from './clock.ts';
import { fakeClock } from './testing/fake-clock.ts';

it('the pauses before retries are random, grow, and stay between the least and the most', () => {
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

it('a pause ends by the clock, or rejects at once with the signal’s reason', async () => {
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

/** Lets `setImmediate` callbacks run. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('waiting for an instant ends at that instant, and at once where it is past', async () => {
  const clock = fakeClock();
  clock.advance(100);
  let isOver = false;
  const waiting = until(clock, 150).then(() => {
    isOver = true;
  });
  clock.advance(49);
  await turn();
  expect(isOver).toBe(false);
  clock.advance(1);
  await waiting;
  for (const past of [150, 149, 0, Number.NEGATIVE_INFINITY]) await until(clock, past);
  expect(isOver).toBe(true);
});

it('a call within a budget resolves or rejects as it would without one, and is too slow after it', async () => {
  const clock = fakeClock();
  expect(await within(clock, 50, Promise.resolve('value'))).toBe('value');
  await expect(within(clock, 50, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  const late = Promise.withResolvers<string>();
  const limited = within(clock, 50, late.promise);
  clock.advance(50);
  expect(await limited).toBe(tooSlow);
  late.reject(new Error('this rejection is handled'));
  await turn();
});

it('a result that arrives in the turn in which its budget ends still counts', async () => {
  const clock = fakeClock();
  const limited = within(
    clock,
    50,
    turn().then(() => 'just in time'),
  );
  clock.advance(50);
  expect(await limited).toBe('just in time');
});

it('a time limit measures each call from its own beginning, with one timer', async () => {
  const clock = fakeClock();
  let timers = 0;
  const limit = new TimeLimit(
    {
      ...clock,
      schedule: (action, delayMs) => {
        timers++;
        return clock.schedule(action, delayMs);
      },
    },
    100,
  );
  const outcomes: unknown[] = [];
  const start = (pending: Promise<string>) =>
    limit
      .settle(
        pending,
        (value) => value,
        (error) => (error === tooSlow ? 'too slow' : 'failed'),
      )
      .then((outcome) => outcomes.push(outcome));
  const never = new Promise<string>(() => {});
  void start(never);
  clock.advance(60);
  void start(never);
  void start(Promise.resolve('value'));
  void start(Promise.reject(new Error('broken')));
  await turn();
  expect([outcomes, timers]).toEqual([['value', 'failed'], 1]);
  clock.advance(40);
  await turn();
  expect(outcomes).toEqual(['value', 'failed', 'too slow']);
  clock.advance(60);
  await turn();
  expect([outcomes.length, timers]).toEqual([4, 2]);
});

it('a value at hand is used at once, and a promised one when it has come', async () => {
  expect([isPending(1), isPending(null), isPending({}), isPending(Promise.resolve(1))]).toEqual([
    false,
    false,
    false,
    true,
  ]);
  expect(andThen(2, (value) => value + 1)).toBe(3);
  expect(await andThen(Promise.resolve(2), (value) => value + 1)).toBe(3);
});

it('calls with different budgets are late in the order in which their time is over, however they began', async () => {
  const clock = fakeClock();
  const late: number[] = [];
  const never = new Promise<string>(() => {});
  for (const budget of [300, 50, 200, 100, Number.POSITIVE_INFINITY])
    void within(clock, budget, never).then(() => late.push(budget));
  for (const expected of [
    [],
    [50],
    [50, 100],
    [50, 100],
    [50, 100, 200],
    [50, 100, 200],
    [50, 100, 200, 300],
  ]) {
    expect(late).toEqual(expected);
    clock.advance(50);
    await turn();
  }
  clock.advance(10_000_000_000);
  await turn();
  expect(late).toEqual([50, 100, 200, 300]);
});

it('a budget that is over already, or is no number, leaves the result that is there in this turn', async () => {
  const clock = fakeClock();
  for (const budget of [0, -1, Number.NaN]) {
    const limited = [
      within(clock, budget, Promise.resolve('value')),
      within(clock, budget, new Promise(() => {})),
    ];
    clock.advance(1);
    await turn();
    expect(await Promise.all(limited)).toEqual(['value', tooSlow]);
  }
});

it('many calls in progress are looked at a thousand a millisecond at most', async () => {
  const clock = fakeClock();
  let checks = 0;
  const counted = {
    ...clock,
    schedule: (action: () => void, delayMs: number) =>
      clock.schedule(() => {
        checks += 1;
        action();
      }, delayMs),
  };
  const never = new Promise<string>(() => {});
  let late = 0;
  for (let n = 0; n < 5_000; n++) void within(counted, 1_000 + n / 100, never).then(() => late++);
  for (let ms = 0; ms < 1_100; ms++) clock.advance(1);
  await turn();
  await turn();
  expect([late, checks < 25]).toEqual([5_000, true]);
});
