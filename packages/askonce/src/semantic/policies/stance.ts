/** What the labels of a pool allow at one stated rate: computed once after each label, read by every decision. */
import { unrest } from './calm.ts';
import type { Standing, Stratum } from './contract.ts';
import { intervalOf, tallyOf } from './evidence.ts';
import { regionOf } from './ladder.ts';
import { alphaOf, certified, labelsNeeded, type PoolRecord, type StratumRecord } from './record.ts';
import { shareBesideVerifier, shareOf, shareWithoutHope } from './share.ts';

/**
 * What judges: the caller's own function or a comparison of answers (`answers`), or the verifier, whose verdicts on its own hits
 * say little.
 */
export type JudgeKind = 'answers' | 'verifier';

export interface StratumStance {
  readonly standing: Exclude<Standing, 'prior'>;
  /** The lowest cell of the grid that may be served; undefined if none may. */
  readonly cell: number | undefined;
  /** Whether every would-be hit is judged, since one was wrong. */
  readonly isUneasy: boolean;
  /** Share of would-be hits that is drawn. */
  readonly share: number;
  /** The same while a verifier decides those that are not drawn. */
  readonly shareBesideVerifier: number;
}

export interface Stance {
  readonly threshold: StratumStance;
  readonly verified: StratumStance;
}

interface StanceSettings {
  readonly maxErrorRate: number;
  readonly auditShare: number;
  readonly judge: JudgeKind | undefined;
}

/** Wrong labels from which on they can show that the rate is not kept. */
const leastWrong = 5;

export function stanceOf(record: PoolRecord, rate: number, settings: StanceSettings): Stance {
  return {
    threshold: stratumStance('threshold', record.threshold, rate, settings),
    verified: stratumStance('verified', record.verified, rate, settings),
  };
}

function stratumStance(
  stratum: Stratum,
  record: StratumRecord,
  rate: number,
  { maxErrorRate, auditShare, judge }: StanceSettings,
): StratumStance {
  // A verifier that judges itself can show that it is wrong, never that it is right: its word holds until then.
  const isTrusted =
    stratum === 'verified' && judge === 'verifier' && record.epoch === 1 && rate === maxErrorRate;
  const cell = isTrusted ? 0 : certified(stratum, record, rate);
  const isUneasy = cell !== undefined && unrest(record.recent, rate) > 0;
  const { standing, isHopeful } = standingOf(stratum, record, rate, { cell, isUneasy });
  const settled = isTrusted ? auditShare : shareOf({ rate, hits: record.hits, atLeast: auditShare });
  const unsettled = isHopeful ? 1 : shareWithoutHope;
  const share = cell === undefined ? unsettled : isUneasy ? 1 : settled;
  return {
    standing,
    cell,
    isUneasy,
    share,
    shareBesideVerifier: share === settled ? share : Math.min(share, shareBesideVerifier),
  };
}

function standingOf(
  stratum: Stratum,
  { epoch, counters, entries }: StratumRecord,
  rate: number,
  { cell, isUneasy }: Pick<StratumStance, 'cell' | 'isUneasy'>,
): { readonly standing: StratumStance['standing']; readonly isHopeful: boolean } {
  if (cell !== undefined) return { standing: isUneasy ? 'checking' : 'certified', isHopeful: true };
  const first = entries === undefined ? counters.length : Math.min(...entries.map((entry) => entry.cell));
  const { right, wrong, estimate, effective } = tallyOf(regionOf(counters, first));
  const isHopeful = right + wrong < 3 * labelsNeeded(rate, alphaOf(stratum, epoch));
  const isRefuted =
    estimate !== undefined && wrong >= leastWrong && intervalOf(estimate, effective).low > rate;
  return { standing: isHopeful && !isRefuted ? 'learning' : 'cannot-certify', isHopeful };
}
