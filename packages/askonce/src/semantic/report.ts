/**
 * What the semantic tier reports of itself: `Cache.semantic()`. Plain JSON.
 */
import type { GateName } from './contract.ts';
import type { ShadowCounts } from './counts.ts';
import type { PoolReport, ReuseReport } from './policies/contract.ts';

/** Why the tier does nothing at all. */
export type SemanticOff =
  /** `createCache` was given no `semantic`. */
  | 'no-embedder'
  /** The flag `semanticCache` is off. */
  | 'switched-off'
  /** The text of questions is not stored (`keepText`). */
  | 'no-text'
  /** It could not be opened; an event has said why (`semantic-trouble`). */
  | 'failed';

/** What may be wrong with the tier: `tier` is the whole of it, which could not be opened. */
export type TroublePart =
  | 'tier'
  | 'embedder'
  | 'verifier'
  | 'judge'
  | 'index'
  | 'feed'
  | 'labels'
  | 'reembedding';

/** Something that is wrong now, and costs semantic hits; never an answer. */
export interface PartTrouble {
  readonly part: TroublePart;
  /** One sentence for the operator, without text or key. */
  readonly message: string;
}

/** The tier as a whole. */
export interface SemanticState {
  /** `off` if there is no tier, or if it is switched off; `degraded` while something is wrong. */
  readonly state: 'ok' | 'degraded' | 'off';
  readonly trouble: readonly PartTrouble[];
}

/** A part outside the process that may be in trouble. */
export interface PartReport {
  readonly name: string;
  /** Whether its breaker is open: it is not asked. */
  readonly open: boolean;
  readonly calls: number;
  readonly failures: number;
  /** What is wrong with it now, in one sentence; absent if nothing is. */
  readonly trouble?: string | undefined;
  /** Spent since midnight (UTC), in US dollars, if the part knows. */
  readonly usdToday?: number | undefined;
  /** Of a verifier or judge: what its calls came to. */
  readonly decided?: DecidedReport | undefined;
}

/** Decisions of a verifier or judge since the process started. */
interface DecidedReport {
  readonly same: number;
  readonly different: number;
  /** Neither: no hit, and no label that says `same`. Many of them mean that it is no judge of these answers. */
  readonly unsure: number;
  /** Verdicts that came after the request had gone on as a miss. They are remembered. */
  readonly late: number;
  /** Not asked: no call of this minute, no dollar of this day, or too many calls at once. */
  readonly overBudget: number;
  /** Not asked: the breaker was open. */
  readonly refused: number;
  /** Not asked: the same was decided before, or was being decided. */
  readonly remembered: number;
  /** Not asked: a question or answer is too long, which counts as unsure. */
  readonly tooLong: number;
}

/** A pair of questions that were near, and were kept apart. */
export interface NearMiss {
  /** Names the pair for `Cache.feedback`. */
  readonly match: string;
  readonly pool: string;
  readonly similarity: number;
  /** What kept the two apart. */
  readonly keptApartBy: KeptApart;
  /** Instant in ms since the epoch. */
  readonly at: number;
  readonly language: string;
  /** The two questions, as their entries have them; absent if an entry is gone. */
  readonly question?: string | undefined;
  readonly earlierQuestion?: string | undefined;
}

/** What kept an earlier question's answer from being served. */
export interface KeptApart {
  readonly by:
    | 'gate'
    | 'guard'
    | 'threshold'
    | 'verifier'
    | 'field'
    | 'language'
    | 'blocked'
    | 'entry'
    | 'audit'
    /** It would have been served, but the request was in shadow. */
    | 'shadow';
  /** The gate, the guard, the field, or the reason; a guard's reason in words. */
  readonly detail?: string | undefined;
}

/** `mode`: no caller is served semantic hits; `rollout`: the caller is not in the share that is served. */
export type WhyInShadow = 'mode' | 'rollout';

export interface RollOutStatus {
  readonly mode: 'serve' | 'shadow';
  /** Share of the callers that are served, in percent. */
  readonly percent: number;
  /** Semantic hits that this process has served at this share. */
  readonly served: number;
}

/** A pool, and what to do next with it, in one sentence. */
interface RecommendedPool extends PoolReport {
  readonly recommendation: string;
}

/** How far stored questions are embedded anew. */
export interface ReembeddingReport {
  /** Entries with a vector of the present embedder. */
  readonly done: number;
  /** Entries that have a vector, or are to have one; absent before they were counted. */
  readonly of?: number | undefined;
  /** The bound on texts a second, of all processes together. 0: nothing is embedded anew. */
  readonly perSecond: number;
  /** Whether this process does it now. */
  readonly isRunningHere: boolean;
  /** Fingerprint of the present embedder. */
  readonly fingerprint: string;
}

export interface SemanticReport {
  /** Absent if the tier works. */
  readonly off?: SemanticOff | undefined;
  /** What is wrong now, part by part. */
  readonly trouble: readonly PartTrouble[];
  readonly embedder?: (PartReport & { readonly fingerprint: string }) | undefined;
  readonly verifier?: PartReport | undefined;
  readonly judge?: PartReport | undefined;
  readonly maxErrorRate: number;
  /** `shadow` while no caller is served (`semanticMode`, or a roll-out to 0 %). */
  readonly mode: RollOutStatus['mode'];
  readonly rollout: Pick<RollOutStatus, 'percent' | 'served'>;
  /** Since the process started. */
  readonly shadow: ShadowCounts;
  /** Of all pools together. */
  readonly reuse: ReuseReport;
  /** What to do next, in one sentence. Absent while the tier is off. */
  readonly recommendation?: string | undefined;
  /** Questions that each gate has kept out since the process started. */
  readonly gates: Readonly<Record<GateName, number>>;
  /** Candidates that each guard has vetoed since the process started. */
  readonly guards: Readonly<Record<string, number>>;
  readonly pools: readonly RecommendedPool[];
  /** The latest first, at most 100. */
  readonly nearMisses: readonly NearMiss[];
  readonly indexes: {
    readonly bytes: number;
    readonly vectors: number;
    /** Whether the indexes are still being built from the store. */
    readonly building: boolean;
  };
  /** Entries that feedback has blocked as candidates. */
  readonly blocked: number;
  /** How far stored questions are embedded by the present embedder; absent if the store holds no vectors beside its entries. */
  readonly reembedding?: ReembeddingReport | undefined;
}

/** A stored question near to one that is explained. */
export interface NearQuestion {
  readonly key: string;
  readonly similarity: number;
  /** Names the pair for `Cache.feedback`. */
  readonly match: string;
  /** The stored question. */
  readonly question: string;
  /** Absent if its answer would be served. */
  readonly keptApartBy?: KeptApart | undefined;
}

/** What the tier says of one request. */
export interface SemanticExplanation {
  /** Why the request does not reach the tier; absent if it does. */
  readonly out?: string | undefined;
  readonly language?: string | undefined;
  readonly pool?: string | undefined;
  /**
   * Present if the request is in shadow, so that nothing is served to it by the tier: because no caller is served now
   * (`mode`), or because the caller is not in the share that is served (`rollout`).
   */
  readonly shadow?: { readonly why: WhyInShadow; readonly detail: string } | undefined;
  /** The nearest first. */
  readonly nearest: readonly NearQuestion[];
}
