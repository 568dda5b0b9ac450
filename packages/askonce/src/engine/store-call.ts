/**
 * Calls to the store: one that throws, rejects or takes too long is reported once and costs a hit at most. A store that
 * times its own calls is not timed again.
 */
import { type Awaitable, isPending, tooSlow, within } from '../clock.ts';
import type { Entry } from '../entry/entry.ts';
import { observeTrouble } from '../observe/report.ts';
import { attempt, timedOut, writeLimitMs } from '../store/calls.ts';
import type { Found } from '../store/contract.ts';
import type { Engine } from './engine.ts';
import type { StoreBudget } from './store-budget.ts';

/** Stands for the answer of a store that failed. */
export const trouble = Symbol('trouble');

type StoreCall = 'get' | 'set' | 'delete' | 'tags' | 'marks';

/**
 * The store's answer, at once if the store has it in memory, or {@link trouble}. Never rejects.
 * @param budget what is left of the request's time; a store is not asked once that is used up. Default: `storeBudgetMs`.
 */
export function storeCall<T>(
  engine: Engine,
  operation: StoreCall,
  call: () => Awaitable<T>,
  budget?: StoreBudget,
): Awaitable<T | typeof trouble> {
  const { settings, store } = engine;
  const usual = operation === 'set' ? Math.max(writeLimitMs, settings.storeBudgetMs) : settings.storeBudgetMs;
  const budgetMs = budget?.leftMs ?? usual;
  // The step that used it up has reported its trouble.
  if (budgetMs === 0) return trouble;
  // A stack gives deletions and marks a longer time of their own, or none.
  const isLimited = store.budgetMs !== undefined && operation !== 'delete' && operation !== 'marks';
  const isTimed = isLimited && budgetMs >= Math.min(usual, store.budgetMs);
  let answer: Awaitable<T>;
  try {
    answer = call();
  } catch (error) {
    observeTrouble(engine, operation, error);
    return trouble;
  }
  // What is in memory needs none of what follows.
  return isPending(answer) ? awaited(engine, operation, answer, isTimed ? undefined : budgetMs) : answer;
}

/** A pending answer; `limitMs`: how long it may take, unless the store times it. */
function awaited<T>(
  engine: Engine,
  operation: StoreCall,
  pending: Promise<T>,
  limitMs: number | undefined,
): Awaitable<T | typeof trouble> {
  const { clock, store } = engine;
  const timed = (): Promise<T> => {
    if (limitMs === undefined) return pending;
    return within(clock, limitMs, pending).then((value) => {
      if (value === tooSlow) throw timedOut(store, limitMs);
      return value;
    });
  };
  const report = (error: unknown) => observeTrouble(engine, operation, error);
  return attempt<T, T | typeof trouble>({ store, limit: noLimit, report }, trouble, timed, asIs);
}

const noLimit = () => undefined;
const asIs = <T>(value: T) => value;

/** The entry that was found, or undefined if it cannot be read: a store may read its bytes only now. */
export function entryIn(engine: Engine, found: Found | undefined): Entry | undefined {
  try {
    return found?.entry;
  } catch (error) {
    observeTrouble(engine, 'get', error);
    return undefined;
  }
}

/** The entries under these keys, one for each, with what cannot be read or found as undefined. None if the store is in trouble. */
export async function entriesUnder(
  engine: Engine,
  keys: readonly string[],
): Promise<readonly (Entry | undefined)[]> {
  const found = keys.length === 0 ? [] : await storeCall(engine, 'get', () => engine.store.getMany(keys));
  return found === trouble ? [] : found.map((one) => entryIn(engine, one));
}
