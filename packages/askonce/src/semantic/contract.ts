/**
 * The contracts of the semantic tier: embedders, vector indexes, gates, guards, verifiers and judges.
 *
 * A request passes them in this order: the gates look at its question alone; the embedder makes its vector; the index
 * finds the nearest earlier questions; the guards compare the two questions; the pool's threshold, and where there is
 * one the verifier, decide whether the earlier answer is served.
 */
import type { Awaitable } from '../clock.ts';
import type { Usage } from '../entry/entry.ts';
import type { gateNames, guardNames } from '../settings/semantic-settings.ts';

/** What makes an embedder's vectors comparable: vectors are never compared across two of these. */
export interface EmbedderIdentity {
  /** Short name, such as `static-256`. */
  readonly name: string;
  readonly version: string;
  /** Components of a vector. Absent if it is known only after the first call. */
  readonly dimension?: number | undefined;
  /** Text that the embedder puts before each question; '' for none. */
  readonly prefix: string;
  /** How the vectors of tokens become one: `mean`, `sum`, `cls`; '' if the embedder cannot know. */
  readonly pooling: string;
  /** Digest of the weights; '' if the embedder cannot know. */
  readonly weights: string;
}

/** A service outside this process whose calls are paid for. */
export interface PaidService {
  /** Origin and base path. */
  readonly provider: string;
  readonly model: string;
  /** Whether the cost of its verdicts is by its real prices; else that only keeps the budget. Default: false. */
  readonly knowsPrices?: boolean | undefined;
}

/** Whether an embedder that runs by itself, such as a model in a process of its own, can make a vector. */
export interface EmbedderAvailability {
  /**
   * Resolves once the embedder's identity is known, dimension included; until then what it says of itself may change.
   * Rejects if the model cannot be loaded; it may be called again.
   */
  ready(): Promise<void>;
  /** Unless it is `ready`, the tier does not call the embedder, which counts as no failure. */
  now(): 'ready' | 'loading' | 'busy' | 'failed';
  /** What is wrong now, in one sentence without text or key; undefined if nothing is. */
  trouble(): string | undefined;
  /** Calls the listener with each new trouble. Returns the unsubscription. */
  onTrouble(listener: (message: string) => void): () => void;
}

/** Makes vectors of texts. */
export interface Embedder extends EmbedderIdentity {
  /** Present if the embedder is not always able to answer. */
  readonly availability?: EmbedderAvailability | undefined;
  /** Present if calls are paid for: then each that is answered is reported (`semantic-call`). */
  readonly service?: PaidService | undefined;
  /**
   * The vector of one text, of length 1, or undefined for a text that the embedder does not know: then the text stays
   * out of the tier. An embedder in the process answers at once; another one ends early when the signal aborts. One that
   * is paid for calls `onBilled` with what an answer used, if that is known, whether or not it can use the answer.
   */
  embed(
    text: string,
    signal?: AbortSignal,
    onBilled?: (usage: Usage | undefined) => void,
  ): Awaitable<Float32Array | undefined>;
  /** Releases what the embedder holds. */
  close?(): Awaitable<void>;
}

/** An earlier question near to one that is asked. */
export interface Neighbour {
  readonly id: string;
  /** Cosine of the two vectors, from -1 to 1. */
  readonly similarity: number;
}

/** Finds the nearest of the vectors that it holds. Holds ids and vectors, nothing else. */
export interface VectorIndex {
  readonly size: number;
  /** Bytes that it takes, for the bound. */
  readonly bytes: number;
  /** Adds a vector, or replaces the one under this id. */
  add(id: string, vector: Float32Array): void;
  /** True if there was a vector under this id. */
  remove(id: string): boolean;
  /** At most `count` neighbours, nearest first. May miss some, if it is an approximate index. */
  nearest(vector: Float32Array, count: number): Awaitable<readonly Neighbour[]>;
  close(): void;
}

/** Why a single question stays out of the tier: it neither asks it nor feeds it. */
export type GateName = (typeof gateNames)[number];

/** A pure function of a question and its language (BCP 47, lower case). */
export type Gate = (question: string, language: string) => boolean;

/** What two questions differ in, though their vectors are near. */
export type GuardName = (typeof guardNames)[number];

/**
 * A pure function of two questions of one language (BCP 47, lower case). It returns what differs, in words for the
 * operator, or undefined. Symmetric: the two questions may be exchanged.
 */
export type Guard = (asked: string, stored: string, language: string) => string | undefined;

/** A verdict on a pair; `unsure` counts as no verdict. */
export type Verdict = 'same' | 'different' | 'unsure';

/** A verdict with its cost, of a verifier or judge that must be paid. */
export interface PricedVerdict {
  readonly verdict: Verdict;
  /** US dollars. */
  readonly usd: number;
  /** What the service used for it, if it says so. */
  readonly usage?: Usage | undefined;
  /**
   * True if what came back was none of the answers asked for. Then the verdict is `unsure`, and several of them in a row
   * open the breaker, as failures do.
   */
  readonly isGarbled?: boolean | undefined;
}

/** An earlier question with its answer, and the question that is asked now. */
export interface VerifiedPair {
  readonly question: string;
  readonly earlierQuestion: string;
  /** The earlier answer as text. */
  readonly earlierAnswer: string;
  readonly language: string;
}

/** Decides whether the earlier answer answers the question that is asked. Rejects, or ends late, at the cost of a miss. */
export interface Verifier {
  /** Names the verifier and its version; verdicts of two are never mixed. */
  readonly name: string;
  /** Present if verdicts are paid for: then each call is reported (`semantic-call`), as are calls that state a cost. */
  readonly service?: PaidService | undefined;
  verify(pair: VerifiedPair, signal: AbortSignal): Awaitable<Verdict | PricedVerdict>;
  /**
   * Decides whether two answers say the same, if the verifier can do that too: then it can be the judge of the samples that
   * the tier learns from.
   */
  judge?(pair: JudgedPair, signal: AbortSignal): Awaitable<Verdict | PricedVerdict>;
  /** The most that a verdict on texts of so many characters together can cost, in US dollars. Default: nothing. */
  readonly usdAtMost?: ((characters: number) => number) | undefined;
}

/** Two answers to one question: the earlier entry's, and the provider's of now. */
export interface JudgedPair extends VerifiedPair {
  /** The provider's answer to `question`, as text. */
  readonly answer: string;
}

/** Decides whether two answers say the same, for the samples that the tier learns from. */
export interface Judge {
  readonly name: string;
  /** As `Verifier.service`. */
  readonly service?: PaidService | undefined;
  judge(pair: JudgedPair, signal: AbortSignal): Awaitable<Verdict | PricedVerdict>;
  /** The most that a verdict on texts of so many characters together can cost, in US dollars. Default: nothing. */
  readonly usdAtMost?: ((characters: number) => number) | undefined;
}
