/**
 * One pool: what it decides of candidates, and what it learns of those that are judged.
 *
 * Each draw happens here, by one source of random numbers and before anything is known of the verdict: that is how the
 * probability of every sample is known.
 */
import { hash } from 'node:crypto';
import type { Verdict } from '../contract.ts';
import type { Candidate, Decision, Pool, PoolReport, Sample, Stratum } from './contract.ts';
import { raised } from './feedback.ts';
import type { Grid } from './grid.ts';
import type { Prior } from './prior.ts';
import { counted, type Label, newRecord, type PoolRecord, type Rules } from './record.ts';
import { reuseReport, stratumReport } from './report.ts';
import { reuseCounts } from './reuse.ts';
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
  /** Hits that no label has reported: only without a judge. */
  let unreported = 0;
  /** Samples of the served region since the last verdict for which the judge could not be asked, by their weights. */
  const unjudged: Record<Stratum, number> = { threshold: 0, verified: 0 };
  const decisions = { serve: 0, audit: 0, shadow: 0, verify: 0, miss: 0, identical: 0, verified: 0 };
  const reuse = reuseCounts(grid);

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
    decisions[decision.action === 'serve' && candidate.identical ? 'identical' : decision.action]++;
    return decision;
  }

  function decided(candidate: Candidate): Decision {
    const { similarity, vetoed, identical, verifierPresent, isShadow } = candidate;
    const hit = isShadow === true ? shadow : serve;
    if (identical) return hit;
    const fallback = verifierPresent && similarity >= prior.lower ? verify : miss;
    if (vetoed) return fallback;
    if (judge === undefined) {
      const from = thresholdNow();
      const isSure = from !== undefined && similarity >= from;
      if (!isSure || (candidate.maxErrorRate ?? maxErrorRate) < maxErrorRate) return fallback;
      if (hit === serve) unreported++;
      return hit;
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
    const isShadow = candidate.isShadow === true;
    const isCertified = threshold.cell !== undefined;
    // In shadow the verifier serves nothing, so that it takes no sample away.
    const isBeside = candidate.verifierPresent && !isShadow;
    const share = isBeside ? threshold.shareBesideVerifier : threshold.share;
    // A near miss that the verifier may serve is drawn as rarely as a hit; one that is asked anyway costs a verdict alone.
    const isFree = isCertified && (isShadow || (!isServed && fallback.action === 'miss'));
    const near = isFree ? nearMissShare(share) : { share, halvings: 0 };
    const isWanted = random() < near.share;
    const isDrawn = isWanted && candidate.judgePresent !== false;
    if (isWanted && !isDrawn && isServed) unjudged.threshold += weightOf(near.halvings);
    const isHit = isServed && cell <= (asked.cell ?? -1) && !asked.isUneasy && isSure('threshold');
    if (!isDrawn) return !isHit ? fallback : isShadow ? shadow : serve;
    const { epoch, floor } = record.threshold;
    const sample: Sample = {
      ...{ stratum: 'threshold', epoch, cell, ...near, isServed, floor },
      ...drawnIn(isShadow),
    };
    const wouldBeHit = isServed || cell <= grid.prior || fallback.action === 'verify';
    if (!isShadow) return { action: wouldBeHit ? 'audit' : 'miss', sample };
    // What the verifier would decide, it decides behind the reader.
    const action = isHit || (wouldBeHit && fallback.action === 'miss') ? 'shadow' : fallback.action;
    return { action, sample };
  }

  function verified(candidate: Candidate): Decision {
    const decision = verifiedHit(candidate);
    if (decision.action !== 'miss') reuse.verified(candidate.similarity, candidate.vetoed);
    if (decision.action === 'serve') decisions.verified++;
    if (decision.action === 'shadow') decisions.shadow++;
    return decision;
  }

  function verifiedHit(candidate: Candidate): Decision {
    const isShadow = candidate.isShadow === true;
    const hit = isShadow ? shadow : serve;
    const own = stance(candidate.maxErrorRate).verified;
    const now = stance(undefined).verified;
    const isStricter = (candidate.maxErrorRate ?? maxErrorRate) < maxErrorRate;
    if (judge === undefined) return isStricter ? miss : hit;
    const isServed = now.cell !== undefined;
    const drawn = isShadow && isServed ? nearMissShare(now.share) : { share: now.share, halvings: 0 };
    const isWanted = random() < drawn.share;
    const isDrawn = isWanted && candidate.judgePresent !== false;
    if (isWanted && !isDrawn) unjudged.verified += weightOf(drawn.halvings);
    const isHit = own.cell !== undefined && !own.isUneasy && isSure('verified');
    if (!isDrawn) return isHit ? hit : miss;
    const { epoch } = record.verified;
    const sample: Sample = {
      ...{ stratum: 'verified', epoch, cell: 0, ...drawn, isServed, floor: 0 },
      ...drawnIn(isShadow),
    };
    return { action: isShadow ? 'shadow' : 'audit', sample };
  }

  /** Whether the stratum is calm as far as any process knows, and its judge answers. */
  function isSure(stratum: Stratum): boolean {
    return !stance(undefined)[stratum].isUneasy && unjudged[stratum] < mostUnjudged && isCurrent();
  }

  function learn(sample: Sample, verdict: Verdict, id: string): void {
    const { share, isShadow, ...drawn } = sample;
    unjudged[sample.stratum] = 0;
    // What was not served has put no reader at risk, and does not make audits rarer.
    const hits = sample.isServed && isShadow !== true ? 1 / share - 1 : 0;
    count({ ...drawn, id: shortened(id), hits, isWrong: verdict !== 'same' });
  }

  function count(label: Label): void {
    become(counted(record, label, rules));
    settings.onLabel(label);
  }

  function thresholdNow(): number | undefined {
    if (judge === undefined)
      return prior.upper && raised(prior.upper, record.complaints, unreported, maxErrorRate);
    const { cell } = stance(undefined).threshold;
    return cell === undefined || !isSure('threshold') ? undefined : grid.thresholds[cell];
  }

  return {
    id: settings.id,
    parts: settings.parts,
    rules,
    get lower() {
      return judge === undefined ? prior.lower : Math.min(prior.lower, floorNow());
    },
    get threshold() {
      return thresholdNow();
    },
    adopt: become,
    looked: reuse.looked,
    decide,
    verified,
    learn,
    distrust(similarity, id) {
      const own = shortened(id);
      if (record.ids.includes(own)) return;
      const hits = unreported;
      unreported = 0;
      count({ ...complaint, id: own, epoch: record.threshold.epoch, similarity, hits });
    },
    report(): PoolReport {
      const now = stance(undefined);
      const { threshold, verified: byVerifier } = now;
      const described = { ...settings, rules };
      const learnsFrom = judge === undefined ? thresholdNow() : grid.thresholds[threshold.cell ?? grid.prior];
      return {
        id: settings.id,
        ...settings.parts,
        maxErrorRate,
        prior,
        threshold: thresholdNow(),
        lower: this.lower,
        epoch: record.threshold.epoch,
        similar: stratumReport('threshold', record.threshold, seen('threshold', threshold), described),
        verified: stratumReport('verified', record.verified, seen('verified', byVerifier), described),
        reuse: reuseReport(reuse, learnsFrom, record, now, settings),
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
  isServed: true,
  isWrong: true,
  isFeedback: true,
} as const;

/** What a sample counts beside a would-be hit that was drawn at the same time. */
function weightOf(halvings: number): number {
  return 2 ** -halvings;
}

function drawnIn(isShadow: boolean): Pick<Sample, 'isShadow'> {
  return isShadow ? { isShadow } : {};
}

const serve: Decision = { action: 'serve' };
const shadow: Decision = { action: 'shadow' };
const verify: Decision = { action: 'verify' };
const miss: Decision = { action: 'miss' };
