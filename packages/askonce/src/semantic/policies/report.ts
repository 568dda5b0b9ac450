/** What a pool says of itself to its operator. */
import type { ReuseReport, Standing, Stratum, StratumReport } from './contract.ts';
import { intervalOf, tallyOf } from './evidence.ts';
import type { Grid } from './grid.ts';
import { regionOf } from './ladder.ts';
import { labelsMissing, type PoolRecord, type Rules, type StratumRecord } from './record.ts';
import { type Judged, type ReuseCounts, shareOfAll, wrongOf } from './reuse.ts';
import type { JudgeKind, Stance, StratumStance } from './stance.ts';

interface ReportSettings {
  readonly maxErrorRate: number;
  readonly grid: Grid;
  readonly rules: Rules;
  readonly judge: JudgeKind | undefined;
}

export function stratumReport(
  stratum: Stratum,
  record: StratumRecord,
  { standing, cell, share, isUnjudged }: StratumStance & { readonly isUnjudged: boolean },
  { maxErrorRate, grid, rules, judge }: ReportSettings,
): StratumReport {
  const looked = cell ?? (stratum === 'threshold' ? grid.prior : 0);
  const { right, wrong, estimate, effective } = tallyOf(regionOf(record.counters, looked));
  const rate = percent(maxErrorRate);
  const missing = cell === undefined ? labelsMissing(stratum, record, rules) : undefined;
  const soFar = `so far there are ${right + wrong}${wrong === 0 ? '' : `, ${wrong} of them wrong`}`;
  const reasons: Readonly<Record<Standing, string>> = {
    certified: `${right + wrong} labels show that at most ${rate} of the hits are wrong.`,
    learning: `About ${missing} more labels without a wrong one certify ${rate}; ${soFar}.`,
    checking: isUnjudged
      ? 'The judge could not be asked for a long time, and nothing is served by its labels until it can.'
      : `A hit was wrong, so that every would-be hit is judged until the labels show ${rate} again.`,
    'cannot-certify': `${wrong} of ${right + wrong} labels are wrong, which does not show ${rate}; state a higher rate, or look at the judge and the guards.`,
    prior: `Nothing judges samples, so that the threshold of the embedder holds; set sameAnswer or a verifier to learn one.`,
  };
  const isWaiting = isUnjudged && standing === 'certified';
  const shown: Standing = judge === undefined ? 'prior' : isWaiting ? 'checking' : standing;
  return {
    standing: shown,
    reason: reasons[shown],
    labelsMissing: shown === 'prior' ? undefined : missing,
    auditShare: judge === undefined ? 0 : share,
    labels: { right, wrong },
    wrongPerHit: estimate === undefined ? undefined : { estimate, ...intervalOf(estimate, effective) },
  };
}

/** What is reused by similarity from a threshold on (undefined: by nothing), and how wrong that is. */
export function reuseReport(
  counts: ReuseCounts,
  from: number | undefined,
  record: PoolRecord,
  stance: Stance,
  { grid }: Pick<ReportSettings, 'grid'>,
): ReuseReport {
  const reuse = counts.upTo(from === undefined ? undefined : grid.cellOf(from));
  const { questions, reused, similar, verified } = reuse;
  return {
    ...reuse,
    share: shareOfAll(reused, questions),
    wrong: wrongOf([
      judged(similar, record.threshold, stance.threshold.cell ?? grid.prior),
      judged(verified, record.verified, 0),
    ]),
  };
}

function judged(reused: number, { counters }: StratumRecord, cell: number): Judged {
  const { right, wrong, estimate, effective } = tallyOf(regionOf(counters, cell));
  return {
    reused,
    wrong: estimate === undefined ? undefined : { estimate, effective, labels: right + wrong },
  };
}

function percent(rate: number): string {
  return `${Number((100 * rate).toPrecision(2))} %`;
}
