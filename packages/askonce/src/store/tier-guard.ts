/** A tier seen through a guard: one that fails, lies or is slow is one that has nothing. */
import type { Clock } from '../clock.ts';
import type { Entry } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { Awaitable, Found, Marks, Store, WriteResult } from './contract.ts';
import type { OnTrouble, StoreTrouble } from './trouble.ts';
import { tell } from './trouble.ts';
import { andThen, isPending, tooSlow, within } from './within.ts';

export interface GuardSettings {
  readonly clock: Clock;
  /** For reads and writes, in ms. */
  readonly budgetMs: number;
  /** For deletions, in ms. */
  readonly deleteBudgetMs: number;
  readonly onTrouble: OnTrouble | undefined;
}

export interface GuardedTier {
  readonly tier: Store;
  get(key: string): Awaitable<Found | undefined>;
  /** One answer a key, from one call. */
  getMany(keys: readonly string[]): Awaitable<readonly (Found | undefined)[]>;
  setMany(entries: readonly Entry[]): Awaitable<readonly WriteResult[]>;
  /** Deletes, or has told why not. */
  tryDelete(key: string): Awaitable<boolean>;
  /** @throws AskonceError `store_failed` where it is not known to be gone within the budget. */
  remove(key: string): Promise<boolean>;
  readonly marks: Marks | undefined;
}

export function guardedTier(tier: Store, settings: GuardSettings): GuardedTier {
  const { clock, budgetMs, deleteBudgetMs, onTrouble } = settings;
  const trouble = (operation: StoreTrouble['operation'], message: string, cause?: unknown) =>
    tell(onTrouble, { store: tier.name, operation, message, ...(cause === undefined ? {} : { cause }) });

  function guarded<T>(
    operation: StoreTrouble['operation'],
    otherwise: T,
    call: () => Awaitable<T>,
  ): Awaitable<T> {
    const failed = (cause: unknown): T => {
      trouble(operation, `The ${tier.name} tier failed.`, cause);
      return otherwise;
    };
    try {
      const answer = call();
      if (!isPending(answer)) return answer;
      return within(clock, budgetMs, answer).then((value) => {
        if (value !== tooSlow) return value;
        trouble(operation, `The ${tier.name} tier took more than ${budgetMs} ms.`);
        return otherwise;
      }, failed);
    } catch (error) {
      return failed(error);
    }
  }

  /** What was found, if it is what was asked for and has not expired. */
  function honest(key: string, found: Found | undefined): Found | undefined {
    if (found === undefined) return undefined;
    if (found.entry.key === key && found.entry.meta.expires > clock.now()) return found;
    trouble('get', `The ${tier.name} tier answered with another entry or one past its expiry.`);
    return undefined;
  }

  const { marks } = tier;
  return {
    tier,
    get: (key) => guarded('get', undefined, () => andThen(tier.get(key), (found) => honest(key, found))),
    getMany: (keys) =>
      guarded<readonly (Found | undefined)[]>('get', [], () =>
        andThen(tier.getMany(keys), (found) => keys.map((key, index) => honest(key, found[index]))),
      ),
    setMany: (entries) => guarded<readonly WriteResult[]>('set', [], () => tier.setMany(entries)),
    tryDelete: (key) => guarded('delete', false, () => tier.delete(key)),
    async remove(key) {
      const had = await within(clock, deleteBudgetMs, Promise.resolve(tier.delete(key)));
      if (had !== tooSlow) return had;
      const message = `The ${tier.name} tier did not delete within ${deleteBudgetMs} ms.`;
      throw new AskonceError('store_failed', message);
    },
    marks: marks && {
      get: (name) => guarded('marks', undefined, () => marks.get(name)),
      put: (name, until) => guarded('marks', undefined, () => marks.put(name, until)),
      remove: (name) => marks.remove(name),
    },
  };
}
