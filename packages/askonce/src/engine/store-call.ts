/**
 * Calls to the store: one that throws, rejects or takes more than its time is told, and costs a hit at most. A store
 * that keeps its time by itself is not watched, and trouble that it has told is not told again.
 */

import { type Awaitable, isPending, tooSlow, within } from '../clock.ts';
import type { Entry } from '../entry/entry.ts';
import { ReportedError } from '../observe/report.ts';
import type { Found } from '../store/contract.ts';
import type { Engine } from './ask.ts';

/** Stands for what a store in trouble would have answered. */
export const trouble = Symbol('trouble');

/** The store's answer, at once where it has it at hand, or {@link trouble}. Never rejects. */
export function storeCall<T>(
  { settings, clock, store, observe }: Engine,
  operation: 'get' | 'set' | 'delete' | 'tags',
  call: () => Awaitable<T>,
): Awaitable<T | typeof trouble> {
  const budgetMs = settings.storeBudgetMs;
  const tell = (message: string): typeof trouble => {
    observe({ type: 'store-trouble', store: store.name, operation, message });
    return trouble;
  };
  const failed = (error: unknown): typeof trouble => {
    if (error instanceof ReportedError) return trouble;
    return tell(error instanceof Error ? error.message : 'unknown error');
  };
  try {
    const answer = call();
    if (!isPending(answer)) return answer;
    // Deletions of a stack have a longer time of their own.
    if (store.budgetMs !== undefined && operation !== 'delete') return answer.catch(failed);
    return within(clock, budgetMs, answer).then<T | typeof trouble, typeof trouble>(
      (value) => (value === tooSlow ? tell(`took more than ${budgetMs} ms`) : value),
      failed,
    );
  } catch (error) {
    return failed(error);
  }
}

/** The entry that was found, or undefined where it cannot be read: a store may look at its bytes only now. */
export function entryIn({ store, observe }: Engine, found: Found | undefined): Entry | undefined {
  try {
    return found?.entry;
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown error';
    observe({ type: 'store-trouble', store: store.name, operation: 'get', message });
    return undefined;
  }
}

/* MERGED log-reading.ts:
 * Reading the invalidation log before an answer is looked up or made: it may take as long as the store.
 */
/** A reading where the log has not been read for too long; undefined where it has been, or can't be. */
export function readUp(engine: Engine): Promise<boolean> | undefined {
  const { log } = engine;
  return log.isCurrent || log.isInTrouble ? undefined : readOn(engine);
}

/** Reads what is new. False where that took too long. */
export async function readOn({ log, clock, settings }: Engine): Promise<boolean> {
  return (await within(clock, settings.storeBudgetMs, log.catchUp())) !== tooSlow;
}
