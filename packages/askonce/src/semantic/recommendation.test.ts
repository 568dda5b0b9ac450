import { expect, it } from 'vitest';
import type { PoolReport, ReuseReport, Standing, StratumReport } from './policies/contract.ts';
import { shareOfAll, wrongOf } from './policies/reuse.ts';
import { recommendationFor, recommendationForAll, totalOf } from './recommendation.ts';
import type { RollOutStatus } from './report.ts';

const at = (percent: number, served = 100): RollOutStatus => ({
  mode: percent === 0 ? 'shadow' : 'serve',
  percent,
  served,
});

const stratum = (standing: Standing, more: Partial<StratumReport> = {}): StratumReport => ({
  standing,
  reason: 'That is why.',
  auditShare: 1,
  labels: { right: 500, wrong: 3 },
  ...more,
});

function reuseOf(questions: number, similar: number, verified = 0): ReuseReport {
  const labels = { estimate: 0.006, labels: 503, effective: 503 };
  const reused = similar + verified;
  return {
    ...{ questions, reused, identical: 0, similar, verified },
    share: shareOfAll(reused, questions),
    wrong: wrongOf([{ reused: similar, wrong: labels }]),
  };
}

function poolOf(standing: Standing, more: Partial<PoolReport> = {}): PoolReport {
  return {
    ...{
      id: 'p',
      embedder: 'e',
      tenant: 't',
      maxErrorRate: 0.02,
      prior: { lower: 0.8 },
      lower: 0.8,
      epoch: 1,
    },
    similar: stratum(standing),
    verified: stratum('learning', { labels: { right: 0, wrong: 0 } }),
    reuse: reuseOf(1_950, 412),
    decisions: { serve: 0, audit: 0, shadow: 0, verify: 0, miss: 0, identical: 0, verified: 0 },
    ...more,
  };
}

it('a certified pool is recommended for the next share of the callers, with what it would reuse and how wrong', () => {
  const evidence =
    '412 of 1 950 questions would have been reused, 0.6 % of them wrongly (0.2–1.7 %), and the stated 2 % is certified.';
  const pool = poolOf('certified');
  expect(recommendationFor(pool, at(0))).toBe(`Serve 10 % next: ${evidence}`);
  expect(recommendationFor(pool, at(5))).toBe(`Go on to 10 %: ${evidence}`);
  expect(recommendationFor(pool, at(10))).toBe(`Go on to 50 %: ${evidence}`);
  expect(recommendationFor(pool, at(50))).toBe(`Go on to 100 %: ${evidence}`);
  expect(recommendationFor(pool, at(100))).toBe(`Serve on: ${evidence}`);
});

it('the next share is recommended once some hits were served at this one', () => {
  expect(recommendationFor(poolOf('certified'), at(10, 3))).toBe(
    'Stay at 10 %: 3 semantic hits were served here at this share, and 20 are the least before the next.',
  );
});

it('a pool that was certified before a restart is recommended by its labels', () => {
  const pool = poolOf('certified', { reuse: reuseOf(0, 0) });
  expect(recommendationFor(pool, at(0))).toBe(
    'Serve 10 % next: no question has been looked up yet, and the stated 2 % is certified.',
  );
});

it('a pool that learns stays as it is, with the number of labels that are missing', () => {
  const labels = { right: 500, wrong: 0 };
  const pool = poolOf('learning', { similar: stratum('learning', { labels, labelsMissing: 1_130 }) });
  const why = 'about 1 130 more labels without a wrong one are needed to certify 2 %.';
  expect(recommendationFor(pool, at(0))).toBe(`Stay in shadow: ${why}`);
  expect(recommendationFor(pool, at(10))).toBe(`Stay at 10 %: ${why}`);
  expect(recommendationFor(pool, at(100))).toBe(`Wait: ${why}`);
  expect(
    recommendationFor(poolOf('learning', { similar: stratum('learning', { labelsMissing: 90 }) }), at(0)),
  ).toBe(
    'Stay in shadow: 3 of 503 labels are wrong, and about 90 more labels without a wrong one are needed to certify 2 %.',
  );
  const untouched = poolOf('learning', {
    similar: stratum('learning', { labels: { right: 0, wrong: 0 } }),
    reuse: reuseOf(0, 0),
  });
  expect(recommendationFor(untouched, at(0))).toBe('Stay in shadow: no question has been looked up yet.');
});

it('a pool that checks stays as it is, and one that cannot certify the rate is not served', () => {
  expect(recommendationFor(poolOf('checking'), at(0))).toBe('Stay in shadow: that is why.');
  expect(recommendationFor(poolOf('checking'), at(50))).toBe('Stay at 50 %: that is why.');
  expect(recommendationFor(poolOf('cannot-certify'), at(0))).toBe('Do not serve this pool: that is why.');
  const rarelyWrong = { labelsMissing: 40, wrongPerHit: { estimate: 0.006, low: 0.002, high: 0.017 } };
  expect(
    recommendationFor(poolOf('cannot-certify', { similar: stratum('cannot-certify', rarelyWrong) }), at(0)),
  ).toMatch(/^Stay in shadow: 3 of 503 labels are wrong, and about 40 more /);
});

it('a pool that nothing judges needs a judge first', () => {
  const why =
    '412 of 1 950 questions would have been reused, and how many of them wrongly is not known, since nothing judges them.';
  expect(recommendationFor(poolOf('prior'), at(0))).toBe(`Name a judge before you serve: ${why}`);
  expect(recommendationFor(poolOf('prior'), at(100))).toBe(`Name a judge: ${why}`);
});

it('what a verifier confirms may be served while similarity alone is not certified', () => {
  const pool = (estimate: number) =>
    poolOf('learning', {
      reuse: reuseOf(200, 40, 30),
      verified: stratum('certified', { wrongPerHit: { estimate, low: 0, high: 0.03 } }),
    });
  expect(recommendationFor(pool(0.01), at(0))).toBe(
    'Serve 10 % next: 30 of 200 questions would have been reused, 1 % of them wrongly (0–3 %), and what the verifier confirms keeps 2 %.',
  );
  expect(recommendationFor(pool(0.03), at(0))).toContain('Stay in shadow: ');
});

it('of several pools one that is certified is enough, and the numbers are those of what would be served', () => {
  const ready = poolOf('certified', { reuse: reuseOf(1_000, 300) });
  const learningWith = (labelsMissing: number) =>
    poolOf('learning', { similar: stratum('learning', { labels: { right: 9, wrong: 0 }, labelsMissing }) });
  const learning = learningWith(40);
  const far = learningWith(400);
  expect(recommendationForAll([far, ready, learning], at(0))).toBe(
    'Serve 10 % next: 300 of 4 900 questions would have been reused, 0.6 % of them wrongly (0.2–1.7 %), and the stated 2 % is certified in 1 of 3 pools.',
  );
  expect(recommendationForAll([far, learning, poolOf('cannot-certify')], at(0))).toBe(
    'Stay in shadow: in the pool that is nearest to it, about 40 more labels without a wrong one are needed to certify 2 %.',
  );
  expect(recommendationForAll([poolOf('cannot-certify'), poolOf('cannot-certify')], at(0))).toBe(
    'Do not serve: the labels of no pool show the stated rate.',
  );
  expect(recommendationForAll([poolOf('cannot-certify'), poolOf('prior')], at(0))).toMatch(/^Name a judge /);
  expect(recommendationForAll([], at(0))).toBe('Stay in shadow: no question has been looked up yet.');
});

it('the rate over several pools weighs each by what it reuses', () => {
  const total = totalOf([
    { ...reuseOf(100, 90), wrong: { estimate: 0, low: 0, high: 0.01, labels: 400, effective: 400 } },
    { ...reuseOf(100, 10), wrong: { estimate: 0.1, low: 0.05, high: 0.2, labels: 100, effective: 100 } },
  ]);
  expect(total).toMatchObject({ questions: 200, reused: 100, similar: 100 });
  expect(total.wrong?.estimate).toBeCloseTo(0.01);
  expect(total.wrong?.labels).toBe(500);
  // One of the two is certain, and has most of the weight.
  expect(total.wrong?.high).toBeLessThan(0.05);
  expect(totalOf([]).wrong).toBeUndefined();
});
