import { expect, it } from 'vitest';
import { gridOf } from './grid.ts';
import { priorOf } from './prior.ts';

const usual = { maxErrorRate: 0.02, allGuards: true } as const;

function embedderNamed(name: string, prefix = '', version = '1') {
  return { name, version, prefix };
}

it.each([
  [embedderNamed('static-256'), 0.988, 0.9],
  [embedderNamed('sentence-transformers/all-MiniLM-L6-v2'), 0.95, 0.85],
  [embedderNamed('intfloat/multilingual-e5-small', 'query: '), 0.98, 0.93],
  [embedderNamed('remote', 'query: ', 'multilingual-e5-small'), 0.98, 0.93],
])('%o begins at its measured similarities', (embedder, upper, lower) => {
  expect(priorOf({ embedder, ...usual })).toEqual({ upper, lower });
});

it('an unknown embedder or prefix, a lower rate than was measured and a guard that is off serve nothing but identical text', () => {
  const embedder = embedderNamed('static-256');
  expect(priorOf({ embedder: embedderNamed('remote', '', 'text-embedding-3-small'), ...usual }).upper).toBe(
    undefined,
  );
  expect(priorOf({ embedder: embedderNamed('multilingual-e5-small'), ...usual }).upper).toBe(undefined);
  expect(priorOf({ embedder, ...usual, maxErrorRate: 0.01 }).upper).toBe(undefined);
  expect(priorOf({ embedder, ...usual, allGuards: false }).upper).toBe(undefined);
});

it('a model that is pooled in another way than it was measured with serves nothing but identical text', () => {
  const e5 = embedderNamed('intfloat/multilingual-e5-small', 'query: ');
  const upperOf = (pooling: string) => priorOf({ embedder: { ...e5, pooling }, ...usual }).upper;
  expect(['mean', 'graph', '', 'cls', 'mean+cls'].map(upperOf)).toEqual([
    0.98,
    0.98,
    0.98,
    undefined,
    undefined,
  ]);
});

it("the operator's own similarities come before the table's", () => {
  const embedder = embedderNamed('remote', '', 'text-embedding-3-small');
  expect(priorOf({ embedder, ...usual, upper: 0.93, lower: 0.8 })).toEqual({ upper: 0.93, lower: 0.8 });
  expect(priorOf({ embedder, ...usual, upper: 0.7, lower: 0.8 })).toEqual({ upper: 0.7, lower: 0.7 });
});

it('the grid descends, has the prior among its thresholds, and ends at a lower similarity that is set', () => {
  const { thresholds, prior, lower, cellOf } = gridOf({ upper: 0.95, lower: 0.85 }, true);
  expect(thresholds[prior]).toBe(0.95);
  expect(thresholds.at(-1)).toBeCloseTo(0.85);
  expect(thresholds).toEqual(thresholds.toSorted((a, b) => b - a));
  expect(thresholds.map((threshold) => cellOf(threshold))).toEqual(thresholds.map((_, cell) => cell));
  expect([cellOf(1), cellOf(0.949), cellOf(0.5)]).toEqual([0, prior + 1, thresholds.length]);
  expect(lower).toBe(thresholds.length - 1);
});

it('without a lower similarity that is set, a pool may learn a threshold below that of the table', () => {
  expect(gridOf({ upper: 0.95, lower: 0.85 }, false).thresholds.at(-1)).toBeCloseTo(0.55);
});
