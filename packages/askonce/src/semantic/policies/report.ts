/** What a pool says of itself to its operator. */
import type { Standing, Stratum, StratumReport } from './contract.ts';
import { intervalOf, tallyOf } from './evidence.ts';
import type { Grid } from './grid.ts';
import { regionOf } from './ladder.ts';
import { alphaOf, labelsNeeded, type StratumRecord } from './record.ts';
import type { JudgeKind, StratumStance } from './stance.ts';

interface ReportSettings {
  readonly maxErrorRate: number;
  readonly grid: Grid;
  readonly judge: JudgeKind | undefined;
}

export function stratumReport(
  stratum: Stratum,
  record: StratumRecord,
  { standing, cell, share, isUnjudged }: StratumStance & { readonly isUnjudged: boolean },
  { maxErrorRate, grid, judge }: ReportSettings,
): StratumReport {
  const looked = cell ?? (stratum === 'threshold' ? grid.prior : 0);
  const { right, wrong, estimate, effective } = tallyOf(regionOf(record.counters, looked));
  const rate = percent(maxErrorRate);
  const needed = labelsNeeded(maxErrorRate, alphaOf(stratum, record.epoch));
  const reasons: Readonly<Record<Standing, string>> = {
    certified: `${right + wrong} labels show that at most ${rate} of the hits are wrong.`,
    learning: `About ${needed} labels without a wrong one certify ${rate}; so far there are ${right + wrong}.`,
    checking: isUnjudged
      ? 'The judge could not be asked for a long time. Nothing is served by its labels until it can.'
      : `A hit was wrong. Every would-be hit is judged until the labels show ${rate} again.`,
    'cannot-certify': `${wrong} of ${right + wrong} labels are wrong, which does not show ${rate}. State a higher rate, or look at the judge and the guards.`,
    prior: `Nothing judges samples, so that the threshold of the embedder holds. Set sameAnswer or a verifier to learn one.`,
  };
  const isWaiting = isUnjudged && standing === 'certified';
  const shown: Standing = judge === undefined ? 'prior' : isWaiting ? 'checking' : standing;
  return {
    standing: shown,
    reason: reasons[shown],
    auditShare: judge === undefined ? 0 : share,
    labels: { right, wrong },
    wrongPerHit: estimate === undefined ? undefined : { estimate, ...intervalOf(estimate, effective) },
  };
}

function percent(rate: number): string {
  return `${Number((100 * rate).toPrecision(2))} %`;
}
