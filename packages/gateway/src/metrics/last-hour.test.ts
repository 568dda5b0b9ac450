import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { lastHour } from './last-hour.ts';

const minute = 60_000;

it('the last hour has averages, maxima, counts and sizes of what happened in it', () => {
  const hour = lastHour(fakeClock());
  hour.lookup(2, 100, 0.5);
  hour.lookup(4, undefined, 'in vain');
  hour.lookup(0, 50, 'not asked');
  hour.called();
  hour.stored(1000, 250);
  hour.stored(3000, undefined);
  hour.stored(2_000_000, 500_000);
  hour.refused();
  hour.storeCall('sqlite', 'get', 1, false);
  hour.storeCall('sqlite', 'get', 3, true);
  const { keyGeneration, textLength, operations, stores, compression, values } = hour.figures();
  expect(keyGeneration).toEqual({ count: 3, averageMs: 2, maxMs: 4 });
  expect(textLength).toEqual({ count: 2, average: 75 });
  expect(operations).toEqual({ total: 8, lookups: 3, stores: 3, refusals: 1, providerCalls: 1 });
  expect(stores['memory']?.get).toEqual({ count: 2, failed: 0, averageMs: 0.5, maxMs: 0.5, p99Ms: 0.5 });
  expect(stores['sqlite']?.get).toMatchObject({ count: 2, failed: 1, averageMs: 2, maxMs: 3 });
  expect(stores['sqlite']?.set).toEqual({ count: 0, failed: 0, averageMs: null, maxMs: null, p99Ms: null });
  expect(compression).toEqual({ bytesBefore: 2_001_000, bytesAfter: 500_250, ratio: 4 });
  expect(values).toMatchObject({ count: 3, averageBytes: 668_000, maxBytes: 2_000_000 });
  expect(values.bySize.filter(({ count }) => count > 0)).toEqual([
    { upToBytes: 1024, count: 1 },
    { upToBytes: 4096, count: 1 },
    { upToBytes: null, count: 1 },
  ]);
});

it('where nothing happened, figures are null and counts are 0', () => {
  const { keyGeneration, textLength, operations, compression, values } = lastHour(fakeClock()).figures();
  expect(keyGeneration).toEqual({ count: 0, averageMs: null, maxMs: null });
  expect(textLength.average).toBeNull();
  expect(operations.total).toBe(0);
  expect(compression.ratio).toBeNull();
  expect([values.averageBytes, values.maxBytes]).toEqual([null, null]);
});

it('what is older than an hour is forgotten, minute by minute', () => {
  const clock = fakeClock();
  const hour = lastHour(clock);
  const lookups = () => hour.figures().operations.lookups;
  for (let past = 0; past < 90; past++) {
    hour.lookup(1, undefined, 'in vain');
    expect(lookups()).toBe(Math.min(past + 1, 60));
    clock.advance(minute);
  }
  clock.advance(30 * minute);
  expect(lookups()).toBe(29);
  clock.advance(60 * minute);
  expect(lookups()).toBe(0);
});

it('a maximum is forgotten with its minute', () => {
  const clock = fakeClock();
  const hour = lastHour(clock);
  hour.lookup(1000, undefined, 'in vain');
  clock.advance(30 * minute);
  hour.lookup(10, undefined, 'in vain');
  clock.advance(45 * minute);
  expect(hour.figures().keyGeneration).toEqual({ count: 1, averageMs: 10, maxMs: 10 });
});

it('a machine whose clock is set, back or forth, loses and repeats nothing', () => {
  const clock = fakeClock();
  let offset = 0;
  const jumping = { ...clock, now: () => clock.now() + offset, monotonic: () => clock.monotonic() };
  const hour = lastHour(jumping);
  for (const jump of [-100, 100, -1, 1, 100_000, -100_000]) {
    offset = jump * minute;
    hour.lookup(1, 10, 'in vain');
    hour.figures();
  }
  expect(hour.figures().operations.lookups).toBe(6);
  offset = 0;
  const { from, to } = hour.figures();
  expect(Date.parse(to)).toBe(clock.now());
  expect(Date.parse(from)).toBe(clock.now());
});

it('after a start the hour begins at the start, and later with the oldest of its 60 minutes', () => {
  const clock = fakeClock();
  const hour = lastHour(clock);
  const lengthOf = ({ from, to }: ReturnType<typeof hour.figures>) => Date.parse(to) - Date.parse(from);
  clock.advance(5 * minute);
  expect(lengthOf(hour.figures())).toBe(5 * minute);
  clock.advance(500 * minute - 1);
  expect(lengthOf(hour.figures())).toBe(60 * minute - 1);
  clock.advance(1);
  expect(lengthOf(hour.figures())).toBe(59 * minute);
});

it('the hour has all that happened since its beginning, and nothing from before', () => {
  const clock = fakeClock();
  const hour = lastHour(clock);
  const happened: number[] = [];
  for (let step = 0; step < 400; step++) {
    hour.lookup(1, undefined, 'in vain');
    happened.push(clock.now());
    clock.advance(17_000);
    const { from, operations } = hour.figures();
    expect(operations.lookups).toBe(happened.filter((at) => at >= Date.parse(from)).length);
  }
});

it('the 99th percentile is that of all minutes together, and never above the maximum', () => {
  const clock = fakeClock();
  const hour = lastHour(clock);
  for (let call = 0; call < 1000; call++) {
    hour.storeCall('redis', 'get', call < 900 ? 1 : 50, false);
    if (call % 100 === 0) clock.advance(minute);
  }
  const p99 = hour.figures().stores['redis']?.get.p99Ms ?? 0;
  expect(p99).toBeGreaterThan(50 * 0.8);
  expect(p99).toBeLessThanOrEqual(50);
});

it('of fewer than 100 calls the 99th percentile is the longest, to the digit', () => {
  const hour = lastHour(fakeClock());
  for (let call = 0; call < 98; call++) hour.storeCall('redis', 'get', 1, false);
  hour.storeCall('redis', 'get', 7.3, false);
  expect(hour.figures().stores['redis']?.get.p99Ms).toBe(7.3);
  for (let call = 0; call < 900; call++) hour.storeCall('redis', 'get', 1, false);
  expect(hour.figures().stores['redis']?.get.p99Ms).toBeLessThan(1.2);
});
