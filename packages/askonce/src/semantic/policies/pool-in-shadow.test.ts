/**
 * Requests in shadow: a pool decides and learns, and nothing is served.
 */
import { expect, it } from 'vitest';
import { near, poolWith } from '../../../../../test/support/pool.ts';
import type { Candidate, Decision, Sample } from './contract.ts';
import type { LearningPool } from './pool.ts';
import { nearMissShare, shareOf } from './share.ts';

const inShadow: Candidate = { ...near, isShadow: true };

let labels = 0;

/** Asks so many times and judges what is drawn; the decisions. */
function asked(pool: LearningPool, times: number, candidate: Candidate, isRight = true): Decision[] {
  return Array.from({ length: times }, () => {
    pool.looked(candidate);
    const decision = pool.decide(candidate);
    if (decision.sample !== undefined)
      pool.learn(decision.sample, isRight ? 'same' : 'different', `${labels++}`);
    return decision;
  });
}

const actions = (decisions: readonly Decision[]) => new Set(decisions.map(({ action }) => action));
const samples = (decisions: readonly Decision[]): readonly Sample[] =>
  decisions.flatMap(({ sample }) => (sample === undefined ? [] : [sample]));

it('nothing is served in shadow: by similarity, by equal text, or by the prior of a pool without a judge', () => {
  const pool = poolWith();
  expect(actions(asked(pool, 2_000, inShadow))).toEqual(new Set(['shadow']));
  expect(pool.report().similar.standing).toBe('certified');
  expect(pool.decide({ ...inShadow, identical: true })).toEqual({ action: 'shadow' });
  expect(actions(asked(poolWith({ judge: undefined }), 10, inShadow))).toEqual(new Set(['shadow']));
  expect(pool.report().decisions).toMatchObject({ serve: 0, identical: 0, verified: 0, shadow: 2_001 });
});

it('a vetoed candidate is no hit in shadow either', () => {
  const pool = poolWith();
  asked(pool, 400, inShadow);
  expect(pool.decide({ ...inShadow, vetoed: true })).toEqual({ action: 'miss' });
});

it('while nothing is certified every would-be hit in shadow is drawn; then by a share whose weight is its inverse', () => {
  const pool = poolWith();
  const first = asked(pool, 64, inShadow);
  expect(samples(first)).toHaveLength(64);
  expect(new Set(samples(first).map(({ share, halvings }) => `${share} ${halvings}`))).toEqual(
    new Set(['1 0']),
  );
  while (pool.report().similar.standing !== 'certified') asked(pool, 1, inShadow);
  const { auditShare } = pool.report().similar;
  expect(auditShare).toBeLessThan(0.5);
  const later = asked(pool, 1_000, inShadow);
  const { share, halvings } = nearMissShare(auditShare);
  expect(samples(later).every((one) => one.share === share && one.halvings === halvings)).toBe(true);
  expect(samples(later).length).toBeGreaterThan(1_000 * (share - 0.02));
  expect(samples(later).length).toBeLessThan(1_000 * (share + 0.02));
  expect(share * 2 ** -halvings).toBeCloseTo(auditShare, 12);
});

it('hits in shadow put no reader at risk, so that the first served ones are judged as often as without them', () => {
  const pool = poolWith();
  asked(pool, 20_000, inShadow);
  const atTheStart = shareOf({ rate: 0.05, hits: 0, atLeast: 0.03 });
  expect(pool.report().similar.auditShare).toBe(atTheStart);
  const served = asked(pool, 500, near);
  const audited = served.filter(({ action }) => action === 'audit').length;
  expect(audited).toBeGreaterThan(500 * (atTheStart - 0.05));
  expect(served.length - audited).toBe(served.filter(({ action }) => action === 'serve').length);
  // They count once they are served.
  asked(pool, 20_000, near);
  expect(pool.report().similar.auditShare).toBeLessThan(atTheStart / 2);
});

it('a wrong label in shadow stops what is served, until the labels are calm', () => {
  const pool = poolWith();
  asked(pool, 1_000, near);
  expect(actions(asked(pool, 20, near)).has('serve')).toBe(true);
  while (samples(asked(pool, 1, inShadow, false)).length === 0);
  expect(pool.report().similar.standing).toBe('checking');
  expect(actions(asked(pool, 10, near))).toEqual(new Set(['audit']));
  asked(pool, 10, inShadow);
  expect(pool.report().similar.standing).toBe('certified');
});

it('a judge that cannot be asked for long is noticed in shadow as well', () => {
  const pool = poolWith();
  asked(pool, 400, inShadow);
  const away = { ...inShadow, judgePresent: false };
  asked(pool, 20, away);
  expect(pool.report().similar.standing).toBe('certified');
  const until = 40 / pool.report().similar.auditShare;
  asked(pool, Math.ceil(1.2 * until), away);
  expect(pool.report().similar).toMatchObject({ standing: 'checking' });
  while (samples(asked(pool, 1, inShadow)).length === 0);
  expect(pool.report().similar.standing).toBe('certified');
});

it('without a judge, hits in shadow do not outweigh what callers report of those that were served', () => {
  const pool = poolWith({ judge: undefined });
  asked(pool, 1_000, inShadow);
  asked(pool, 10, near);
  for (const id of ['a', 'b', 'c']) pool.distrust(0.97, id);
  expect(pool.threshold).toBeGreaterThan(0.97);
});

it('in shadow a verifier takes no sample away, and what it confirms is drawn as well', () => {
  const pool = poolWith();
  const doubtful = { ...inShadow, verifierPresent: true };
  const decisions = asked(pool, 50, doubtful);
  expect(actions(decisions)).toEqual(new Set(['verify']));
  expect(samples(decisions)).toHaveLength(50);
  const confirmed = Array.from({ length: 2_000 }, () => {
    const decision = pool.verified({ ...doubtful, vetoed: true });
    if (decision.sample !== undefined) pool.learn(decision.sample, 'same', `${labels++}`);
    return decision;
  });
  expect(actions(confirmed)).toEqual(new Set(['shadow']));
  expect(
    samples(confirmed)
      .slice(0, 64)
      .map(({ share }) => share),
  ).toEqual(Array<number>(64).fill(1));
  expect(samples(confirmed).length).toBeLessThan(2_000);
  expect(pool.report()).toMatchObject({
    verified: { standing: 'certified', auditShare: shareOf({ rate: 0.05, hits: 0, atLeast: 0.03 }) },
    decisions: { verified: 0, shadow: 2_000 },
  });
});

it('what would be reused is counted by the threshold of now, whatever it was when the question came', () => {
  const pool = poolWith({ maxErrorRate: 0.02 });
  for (let n = 0; n < 100; n++) pool.looked(undefined);
  for (let n = 0; n < 10; n++) pool.looked({ similarity: 1, identical: true });
  asked(pool, 100, { ...inShadow, similarity: 0.92 });
  // Nothing is certified: learning begins at the prior, .95.
  expect(pool.report().reuse).toMatchObject({ questions: 210, reused: 10, identical: 10, similar: 0 });
  asked(pool, 40, inShadow);
  expect(pool.report().reuse).toMatchObject({ questions: 250, reused: 50, similar: 40 });
  asked(pool, 2_000, { ...inShadow, similarity: 0.92 });
  const { threshold, reuse } = pool.report();
  expect(threshold).toBeLessThanOrEqual(0.92);
  expect(reuse).toMatchObject({ questions: 2_250, reused: 2_150, similar: 2_140 });
  expect(reuse.share?.estimate).toBeCloseTo(2_150 / 2_250);
  expect(reuse.share?.low).toBeLessThan(2_150 / 2_250);
  expect(reuse.wrong).toMatchObject({ estimate: 0, low: 0 });
});

it('the report says about how many labels are missing, and after as many the pool is certified', () => {
  const pool = poolWith();
  asked(pool, 70, inShadow);
  const { standing, labelsMissing = 0 } = pool.report().similar;
  expect(standing).toBe('learning');
  expect(labelsMissing).toBeGreaterThan(10);
  asked(pool, labelsMissing, inShadow);
  expect(pool.report().similar).toMatchObject({ standing: 'certified', labelsMissing: undefined });
});
