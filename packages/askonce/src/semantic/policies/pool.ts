/**
 * One pool: what it decides of candidates, and what it learns of those that are judged.
 *
 * Each draw happens here, by one source of random numbers and before anything is known of the verdict: that is how the
 * probability of every sample is known.
 */
import type { Verdict } from '../contract.ts';
import type { Candidate, Decision, Pool, PoolReport, Sample } from './contract.ts';
import type { Grid } from './grid.ts';
import type { Prior } from './prior.ts';
import { counted, type Label, newRecord, type PoolRecord, type Rules } from './record.ts';
import { stratumReport } from './report.ts';
import { nearMissShare } from './share.ts';
import { type JudgeKind, type Stance, stanceOf } from './stance.ts';

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
}

/** A pool whose record can be replaced by what other processes and earlier runs learned. */
export interface LearningPool extends Pool {
  readonly rules: Rules;
  adopt(record: PoolRecord): void;
}

/** Rates of requests whose stances are remembered. */
const mostRates = 8;

export function createPool(settings: PoolSettings): LearningPool {
  const { grid, prior, judge, maxErrorRate, random } = settings;
  const rules: Rules = {
    maxErrorRate,
    cells: grid.thresholds.length,
    prior: grid.prior,
    floor: Math.min(grid.lower, grid.thresholds.length - 1),
  };
  let record = newRecord(rules);
  let stances = new Map<number, Stance>();
  /** Without a judge: the similarity above which feedback has not found a wrong hit. */
  let distrusted = Number.NEGATIVE_INFINITY;
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
      const isSure = prior.upper !== undefined && similarity >= prior.upper && similarity > distrusted;
      const isKept = isSure && (candidate.maxErrorRate ?? maxErrorRate) >= maxErrorRate;
      return isKept ? serve : fallback;
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
    const near = isServed || !isCertified ? { share, halvings: 0 } : nearMissShare(share);
    const isDrawn = random() < near.share;
    const isHit = isServed && cell <= (asked.cell ?? -1) && !threshold.isUneasy && !asked.isUneasy;
    if (!isDrawn) return isHit ? serve : fallback;
    const { epoch } = record.threshold;
    const sample: Sample = { stratum: 'threshold', epoch, cell, ...near, isServed };
    const wouldBeHit = isServed || cell <= grid.prior || fallback.action === 'verify';
    return { action: wouldBeHit ? 'audit' : 'miss', sample };
  }

  function verified(candidate: Candidate): Decision {
    const own = stance(candidate.maxErrorRate).verified;
    const { share } = stance(undefined).verified;
    if (judge === undefined) return note(serve);
    const isHit = own.cell !== undefined && !own.isUneasy;
    if (random() >= share) return note(isHit ? serve : miss);
    const { epoch } = record.verified;
    const isServed = stance(undefined).verified.cell !== undefined;
    return note({
      action: 'audit',
      sample: { stratum: 'verified', epoch, cell: 0, share, halvings: 0, isServed },
    });
  }

  function note(decision: Decision): Decision {
    if (decision.action === 'serve') decisions.verified++;
    return decision;
  }

  function learn(sample: Sample, verdict: Verdict, id: string): void {
    const { stratum, epoch, cell, halvings, isServed, share } = sample;
    const hits = isServed ? 1 / share - 1 : 0;
    const label = { id, stratum, epoch, cell, halvings, isServed, hits, isWrong: verdict !== 'same' };
    become(counted(record, label, rules));
    settings.onLabel(label);
  }

  return {
    id: settings.id,
    rules,
    adopt: become,
    decide,
    verified,
    learn,
    distrust(similarity) {
      distrusted = Math.max(distrusted, similarity);
    },
    report(): PoolReport {
      const { threshold, verified: byVerifier } = stance(undefined);
      const isPrior = judge === undefined;
      const at =
        threshold.cell === undefined || threshold.isUneasy ? undefined : grid.thresholds[threshold.cell];
      return {
        id: settings.id,
        ...settings.parts,
        maxErrorRate,
        prior,
        threshold: isPrior ? prior.upper : at,
        lower: prior.lower,
        epoch: record.threshold.epoch,
        similar: stratumReport('threshold', record.threshold, threshold, settings),
        verified: stratumReport('verified', record.verified, byVerifier, settings),
        decisions: { ...decisions },
      };
    },
  };
}

const serve: Decision = { action: 'serve' };
const verify: Decision = { action: 'verify' };
const miss: Decision = { action: 'miss' };
