/**
 * A tier seen through a guard: one that fails, lies or is slow is one that has nothing.
 *
 * Who watches the time: a stack watches that of its tiers, a breaker that of its store, and the cache that of a store
 * which is neither. Each says so by its `budgetMs`, so that no call is watched twice and none that is slow is told twice.
 * A breaker stands right before its store; what is too slow for it comes up from there as a failure, is told here, and
 * counts there: `tieredStore({ upper: memoryStore(), lower: switched(breaker(redis, …), isOn) })`.
 */
import type { Clock } from '../../clock.ts';
import { type Awaitable, isPending, TimeLimit, tooSlow, within } from '../../clock.ts';
import type { Entry } from '../../entry/entry.ts';
import { AskonceError } from '../../errors.ts';
import type { OnTrouble, StoreTrouble } from '../../observe/report.ts';
import { ReportedError, reportTrouble } from '../../observe/report.ts';
import type { Found, Store, TagIndex, WriteResult } from '../contract.ts';

export interface GuardSettings {
  readonly clock: Clock;
  /** For reads and writes, in ms. */
  readonly budgetMs: number;
  /** For deletions, in ms. */
  readonly deleteBudgetMs: number;
  readonly onTrouble: OnTrouble | undefined;
}

/** Stands for what a tier in trouble would have answered. */
export const ill = Symbol('ill');

export interface GuardedTier {
  readonly tier: Store;
  get(key: string): Awaitable<Found | undefined | typeof ill>;
  /** One answer a key, from one call. */
  getMany(keys: readonly string[]): Awaitable<readonly (Found | undefined)[] | typeof ill>;
  set(entry: Entry): Awaitable<WriteResult>;
  setMany(entries: readonly Entry[]): Awaitable<readonly WriteResult[]>;
  /** Deletes, or has told why not. */
  tryDelete(key: string): Awaitable<boolean>;
  /** @throws AskonceError `store_failed` where it is not known to be gone within the budget. */
  remove(key: string): Promise<boolean>;
  /** As `remove`, of many; how many there were. */
  removeMany(keys: readonly string[]): Promise<number>;
  /** Rejects where it is not known to be tagged. */
  readonly addTags: TagIndex['add'] | undefined;
}

export function guardedTier(tier: Store, settings: GuardSettings): GuardedTier {
  const { clock, budgetMs, deleteBudgetMs, onTrouble } = settings;
  const limit = tier.budgetMs !== undefined ? undefined : new TimeLimit(clock, budgetMs);
  const trouble = (operation: StoreTrouble['operation'], message: string, cause?: unknown) =>
    reportTrouble(onTrouble, {
      store: tier.name,
      operation,
      message,
      ...(cause === undefined ? {} : { cause }),
    });
  const slow = `The ${tier.name} tier took more than ${budgetMs} ms.`;

  /** Calls the tier in its time; what is wrong with it, or with the answer, becomes `otherwise` and is told. */
  function guarded<A, B>(
    operation: StoreTrouble['operation'],
    otherwise: B,
    call: () => Awaitable<A>,
    check: (answer: A) => B,
  ): Awaitable<B> {
    try {
      const answer = call();
      return isPending(answer) ? later(operation, otherwise, answer, check) : check(answer);
    } catch (error) {
      return failed(operation, otherwise, error);
    }
  }

  function later<A, B>(
    operation: StoreTrouble['operation'],
    otherwise: B,
    pending: Promise<A>,
    check: (answer: A) => B,
  ): Promise<B> {
    const fail = (cause: unknown): B => failed(operation, otherwise, cause);
    const checked = (answer: A): B => {
      try {
        return check(answer);
      } catch (error) {
        return fail(error);
      }
    };
    return limit === undefined ? pending.then(checked, fail) : limit.settle(pending, checked, fail);
  }

  function failed<B>(operation: StoreTrouble['operation'], otherwise: B, cause: unknown): B {
    if (cause === tooSlow) trouble(operation, slow);
    else if (!(cause instanceof ReportedError)) trouble(operation, failure(tier, cause), cause);
    return otherwise;
  }

  /** What was found, if it is what was asked for and has not expired. */
  function honest(key: string, found: Found | undefined): Found | undefined {
    if (found === undefined) return undefined;
    if (found.entry.key === key && found.entry.meta.expires > clock.now()) return found;
    trouble('get', `The ${tier.name} tier answered with another entry or one past its expiry.`);
    return undefined;
  }

  async function inDeletionTime<T>(call: () => Awaitable<T>): Promise<T> {
    const answer = call();
    const outcome = isPending(answer) ? await within(clock, deleteBudgetMs, answer) : answer;
    if (outcome !== tooSlow) return outcome;
    const message = `The ${tier.name} tier did not delete within ${deleteBudgetMs} ms.`;
    throw new AskonceError('store_failed', message);
  }

  const asIs = <T>(value: T) => value;
  const nothing = () => {};
  const { tags } = tier;
  return {
    tier,
    get: (key) =>
      guarded<Found | undefined, Found | undefined | typeof ill>(
        'get',
        ill,
        () => tier.get(key),
        (found) => honest(key, found),
      ),
    getMany: (keys) =>
      guarded<readonly (Found | undefined)[], readonly (Found | undefined)[] | typeof ill>(
        'get',
        ill,
        () => tier.getMany(keys),
        (found) => keys.map((key, index) => honest(key, found[index])),
      ),
    set: (entry) => guarded<WriteResult, WriteResult>('set', 'failed', () => tier.set(entry), asIs),
    setMany: (entries) =>
      guarded<readonly WriteResult[], readonly WriteResult[]>('set', [], () => tier.setMany(entries), asIs),
    tryDelete: (key) => guarded('delete', false, () => tier.delete(key), asIs),
    remove: (key) => inDeletionTime(() => tier.delete(key)),
    removeMany: (keys) => inDeletionTime(() => tier.deleteMany(keys)),
    addTags:
      tags &&
      ((key, tagDigests, expires) => {
        const adding = tags.add(key, tagDigests, expires);
        if (!isPending(adding) || limit === undefined) return adding;
        return limit.settle(adding, nothing, (error) => {
          throw error === tooSlow ? new AskonceError('store_failed', slow) : error;
        });
      }),
  };
}

function failure({ name }: Store, cause: unknown): string {
  return cause instanceof AskonceError ? cause.message : `The ${name} tier failed.`;
}
