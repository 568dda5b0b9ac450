/**
 * One pool: what it decides of candidates, and what it learns of those that are judged.
 *
 * Each draw happens here, by one source of random numbers and before anything is known of the verdict: that is how the
 * probability of every sample is known.
 */
import { hash } from 'node:crypto';
import type { Verdict } from '../contract.ts';
import type { Candidate, Decision, Pool, PoolReport, Sample, Stratum } from './contract.ts';
import { feedbackOf } from './feedback.ts';
import type { Grid } from './grid.ts';
import type { Prior } from './prior.ts';
import { counted, type Label, newRecord, type PoolRecord, type Rules } from './record.ts';
import { stratumReport } from './report.ts';
import { nearMissShare } from './share.ts';
import { type JudgeKind, type Stance, type StratumStance, stanceOf } from './stance.ts';

export interface PoolSettings {
  readonly id: string;
  readonly parts: Pick<PoolReport, 'embedder' | 'tenant' | 'language' | 'category'>;
  readonly prior: Prior;
  readonly grid: Grid;
  readonly maxErrorRate: number;
  readonly auditShare: number;
  /** What judges samples; absent if nothing does. */
  readonly judge: JudgeKind | undefined;
  /** Uniform from 0 to just below 1. */
  readonly random: () => number;
  /** Called with each label, to be stored. */
  readonly onLabel: (label: Label) => void;
  /** Whether what other processes learned up to a second ago is known here. Default: it is. */
  readonly isCurrent?: (() => boolean) | undefined;
}

/** A pool whose record can be replaced by what other processes and earlier runs learned. */
export interface LearningPool extends Pool {
  readonly rules: Rules;
  adopt(record: PoolRecord): void;
}

/** Samples without a verdict after which nothing more is served that only the labels vouch for. */
const mostUnjudged = 40;
/** Rates of requests whose stances are remembered. */
const mostRates = 8;

export function createPool(settings: PoolSettings): LearningPool {
  const { grid, prior, judge, maxErrorRate, random, isCurrent = () => true } = settings;
  const rules: Rules = {
    maxErrorRate,
    cells: grid.thresholds.length,
    prior: grid.prior,
    floor: Math.min(grid.lower, grid.thresholds.length - 1),
  };
  let record = newRecord(rules);
  let stances = new Map<number, Stance>();
  const complaints = feedbackOf(maxErrorRate);
  /** Samples of the served region since the last verdict for which the judge could not be asked. */
  const unjudged: Record<Stratum, number> = { threshold: 0, verified: 0 };
  const decisions = { serve: 0, audit: 0, verify: 0, miss: 0, identical: 0, verified: 0 };

  function stance(asked: number | undefined): Stance {
    const rate = asked === undefined || !(asked < maxErrorRate) ? maxErrorRate : Math.max(asked, 0);
    const known = stances.get(rate);
    if (known !== undefined) return known;
    const made = stanceOf(record, rate, settings);
    if (stances.size >= mostRates) stances = new Map();
    stances.set(rate, made);
    return made;
  }

  function seen(stratum: Stratum, now: StratumStance): StratumStance & { readonly isUnjudged: boolean } {
    return { ...now, isUnjudged: unjudged[stratum] >= mostUnjudged };
  }

  function floorNow(): number {
    return grid.thresholds[record.threshold.floor] ?? prior.lower;
  }

  function become(next: PoolRecord): void {
    record = next;
    stances = new Map();
  }

  function decide(candidate: Candidate): Decision {
    const decision = decided(candidate);
    decisions[candidate.identical ? 'identical' : decision.action]++;
    return decision;
  }

  function decided(candidate: Candidate): Decision {
    const { similarity, vetoed, identical, verifierPresent } = candidate;
    if (identical) return serve;
    const fallback = verifierPresent && similarity >= prior.lower ? verify : miss;
    if (vetoed) return fallback;
    if (judge === undefined) {
      const from = thresholdNow();
      const isSure = from !== undefined && similarity >= from;
      if (!isSure || (candidate.maxErrorRate ?? maxErrorRate) < maxErrorRate) return fallback;
      complaints.hit();
      return serve;
    }
    return sampled(candidate, fallback);
  }

  function sampled(candidate: Candidate, fallback: Decision): Decision {
    const cell = grid.cellOf(candidate.similarity);
    const { threshold } = stance(undefined);
    const asked = stance(candidate.maxErrorRate).threshold;
    const served = threshold.cell ?? -1;
    const isServed = cell <= served;
    if (cell > record.threshold.floor) return fallback;
    const isCertified = threshold.cell !== undefined;
    const share = candidate.verifierPresent ? threshold.shareBesideVerifier : threshold.share;
    // A near miss that the verifier may serve is drawn as rarely as a hit; one that is asked anyway costs a verdict alone.
    const isFree = isCertified && !isServed && fallback.action === 'miss';
    const near = isFree ? nearMissShare(share) : { share, halvings: 0 };
    const isWanted = random() < near.share;
    const isDrawn = isWanted && candidate.judgePresent !== false;
    if (isWanted && !isDrawn && isServed) unjudged.threshold++;
    const isHit = isServed && cell <= (asked.cell ?? -1) && !asked.isUneasy && isSure('threshold');
    if (!isDrawn) return isHit ? serve : fallback;
    const { epoch, floor } = record.threshold;
    const sample: Sample = { stratum: 'threshold', epoch, cell, ...near, isServed, floor };
    const wouldBeHit = isServed || cell <= grid.prior || fallback.action === 'verify';
    return { action: wouldBeHit ? 'audit' : 'miss', sample };
  }

  function verified(candidate: Candidate): Decision {
    const own = stance(candidate.maxErrorRate).verified;
    const { share } = stance(undefined).verified;
    const isStricter = (candidate.maxErrorRate ?? maxErrorRate) < maxErrorRate;
    if (judge === undefined) return note(isStricter ? miss : serve);
    const isWanted = random() < share;
    const isDrawn = isWanted && candidate.judgePresent !== false;
    if (isWanted && !isDrawn) unjudged.verified++;
    const isHit = own.cell !== undefined && !own.isUneasy && isSure('verified');
    if (!isDrawn) return note(isHit ? serve : miss);
    const { epoch } = record.verified;
    const isServed = stance(undefined).verified.cell !== undefined;
    return note({
      action: 'audit',
      sample: { stratum: 'verified', epoch, cell: 0, share, halvings: 0, isServed, floor: 0 },
    });
  }

  /** Whether the stratum is calm as far as any process knows, and its judge answers. */
  function isSure(stratum: Stratum): boolean {
    return !stance(undefined)[stratum].isUneasy && unjudged[stratum] < mostUnjudged && isCurrent();
  }

  function note(decision: Decision): Decision {
    if (decision.action === 'serve') decisions.verified++;
    return decision;
  }

  function learn(sample: Sample, verdict: Verdict, id: string): void {
    const { share, ...drawn } = sample;
    unjudged[sample.stratum] = 0;
    const hits = sample.isServed ? 1 / share - 1 : 0;
    count({ ...drawn, id: shortened(id), hits, isWrong: verdict !== 'same' });
  }

  function count(label: Label): void {
    become(counted(record, label, rules));
    settings.onLabel(label);
  }

  function thresholdNow(): number | undefined {
    if (judge === undefined) return prior.upper === undefined ? undefined : complaints.above(prior.upper);
    const { cell } = stance(undefined).threshold;
    return cell === undefined || !isSure('threshold') ? undefined : grid.thresholds[cell];
  }

  return {
    id: settings.id,
    rules,
    get lower() {
      return judge === undefined ? prior.lower : Math.min(prior.lower, floorNow());
    },
    get threshold() {
      return thresholdNow();
    },
    adopt: become,
    decide,
    verified,
    learn,
    distrust(similarity, id) {
      complaints.add(similarity, id);
      const { epoch } = record.threshold;
      if (judge !== undefined) count({ ...complaint, id: shortened(id), epoch });
    },
    report(): PoolReport {
      const { threshold, verified: byVerifier } = stance(undefined);
      return {
        id: settings.id,
        ...settings.parts,
        maxErrorRate,
        prior,
        threshold: thresholdNow(),
        lower: this.lower,
        epoch: record.threshold.epoch,
        similar: stratumReport('threshold', record.threshold, seen('threshold', threshold), settings),
        verified: stratumReport('verified', record.verified, seen('verified', byVerifier), settings),
        decisions: { ...decisions },
      };
    },
  };
}

/** Ids of callers may be long, and a record has many of them. */
function shortened(id: string): string {
  return hash('sha256', id, 'base64url').slice(0, 12);
}

const complaint = {
  stratum: 'threshold',
  cell: 0,
  halvings: 0,
  floor: 0,
  hits: 0,
  isServed: true,
  isWrong: true,
  isFeedback: true,
} as const;
const serve: Decision = { action: 'serve' };
const verify: Decision = { action: 'verify' };
const miss: Decision = { action: 'miss' };
