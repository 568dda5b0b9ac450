/**
 * What a pool decides of a candidate, and what it is shown in return.
 *
 * A pool is what one threshold holds for: one embedder, guards and gates of one version, one tenant, and by default one
 * language and one category. See docs/decisions/0029-one-threshold-a-pool-by-the-rate-per-hit.md for what is guaranteed, and under which assumptions.
 */
import type { Verdict } from '../contract.ts';

/** An earlier question near to the one that is asked. */
export interface Candidate {
  readonly similarity: number;
  /** Whether a guard found a difference. */
  readonly vetoed: boolean;
  /** Whether the two texts are the same after normalisation. Such a hit is served, and is outside of the statistics. */
  readonly identical: boolean;
  /** Whether a verifier can be asked now: there is one, its breaker is closed, and its budget is not spent. */
  readonly verifierPresent: boolean;
  /** Whether the judge can be asked now: its breaker is closed, and its budget is not spent. Default: true. */
  readonly judgePresent?: boolean | undefined;
  /** The request's own stated rate. Only one below the pool's counts. */
  readonly maxErrorRate?: number | undefined;
  /** Whether the request is in shadow: the provider is asked, whatever is decided. Default: false. */
  readonly isShadow?: boolean | undefined;
}

/**
 * - `serve`: the earlier answer is the reply.
 * - `audit`: a would-be hit that is sampled. The provider is asked, its answer is the reply, and the pair is judged.
 * - `shadow`: a would-be hit of a request in shadow. The provider is asked. With a sample, the pair is judged.
 * - `verify`: the verifier decides. On `same` the caller asks {@link Pool.verified}, otherwise it is a miss. In shadow it
 *   may come with a sample.
 * - `miss`: the provider is asked. With a sample, the pair is judged all the same.
 */
type Action = 'serve' | 'audit' | 'shadow' | 'verify' | 'miss';

export interface Decision {
  readonly action: Action;
  /** Present if the pair is to be judged once the provider has answered; goes to {@link Pool.learn} with the verdict. */
  readonly sample?: Sample | undefined;
}

/** A stratum has labels and a test of its own. */
export type Stratum = 'threshold' | 'verified';

/** A candidate that was drawn to be judged, before its verdict was known to anything. */
export interface Sample {
  readonly stratum: Stratum;
  /** The epoch of the stratum's labels. */
  readonly epoch: number;
  /** Its cell of the grid. */
  readonly cell: number;
  /** The probability with which it was drawn, above 0 and at most 1. */
  readonly share: number;
  /** It counts 2 to the power of minus this, beside a would-be hit that was drawn at the same time. */
  readonly halvings: number;
  /** Whether the labels certified the region of its similarity when it was drawn. */
  readonly isServed: boolean;
  /** The lowest cell that was judged when it was drawn. */
  readonly floor: number;
  /** Whether it was drawn of a request in shadow: then it stands for no hit that was served. */
  readonly isShadow?: true | undefined;
}

/** Where a stratum of a pool stands. */
export type Standing =
  /** The labels show that the served region keeps the stated rate. */
  | 'certified'
  /** Too few labels so far. Nothing is served but identical text, and what a verifier confirms. */
  | 'learning'
  /**
   * A label of the served region was wrong, and every would-be hit is judged until the labels are calm again; or the judge
   * could not be asked for so long that nothing is served by its labels until it can.
   */
  | 'checking'
  /** Enough labels, and they do not show the stated rate. */
  | 'cannot-certify'
  /** Nothing judges, so that the prior holds as it is. */
  | 'prior';

export interface StratumReport {
  readonly standing: Standing;
  /** One sentence for the operator: why it stands so, and what would change it. */
  readonly reason: string;
  /** About how many more labels certify the stated rate if none of them is wrong. Absent if it is certified. */
  readonly labelsMissing?: number | undefined;
  /** The share of would-be hits that are judged now. */
  readonly auditShare: number;
  readonly labels: { readonly right: number; readonly wrong: number };
  /** Estimated rate of wrong answers per hit in the region that is served, with its 95 % interval. Absent without labels. */
  readonly wrongPerHit?: Interval | undefined;
}

/** An estimated share, with its 95 % interval. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * What the tier would reuse of the questions that were looked up since the process began, in shadow or not: by the
 * thresholds of now, or, where nothing is certified, by those at which learning begins.
 */
export interface ReuseReport {
  /** Questions that were looked up: those that had an exact hit, or that a gate kept out, are none of them. */
  readonly questions: number;
  /** Of these, questions that an earlier answer would serve or has served, in all three ways: */
  readonly reused: number;
  /** by text that is the same after normalisation, … */
  readonly identical: number;
  /** … by similarity, … */
  readonly similar: number;
  /** … and because a verifier confirmed it. */
  readonly verified: number;
  /** Reused questions of all questions. Absent without questions. */
  readonly share?: Interval | undefined;
  /** Wrong answers of those reused by similarity or a verifier, by the labels. Absent without labels. */
  readonly wrong?: WrongReport | undefined;
}

export interface WrongReport extends Interval {
  /** Labels that it rests on. */
  readonly labels: number;
  /** Labels of one weight that would tell as much (Kish). */
  readonly effective: number;
}

export interface PoolReport {
  /** Digest of what makes the pool. */
  readonly id: string;
  readonly embedder: string;
  readonly tenant: string;
  readonly language?: string | undefined;
  readonly category?: string | undefined;
  readonly maxErrorRate: number;
  readonly prior: { readonly upper?: number | undefined; readonly lower: number };
  /** The similarity from which on answers are served now. Absent if none are. */
  readonly threshold?: number | undefined;
  /** The similarity below which nothing is served, verified or judged now. */
  readonly lower: number;
  /** How often the labels began anew because what they showed no longer held; the first time is 1. */
  readonly epoch: number;
  readonly similar: StratumReport;
  readonly verified: StratumReport;
  readonly reuse: ReuseReport;
  /** Since the process began. `identical` and `verified` are served. */
  readonly decisions: Readonly<Record<Action | 'identical' | 'verified', number>>;
}

/** What separates pools besides embedder and versions; what does not separate them is absent. */
export interface PoolParts {
  /** Digest of the tenant, or of the credential of a caller without one. */
  readonly tenant: string;
  readonly language?: string | undefined;
  readonly category?: string | undefined;
}

export interface Pool {
  readonly id: string;
  readonly parts: PoolParts;
  /** Below this similarity a candidate is a miss, whatever else holds: it is not worth a look. */
  readonly lower: number;
  /** The similarity from which on answers are served now. Absent if none are. */
  readonly threshold: number | undefined;
  /**
   * Counts a question that is looked up, once: `candidate` is the nearest that no guard vetoes, or has the same text.
   * Undefined if there is none.
   */
  looked(candidate: Pick<Candidate, 'similarity' | 'identical'> | undefined): void;
  decide(candidate: Candidate): Decision;
  /** After `verify`, once the verifier said `same`. `miss` while its stratum does not keep the rate. */
  verified(candidate: Candidate): Decision;
  /**
   * Counts a verdict on a drawn pair. `unsure` counts as wrong: a judge that leaves out the hard pairs would certify
   * anything. Of two labels with one id the second is dropped. A judge that failed has no verdict, and there is
   * nothing to call.
   */
  learn(sample: Sample, verdict: Verdict, id: string): void;
  /**
   * Feedback `wrong` on a hit. It is no sample, so that it certifies nothing. With a judge, every would-be hit is judged until the
   * labels are calm; without one, the threshold rises above that similarity once feedback alone exceeds the stated rate.
   * Of two with one id the second is dropped.
   */
  distrust(similarity: number, id: string): void;
  report(): PoolReport;
}
