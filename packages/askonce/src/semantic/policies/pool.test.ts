import { expect, it } from 'vitest';
import { near, poolWith } from '../../../../../test/support/pool.ts';
import type { Candidate, Decision } from './contract.ts';
import type { LearningPool } from './pool.ts';

let labels = 0;

/** Asks so many times and judges what is drawn; the decisions. */
function asked(pool: LearningPool, times: number, candidate: Candidate = near, isRight = true): Decision[] {
  return Array.from({ length: times }, () => {
    const decision = pool.decide(candidate);
    if (decision.sample !== undefined)
      pool.learn(decision.sample, isRight ? 'same' : 'different', `${labels++}`);
    return decision;
  });
}

function count(decisions: readonly Decision[], action: Decision['action']): number {
  return decisions.filter((decision) => decision.action === action).length;
}

it('without a judge the prior decides, and the report says why nothing is learned', () => {
  const pool = poolWith({ judge: undefined });
  expect(pool.decide(near)).toEqual({ action: 'serve' });
  expect(pool.decide({ ...near, similarity: 0.94 })).toEqual({ action: 'miss' });
  expect(pool.decide({ ...near, similarity: 0.94, verifierPresent: true })).toEqual({ action: 'verify' });
  expect(pool.decide({ ...near, similarity: 0.84, verifierPresent: true })).toEqual({ action: 'miss' });
  expect(pool.report()).toMatchObject({ threshold: 0.95, similar: { standing: 'prior', auditShare: 0 } });
});

it('a vetoed candidate is never served: the verifier decides, or it is a miss', () => {
  for (const judge of ['answers', undefined] as const) {
    const pool = poolWith({ judge });
    asked(pool, 400);
    for (let n = 0; n < 50; n++) {
      expect(pool.decide({ ...near, vetoed: true })).toEqual({ action: 'miss' });
      expect(pool.decide({ ...near, vetoed: true, verifierPresent: true })).toEqual({ action: 'verify' });
    }
  }
});

it('with a judge nothing but identical text is served until the rate is certified; then few hits are audited', () => {
  const pool = poolWith();
  const first = asked(pool, 50);
  expect(count(first, 'audit')).toBe(50);
  expect(pool.decide({ ...near, identical: true })).toEqual({ action: 'serve' });
  expect(pool.report()).toMatchObject({
    threshold: undefined,
    similar: { standing: 'learning', auditShare: 1 },
  });
  asked(pool, 300);
  expect(pool.report().similar.standing).toBe('certified');
  asked(pool, 20_000);
  const settled = asked(pool, 1_000);
  expect(count(settled, 'audit')).toBeLessThan(40);
  expect(count(settled, 'serve')).toBeGreaterThan(960);
});

it('one wrong label of the served region has every would-be hit judged until the labels are calm', () => {
  const pool = poolWith();
  asked(pool, 10_000);
  expect(pool.threshold).toBeGreaterThan(0);
  while (!asked(pool, 1, near, false).some(({ action }) => action === 'audit'));
  expect(pool.report().similar).toMatchObject({ standing: 'checking', auditShare: 1 });
  expect(pool.threshold).toBe(undefined);
  // One wrong label of sixteen is 1.25 times 5 %.
  expect(count(asked(pool, 15), 'audit')).toBe(15);
  expect(pool.report().similar.standing).toBe('certified');
});

it('after a drift nothing is served, and the pool learns anew', () => {
  const pool = poolWith();
  asked(pool, 10_000);
  asked(pool, 400, near, false);
  expect(count(asked(pool, 400, near, false), 'serve')).toBe(0);
  expect(pool.report()).toMatchObject({ threshold: undefined, epoch: 2 });
});

it('misses below the threshold are judged, and lower it as far as they are right', () => {
  const pool = poolWith();
  const traffic = [0.99, 0.97, 0.95, 0.93, 0.91, 0.89, 0.87].map((similarity) => ({ ...near, similarity }));
  for (let n = 0; n < 1_500; n++) for (const one of traffic) asked(pool, 1, one, one.similarity > 0.9);
  expect(pool.threshold).toBeGreaterThan(0.88);
  expect(pool.threshold).toBeLessThanOrEqual(0.91);
});

it('near misses that a verifier may serve are sampled as rarely as hits, others as often as not', () => {
  const pool = poolWith();
  for (let n = 0; n < 2_000; n++) {
    asked(pool, 1);
    asked(pool, 1, { ...near, similarity: 0.87 }, false);
  }
  const miss = { ...near, similarity: 0.87 };
  const sampled = asked(pool, 200, miss, false).filter(({ sample }) => sample !== undefined);
  expect(sampled.length).toBeGreaterThan(90);
  const decisions = asked(pool, 200, { ...miss, verifierPresent: true }, false);
  expect(count(decisions, 'verify')).toBeGreaterThan(150);
  expect(count(decisions, 'audit')).toBeGreaterThan(5);
});

it('a request may state a lower rate, for which the same labels must do, and never a higher one', () => {
  const pool = poolWith();
  asked(pool, 400);
  expect(count(asked(pool, 100), 'serve')).toBeGreaterThan(80);
  expect(count(asked(pool, 100, { ...near, maxErrorRate: 0.001 }), 'serve')).toBe(0);
  const strict = poolWith({ maxErrorRate: 0.001 });
  asked(strict, 400);
  expect(count(asked(strict, 100, { ...near, maxErrorRate: 0.5 }), 'serve')).toBe(0);
});

it('an unsure verdict counts as wrong', () => {
  const pool = poolWith();
  for (let n = 0; n < 200; n++) {
    const { sample } = pool.decide(near);
    if (sample !== undefined) pool.learn(sample, n % 10 === 0 ? 'unsure' : 'same', `u${n}`);
  }
  expect(pool.report().similar).toMatchObject({
    standing: 'cannot-certify',
    labels: { right: 180, wrong: 20 },
  });
});

it('many labels that do not show the rate are reported as such, and judged less often', () => {
  const pool = poolWith();
  for (let n = 0; n < 600; n++) asked(pool, 1, near, n % 5 !== 0);
  const { similar } = pool.report();
  expect(similar).toMatchObject({ standing: 'cannot-certify', auditShare: 0.25 });
  expect(similar.reason).toContain('does not show 5 %');
  expect(similar.wrongPerHit?.low).toBeGreaterThan(0.05);
});

it('what a verifier confirms is a stratum of its own: served once its labels certify it', () => {
  const pool = poolWith();
  const verified = (isRight: boolean) => {
    const decision = pool.verified({ ...near, vetoed: true, verifierPresent: true });
    if (decision.sample !== undefined)
      pool.learn(decision.sample, isRight ? 'same' : 'different', `${labels++}`);
    return decision;
  };
  expect(
    count(
      Array.from({ length: 50 }, () => verified(true)),
      'audit',
    ),
  ).toBe(50);
  for (let n = 0; n < 300; n++) verified(true);
  expect(pool.report()).toMatchObject({
    verified: { standing: 'certified' },
    similar: { standing: 'learning' },
  });
  for (let n = 0; n < 400; n++) verified(false);
  expect(
    count(
      Array.from({ length: 50 }, () => verified(false)),
      'serve',
    ),
  ).toBe(0);
});

it('where only the verifier judges, its word holds from the start, and would-be hits are its to decide', () => {
  const pool = poolWith({ judge: 'verifier' });
  const decisions = asked(pool, 200, { ...near, verifierPresent: true });
  expect(count(decisions, 'verify')).toBeGreaterThan(160);
  expect(count(decisions, 'audit')).toBeGreaterThan(10);
  expect(count(decisions, 'serve')).toBe(0);
  const confirmed = Array.from({ length: 100 }, () => pool.verified(near));
  expect(count(confirmed, 'serve')).toBeGreaterThan(90);
  expect(count(confirmed, 'audit')).toBeGreaterThan(0);
});

it('nothing is drawn while the judge cannot be asked', () => {
  const pool = poolWith();
  const away = { ...near, judgePresent: false };
  expect(asked(pool, 20, away).every(({ action, sample }) => action === 'miss' && sample === undefined)).toBe(
    true,
  );
  asked(pool, 400);
  expect(count(asked(pool, 50, away), 'serve')).toBe(50);
});

it('a judge that cannot be asked for long ends what its labels allow, until it answers again', () => {
  const pool = poolWith({ auditShare: 0.5 });
  asked(pool, 400);
  expect(pool.report().similar.standing).toBe('certified');
  const away = { ...near, judgePresent: false };
  const decisions = asked(pool, 200, away);
  // Half of them are samples: some 80 until the fortieth of those.
  expect(count(decisions, 'serve')).toBeGreaterThan(60);
  expect(count(decisions, 'serve')).toBeLessThan(100);
  expect(decisions.at(-1)).toEqual({ action: 'miss' });
  const { threshold, similar } = pool.report();
  expect([threshold, similar.standing]).toEqual([undefined, 'checking']);
  expect(similar.reason).toContain('could not be asked');
  expect(count(asked(pool, 40), 'serve')).toBeGreaterThan(10);
  expect(pool.report().similar.standing).toBe('certified');
});

it('feedback certifies nothing, has would-be hits judged, and never has the labels begin anew', () => {
  const pool = poolWith();
  asked(pool, 400);
  for (let n = 0; n < 100; n++) pool.distrust(0.97, `match ${n}`);
  expect(pool.report()).toMatchObject({ epoch: 1, similar: { standing: 'checking' } });
  expect(count(asked(pool, 20), 'serve')).toBe(0);
  asked(pool, 30);
  expect(pool.report().similar.standing).toBe('certified');
});

it('without a judge, feedback beyond the stated rate raises the threshold; the same feedback twice counts once', () => {
  const pool = poolWith({ judge: undefined });
  for (let n = 0; n < 10; n++) pool.decide(near);
  for (let n = 0; n < 5; n++) pool.distrust(0.97, 'one match');
  expect(pool.threshold).toBe(0.95);
  pool.distrust(0.97, 'another');
  pool.distrust(0.96, 'a third');
  expect(pool.threshold).toBeGreaterThan(0.97);
  expect(pool.decide(near)).toEqual({ action: 'miss' });
});

it('a label of an earlier epoch, and a label that comes twice, change nothing', () => {
  const pool = poolWith();
  const { sample } = pool.decide(near);
  if (sample === undefined) throw new Error('nothing was drawn');
  pool.learn(sample, 'same', 'once');
  pool.learn(sample, 'same', 'once');
  pool.learn({ ...sample, epoch: 7 }, 'same', 'of another epoch');
  expect(pool.report().similar.labels).toEqual({ right: 1, wrong: 0 });
});
