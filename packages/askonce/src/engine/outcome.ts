/**
 * The outcome of a lookup, and the stages that it consists of.
 */
import { type Awaitable, isPending } from '../clock.ts';
import type { Entry, Recording } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { MissReason } from '../observe/causes.ts';
import type { Ask, QuestionVector } from './ask.ts';
import type { Reply } from './reply.ts';

/** An entry that may be served. */
export interface Hit {
  readonly kind: 'hit';
  readonly entry: Entry;
  /** The entry's own recording, or the same answer converted to the form that is wanted. */
  readonly recording: Recording;
  readonly converted: boolean;
  readonly tier: string;
  readonly fresh: boolean;
  /** Digests of tags that were added to the entry. */
  readonly added?: ReadonlyMap<string, number> | undefined;
  /** Present if the entry answers the same question in other words. */
  readonly semantic?: SemanticMatch | undefined;
}

/** How the stored question of a semantic hit matches the one that is asked. */
interface SemanticMatch {
  /** Cosine of the vectors of the two questions; 1 if their texts are the same. */
  readonly similarity: number;
  /** Digest that names the pool. */
  readonly pool: string;
  /** Opaque id for feedback. */
  readonly match: string;
  /** The stored question, if the request asks for it. */
  readonly question?: string | undefined;
  /** Whether it may still be served, for one that is served later: feedback may have blocked it meanwhile. */
  readonly isServable: () => boolean;
}

/** A remembered provider error that is served again. */
export interface Negative {
  readonly kind: 'negative';
  readonly reply: Reply;
  /** The result of the stages before: a stale entry may be served in place of the error. */
  readonly missed: Miss;
}

export interface Miss {
  readonly kind: 'miss';
  readonly reason: MissReason;
  /** An entry whose only fault is its age: it may be served if the provider fails. */
  readonly stale?: Hit | undefined;
  /** A stored answer that the request rules out, or that is stale, for the provider to confirm. */
  readonly stored?: Recording | undefined;
  /** Present if the semantic tier takes the question. */
  readonly vector?: QuestionVector | undefined;
}

export type LookedUp = Hit | Miss;
export type Outcome = Hit | Negative | Miss;

/**
 * One step of the lookup. A hit or a remembered error ends the lookup; a miss says why there is none, for the stages
 * after it; undefined adds nothing. `missed` is the result of the stages before. A stage answers at once if its store
 * does, and never rejects: trouble is a miss.
 */
export type Stage = (ask: Ask, missed: Miss) => Awaitable<Outcome | undefined>;

export function missOf(reason: MissReason): Miss {
  return { kind: 'miss', reason };
}

/** Asks the stages in their order until one ends the lookup. Answers at once if each of them does. */
export function lookThrough(
  stages: readonly Stage[],
  ask: Ask,
  from = 0,
  before = missOf('absent'),
): Awaitable<Outcome> {
  let missed = before;
  for (let index = from; index < stages.length; index++) {
    const outcome = stages[index]?.(ask, missed);
    if (isPending(outcome)) return lookOn(stages, ask, index + 1, missed, outcome);
    if (outcome === undefined) continue;
    if (outcome.kind !== 'miss') return outcome;
    missed = outcome;
  }
  return missed;
}

/** Asks the stages after one that did not answer at once. */
async function lookOn(
  stages: readonly Stage[],
  ask: Ask,
  next: number,
  missed: Miss,
  pending: Promise<Outcome | undefined>,
): Promise<Outcome> {
  const outcome = (await pending) ?? missed;
  return outcome.kind === 'miss' ? lookThrough(stages, ask, next, outcome) : outcome;
}

/** The error of a request that must not be sent to a provider (`only-if-cached`). */
export function notCached(): AskonceError {
  return new AskonceError(
    'not_cached',
    'No stored answer can be served, and the request said only-if-cached; ask without the directive.',
  );
}
