/**
 * One call to an embedder outside the process. It may take longer than its callers wait, so that its vector is there for
 * the next request, but not for ever.
 */
import type { Clock } from '../../clock.ts';
import type { Embedded, NoVector } from './vector.ts';

export interface EmbeddingCall {
  /** Never rejects. */
  readonly outcome: Promise<Embedded>;
  /** Past its budget: nothing more waits for it. */
  readonly isLate: boolean;
  /** Ends it at once, for that reason. */
  end(reason: NoVector): void;
}

export interface CallTerms {
  readonly clock: Clock;
  readonly budgetMs: number;
  /** Aborts the embedder's own work. */
  readonly ending: AbortController;
  readonly result: Promise<Embedded>;
  readonly onInTime: () => void;
  /** Called at most once, and not after `onLate`: one call is one success or one failure. */
  readonly onFailed: (error: unknown) => Embedded;
  readonly onLate: () => void;
  /** Called once. */
  readonly onEnded: () => void;
}

/** A call is given up after so many times its budget. */
const patience = 40;

export function embeddingCall(terms: CallTerms): EmbeddingCall {
  const { clock, budgetMs, ending, result, onInTime, onFailed, onLate, onEnded } = terms;
  const { promise: outcome, resolve } = Promise.withResolvers<Embedded>();
  let isLate = false;
  let hasEnded = false;
  // One turn of the event loop later: an answer that arrived while this process was busy still counts.
  const cancelLate = clock.schedule(() => setImmediate(becomeLate), budgetMs);
  const cancelEnd = clock.schedule(() => end('late'), budgetMs * patience);

  function becomeLate(): void {
    if (hasEnded) return;
    isLate = true;
    onLate();
  }

  function finish(embedded: Embedded): void {
    if (hasEnded) return;
    hasEnded = true;
    cancelLate();
    cancelEnd();
    onEnded();
    resolve(embedded);
  }

  function end(reason: NoVector): void {
    finish({ none: reason });
    ending.abort();
  }

  result.then(
    (embedded) => {
      if (!hasEnded && !isLate) onInTime();
      finish(embedded);
    },
    (error: unknown) => {
      if (!hasEnded) finish(isLate ? { none: 'failed' } : onFailed(error));
    },
  );

  return {
    outcome,
    get isLate() {
      return isLate;
    },
    end,
  };
}

export interface Waiting {
  readonly clock: Clock;
  readonly budgetMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The outcome of a call, or why this caller waits for it no longer. */
export function waitFor({ outcome }: EmbeddingCall, { clock, budgetMs, signal }: Waiting): Promise<Embedded> {
  return new Promise((resolve) => {
    const settle = (embedded: Embedded) => {
      cancel();
      signal?.removeEventListener('abort', abort);
      resolve(embedded);
    };
    const abort = () => settle({ none: 'aborted' });
    const cancel = clock.schedule(() => setImmediate(() => settle({ none: 'late' })), budgetMs);
    signal?.addEventListener('abort', abort, { once: true });
    void outcome.then(settle);
  });
}
