/**
 * What to do next with a roll-out, in one sentence: from where the pools stand, and from what they would reuse.
 */
import type { PoolReport, ReuseReport, StratumReport } from './policies/contract.ts';
import { wrongOf } from './policies/reuse.ts';
import type { RollOutStatus } from './report.ts';

/** Shares of the callers, in percent, each the next after the one before. */
const steps = [10, 50, 100] as const;
/** Semantic hits at one share before the next is recommended. */
const fewestServed = 20;

/** What speaks for serving a pool, or against it. */
type Advice =
  | { readonly kind: 'serve'; readonly reuse: ReuseReport; readonly why: string }
  /** Not yet. */
  | { readonly kind: 'wait'; readonly why: string; readonly labelsMissing: number }
  /** Not at all. */
  | { readonly kind: 'refuse'; readonly why: string }
  /** Nothing judges. */
  | { readonly kind: 'unjudged'; readonly why: string };

/** The sentence for one pool. */
export function recommendationFor(pool: PoolReport, rollOut: RollOutStatus): string {
  const advice = adviceOn(pool);
  switch (advice.kind) {
    case 'serve':
      return served(rollOut, advice.reuse, advice.why);
    case 'wait':
      return `${staying(rollOut)}: ${advice.why}.`;
    case 'refuse':
      return `Do not serve this pool: ${advice.why}.`;
    case 'unjudged':
      return `Name a judge${rollOut.percent === 0 ? ' before you serve' : ''}: ${advice.why}.`;
    default:
      return advice satisfies never;
  }
}

/** The sentence for all pools together. A pool that is not certified serves nothing by itself, and holds no other one up. */
export function recommendationForAll(pools: readonly PoolReport[], rollOut: RollOutStatus): string {
  const [first] = pools;
  if (first === undefined) return `${staying(rollOut)}: ${nothingLookedUp}.`;
  if (pools.length === 1) return recommendationFor(first, rollOut);
  const advised = pools.map(adviceOn);
  const ready = advised.flatMap((advice) => (advice.kind === 'serve' ? [advice] : []));
  if (ready.length > 0) {
    const { questions } = totalOf(pools.map(({ reuse }) => reuse));
    const reuse = { ...totalOf(ready.map((advice) => advice.reuse)), questions };
    return served(rollOut, reuse, `${ready[0]?.why} in ${ready.length} of ${pools.length} pools`);
  }
  const waiting = advised
    .flatMap((advice) => (advice.kind === 'wait' ? [advice] : []))
    .toSorted((one, other) => one.labelsMissing - other.labelsMissing);
  const [nearest] = waiting;
  if (nearest !== undefined) return `${staying(rollOut)}: in the pool that is nearest to it, ${nearest.why}.`;
  const unjudged = advised.find(({ kind }) => kind === 'unjudged');
  if (unjudged === undefined) return 'Do not serve: the labels of no pool show the stated rate.';
  return recommendationFor(pools[advised.indexOf(unjudged)] ?? first, rollOut);
}

/** What all pools together would reuse, and how wrong. */
export function totalOf(reuses: readonly ReuseReport[]): Omit<ReuseReport, 'share'> {
  const sum = (of: (reuse: ReuseReport) => number) => reuses.reduce((all, reuse) => all + of(reuse), 0);
  return {
    questions: sum(({ questions }) => questions),
    reused: sum(({ reused }) => reused),
    identical: sum(({ identical }) => identical),
    similar: sum(({ similar }) => similar),
    verified: sum(({ verified }) => verified),
    wrong: wrongOf(reuses.map(({ similar, verified, wrong }) => ({ reused: similar + verified, wrong }))),
  };
}

const nothingLookedUp = 'no question has been looked up yet';

function adviceOn({ similar, verified, reuse, maxErrorRate }: PoolReport): Advice {
  const rate = percent(maxErrorRate);
  if (similar.standing === 'certified')
    return { kind: 'serve', reuse, why: `the stated ${rate} is certified` };
  const labels = verified.labels.right + verified.labels.wrong;
  const { wrongPerHit } = verified;
  const keepsRate = wrongPerHit !== undefined && wrongPerHit.estimate <= maxErrorRate;
  if (verified.standing === 'certified' && reuse.verified > 0 && keepsRate) {
    const confirmed = { ...reuse, similar: 0, reused: reuse.identical + reuse.verified };
    const wrong = { ...wrongPerHit, labels, effective: labels };
    return { kind: 'serve', reuse: { ...confirmed, wrong }, why: `what the verifier confirms keeps ${rate}` };
  }
  switch (similar.standing) {
    case 'prior':
      return {
        kind: 'unjudged',
        why: `${amount(reuse)}, and how many of them wrongly is not known, since nothing judges them`,
      };
    case 'cannot-certify':
      return similar.wrongPerHit !== undefined && similar.wrongPerHit.estimate <= maxErrorRate
        ? { kind: 'wait', why: moreLabels(similar, rate), labelsMissing: similar.labelsMissing ?? 0 }
        : { kind: 'refuse', why: clause(similar.reason) };
    case 'checking':
      return { kind: 'wait', why: clause(similar.reason), labelsMissing: 0 };
    case 'learning': {
      const { labelsMissing = 0 } = similar;
      if (reuse.questions + similar.labels.right + similar.labels.wrong === 0)
        return { kind: 'wait', why: nothingLookedUp, labelsMissing };
      return { kind: 'wait', why: moreLabels(similar, rate), labelsMissing };
    }
    default:
      return similar.standing satisfies never;
  }
}

function moreLabels({ labels: { right, wrong }, labelsMissing = 0 }: StratumReport, rate: string): string {
  const soFar = wrong === 0 ? '' : `${count(wrong)} of ${count(right + wrong)} labels are wrong, and `;
  return `${soFar}about ${count(labelsMissing)} more labels without a wrong one are needed to certify ${rate}`;
}

function served({ percent: share, served }: RollOutStatus, reuse: ReuseReport, why: string): string {
  const next = steps.find((step) => step > share);
  if (share > 0 && next !== undefined && served < fewestServed)
    return `Stay at ${share} %: ${served} semantic hits were served here at this share, and ${fewestServed} are the least before the next.`;
  const evidence = reuse.questions === 0 ? nothingLookedUp : `${amount(reuse)}${wrongly(reuse)}`;
  if (next === undefined) return `Serve on: ${evidence}, and ${why}.`;
  return `${share === 0 ? `Serve ${next} % next` : `Go on to ${next} %`}: ${evidence}, and ${why}.`;
}

function staying({ percent: share }: RollOutStatus): string {
  if (share === 0) return 'Stay in shadow';
  return share < 100 ? `Stay at ${share} %` : 'Wait';
}

function amount({ questions, reused }: ReuseReport): string {
  return `${count(reused)} of ${count(questions)} questions would have been reused`;
}

function wrongly({ wrong }: ReuseReport): string {
  if (wrong === undefined) return '';
  const { estimate, low, high } = wrong;
  return `, ${percent(estimate)} of them wrongly (${inPercent(low)}–${percent(high)})`;
}

/** A sentence as it stands within another one. */
function clause(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`;
}

function percent(share: number): string {
  return `${inPercent(share)} %`;
}

function inPercent(share: number): string {
  return String(Number((100 * share).toPrecision(2)));
}

/** With spaces between thousands. */
function count(number: number): string {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ' ');
}
