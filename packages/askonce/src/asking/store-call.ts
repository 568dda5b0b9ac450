/**
 * Calls to the store: one that throws, rejects or takes more than its time is told, and costs a hit at most.
 */
import type { Awaitable } from '../store/contract.ts';
import { isPending, tooSlow, within } from '../store/within.ts';
import type { House } from './ask.ts';

/** Stands for what a store in trouble would have answered. */
export const trouble = Symbol('trouble');

/** The store's answer, at once where it has it at hand, or {@link trouble}. Never rejects. */
export function storeCall<T>(
  { settings, clock, store, observe }: House,
  operation: 'get' | 'set',
  call: () => Awaitable<T>,
): Awaitable<T | typeof trouble> {
  const budgetMs = settings.storeBudgetMs;
  const tell = (message: string): typeof trouble => {
    observe({ type: 'store-trouble', store: store.name, operation, message });
    return trouble;
  };
  const failed = (error: unknown): typeof trouble =>
    tell(error instanceof Error ? error.message : 'unknown error');
  try {
    const answer = call();
    if (!isPending(answer)) return answer;
    return within(clock, budgetMs, answer).then<T | typeof trouble, typeof trouble>(
      (value) => (value === tooSlow ? tell(`took more than ${budgetMs} ms`) : value),
      failed,
    );
  } catch (error) {
    return failed(error);
  }
}
