import { expect, it } from 'vitest';
import { countersOf, figureAt, figuresBelow, quantile, timesOf } from './counters.ts';
import { openHistory } from './history.ts';

const requests = (hit: number, miss = 0) => countersOf({ requests: { hit, miss } });

it('figures are found by their path, also below a model with an odd name, and groups by name', () => {
  const counters = countersOf(
    JSON.parse('{"model_requests":{"__proto__":2,"a b":3,"":1},"flights":4,"ledger_rows":null}'),
  );
  expect(figuresBelow(counters, 'model_requests')).toEqual([
    ['__proto__', 2],
    ['a b', 3],
    ['', 1],
  ]);
  expect([
    figureAt(counters, 'flights'),
    figureAt(counters, 'ledger_rows'),
    figureAt(counters, 'none'),
  ]).toEqual([4, 0, 0]);
});

it('a quantile is interpolated within its bucket, and is the last bound for what lies above it', () => {
  const buckets = [
    { bound: 0.1, count: 50 },
    { bound: 0.2, count: 90 },
    { bound: Number.POSITIVE_INFINITY, count: 100 },
  ];
  expect(quantile(buckets, 0.5)).toBeCloseTo(0.1);
  expect(quantile(buckets, 0.7)).toBeCloseTo(0.15);
  expect(quantile(buckets, 0.99)).toBe(0.2);
  expect(quantile([], 0.5)).toBeUndefined();
});

it('times are read from buckets in any order, in milliseconds', () => {
  const counters = countersOf({ h: { count: 10, buckets: { '+Inf': 10, '0.01': 10, '0.001': 0 } } });
  expect(timesOf(counters, 'h').p50Ms).toBeCloseTo(5.5);
  expect(timesOf(counters, 'none')).toEqual({ p50Ms: null, p95Ms: null, p99Ms: null });
});

it('a window is the last minute, or what there is of it', () => {
  const history = openHistory();
  expect(history.window()).toBeUndefined();
  history.add({ at: 0, counters: requests(100) });
  expect(history.window()).toBeUndefined();
  history.add({ at: 2000, counters: requests(110) });
  expect(history.window()?.seconds).toBe(2);
  for (let at = 4000; at <= 100_000; at += 2000) history.add({ at, counters: requests(100 + at / 200) });
  const window = history.window();
  expect(window?.seconds).toBe(60);
  expect(figureAt(window?.counted ?? new Map(), 'requests', 'hit')).toBe(300);
  expect(history.rates()).toHaveLength(30);
  expect(new Set(history.rates())).toEqual(new Set([5]));
});

it('a gateway that has started anew begins a new window: no rate is negative or counts its old requests', () => {
  const history = openHistory();
  history.add({ at: 0, counters: requests(1000, 50) });
  history.add({ at: 2000, counters: requests(3, 1) });
  expect(history.window()).toBeUndefined();
  history.add({ at: 4000, counters: requests(7, 1) });
  expect(figureAt(history.window()?.counted ?? new Map(), 'requests', 'hit')).toBe(4);
});

it('a reading at the instant of the one before is left out', () => {
  const history = openHistory();
  history.add({ at: 0, counters: requests(1) });
  history.add({ at: 0, counters: requests(2) });
  expect(history.window()).toBeUndefined();
});
