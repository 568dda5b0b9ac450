/**
 * Calls to a store that may fail or be slow: the one place that limits their time and reports their trouble.
 *
 * The stack makes its calls to tiers here, and the engine its calls to the store. A store with a time limit of its own
 * (`budgetMs`: a stack, a breaker) is not limited again, and an error that a store has reported (`ReportedError`) is not
 * reported again. So a slow call costs its budget once, and leaves one report.
 */
import { type Awaitable, type Clock, isPending, TimeLimit, tooSlow } from '../clock.ts';
import { AskonceError } from '../errors.ts';
import { ReportedError } from '../observe/report.ts';
import type { Store } from './contract.ts';

/**
 * How long a write or a deletion may take before it has failed, in ms: one that is merely slow is no trouble. A request
 * waits for a write only for as long as its own budget lasts.
 */
export const writeLimitMs = 5_000;

/** How calls of one kind are made. */
export interface CallTerms {
  readonly store: Pick<Store, 'name'>;
  /** The time limit of a call that is pending; undefined if the store limits the time itself. */
  readonly limit: () => TimeLimit | undefined;
  /** Receives an error that has not been reported yet. */
  readonly report: (error: unknown) => void;
}

/** The limit for reads and writes of a store; undefined if it has its own. */
export function limitFor({ budgetMs }: Pick<Store, 'budgetMs'>, clock: Clock, ms: number) {
  return budgetMs === undefined ? new TimeLimit(clock, ms) : undefined;
}

/**
 * What `check` makes of the store's answer, synchronously if the store answers so. `otherwise` if the call or the
 * check fails, or takes too long. Never throws, never rejects.
 */
export function attempt<A, B>(
  terms: CallTerms,
  otherwise: B,
  call: () => Awaitable<A>,
  check: (answer: A) => B,
): Awaitable<B> {
  try {
    const answer = call();
    return isPending(answer) ? settled(terms, otherwise, answer, check) : check(answer);
  } catch (error) {
    return failed(terms, otherwise, error);
  }
}

function settled<A, B>(
  terms: CallTerms,
  otherwise: B,
  pending: Promise<A>,
  check: (answer: A) => B,
): Promise<B> {
  const limit = terms.limit();
  const fail = (error: unknown): B =>
    failed(terms, otherwise, error === tooSlow ? timedOut(terms.store, limit?.ms ?? 0) : error);
  const checked = (answer: A): B => {
    try {
      return check(answer);
    } catch (error) {
      return fail(error);
    }
  };
  return limit === undefined ? pending.then(checked, fail) : limit.settle(pending, checked, fail);
}

function failed<B>({ report }: CallTerms, otherwise: B, error: unknown): B {
  if (!(error instanceof ReportedError)) report(error);
  return otherwise;
}

/** The error of a call that took too long. */
export function timedOut({ name }: Pick<Store, 'name'>, ms: number): AskonceError {
  return new AskonceError('store_failed', `The ${name} store took more than ${ms} ms.`);
}
