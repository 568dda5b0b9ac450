/**
 * Calls to the store: one that throws, rejects or takes more than its time is told, and costs a hit at most. A store
 * that keeps its time by itself is not watched, and trouble that it has told is not told again.
 */
import type { Entry } from '../entry/entry.ts';
import type { Awaitable, Found } from '../store/contract.ts';
import { ToldTrouble } from '../store/trouble.ts';
import { isPending, tooSlow, within } from '../store/within.ts';
import type { House } from './ask.ts';

/** Stands for what a store in trouble would have answered. */
export const trouble = Symbol('trouble');

/** The store's answer, at once where it has it at hand, or {@link trouble}. Never rejects. */
export function storeCall<T>(
  { settings, clock, store, observe }: House,
  operation: 'get' | 'set' | 'delete' | 'tags',
  call: () => Awaitable<T>,
): Awaitable<T | typeof trouble> {
  const budgetMs = settings.storeBudgetMs;
  const tell = (message: string): typeof trouble => {
    observe({ type: 'store-trouble', store: store.name, operation, message });
    return trouble;
  };
  const failed = (error: unknown): typeof trouble => {
    if (error instanceof ToldTrouble) return trouble;
    return tell(error instanceof Error ? error.message : 'unknown error');
  };
  try {
    const answer = call();
    if (!isPending(answer)) return answer;
    // Deletions of a stack have a longer time of their own.
    if (store.keepsTime && operation !== 'delete') return answer.catch(failed);
    return within(clock, budgetMs, answer).then<T | typeof trouble, typeof trouble>(
      (value) => (value === tooSlow ? tell(`took more than ${budgetMs} ms`) : value),
      failed,
    );
  } catch (error) {
    return failed(error);
  }
}

/** The entry that was found, or undefined where it cannot be read: a store may look at its bytes only now. */
export function entryIn({ store, observe }: House, found: Found | undefined): Entry | undefined {
  try {
    return found?.entry;
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown error';
    observe({ type: 'store-trouble', store: store.name, operation: 'get', message });
    return undefined;
  }
}
