/**
 * A tier of a stack with limits: a failing, lying or slow tier counts as empty.
 *
 * A breaker sits right before its store and limits the time itself, so that it counts what is too slow; its failures are
 * reported here: `tieredStore({ upper: memoryStore(), lower: switched(breaker(redis, …), isOn) })`.
 */
import { type Awaitable, type Clock, isPending, tooSlow, within } from '../../clock.ts';
import type { Entry } from '../../entry/entry.ts';
import { AskonceError } from '../../errors.ts';
import { type OnTrouble, reportTrouble, type StoreTrouble } from '../../observe/report.ts';
import { attempt, type CallTerms, limitFor, timedOut } from '../calls.ts';
import type { DeletionOptions, Found, LeasedLook, Store, TagIndex, WriteResult } from '../contract.ts';

export interface TierLimits {
  readonly clock: Clock;
  /** Time limit of a read, in ms. */
  readonly budgetMs: number;
  /** Time limit of a write or a deletion, in ms. */
  readonly deleteBudgetMs: number;
  readonly onTrouble: OnTrouble | undefined;
}

/** Entries that a tier is given at a time. */
const writtenAtOnce = 1_000;

/** Stands for the answer of a tier that failed. */
export const unavailable = Symbol('unavailable');

export interface LimitedTier {
  readonly tier: Store;
  get(key: string): Awaitable<Found | undefined | typeof unavailable>;
  /** One answer for each key, from one call. */
  getMany(keys: readonly string[]): Awaitable<readonly (Found | undefined)[] | typeof unavailable>;
  /** As the store's, with what is found limited in time; the lease is not. Absent if the tier has none. */
  readonly lookAndLease: LimitedLook | undefined;
  set(entry: Entry): Awaitable<WriteResult>;
  readonly setAndRelease: Store['setAndRelease'];
  setMany(entries: readonly Entry[]): Awaitable<readonly WriteResult[]>;
  /** Deletes, or reports why not. */
  tryDelete(key: string): Awaitable<boolean>;
  /** @throws AskonceError `store_failed` if it is not certain within the budget that the entry is gone. */
  remove(key: string): Promise<boolean>;
  /** As `remove`, for many; the number that there were. */
  removeMany(keys: readonly string[], options?: DeletionOptions): Promise<number>;
  /** Rejects if it is not certain that the tags are added. */
  readonly addTags: TagIndex['add'] | undefined;
}

type LookAndLease = NonNullable<Store['lookAndLease']>;

type LimitedLook = (...wanted: Parameters<LookAndLease>) => {
  readonly found: Awaitable<readonly (Found | undefined)[] | typeof unavailable>;
  readonly lease: LeasedLook['lease'];
};

export function limitedTier(tier: Store, settings: TierLimits): LimitedTier {
  const { clock, budgetMs, deleteBudgetMs, onTrouble } = settings;
  const { name, tags } = tier;
  const setAndRelease = tier.setAndRelease?.bind(tier);
  const limit = limitFor(tier, clock, budgetMs);
  // A write that is merely slow is no trouble: its caller decides how long to wait for it.
  const writeLimit = limitFor(tier, clock, Math.max(budgetMs, deleteBudgetMs));

  const terms = (operation: StoreTrouble['operation'], limited = limit): CallTerms => ({
    store: tier,
    limit: () => limited,
    report: (cause) => {
      const message = cause instanceof AskonceError ? cause.message : `The ${name} tier failed.`;
      reportTrouble(onTrouble, { store: name, operation, message, cause });
    },
  });
  const [reading, writing, deleting] = [terms('get'), terms('set', writeLimit), terms('delete')];

  /** The entry that was found, if it is the one that was asked for and has not expired. */
  function honest(key: string, found: Found | undefined): Found | undefined {
    if (found === undefined) return undefined;
    if (found.entry.key === key && found.entry.meta.expires > clock.now()) return found;
    const message = `The ${name} tier answered with another entry or one past its expiry.`;
    reportTrouble(onTrouble, { store: name, operation: 'get', message });
    return undefined;
  }

  function limitedLook(lookAndLease: LookAndLease): LimitedLook {
    return (key, terms) => {
      let lease: LeasedLook['lease'];
      const keys = [key];
      const found = attempt<
        readonly (Found | undefined)[],
        readonly (Found | undefined)[] | typeof unavailable
      >(
        reading,
        unavailable,
        () => {
          const looked = lookAndLease(key, () => {
            const wanted = terms();
            keys.push(...wanted.beside);
            return wanted;
          });
          lease = looked.lease;
          return looked.found;
        },
        (all) => keys.map((each, index) => honest(each, all[index])),
      );
      return { found, lease };
    };
  }

  function write(entries: readonly Entry[]): Awaitable<readonly WriteResult[]> {
    return attempt<readonly WriteResult[], readonly WriteResult[]>(
      writing,
      entries.map(() => 'failed'),
      () => tier.setMany(entries),
      asIs,
    );
  }

  /** Limits the time of each page: how long all take depends on how many they are. */
  async function writePages(entries: readonly Entry[]): Promise<readonly WriteResult[]> {
    const results: WriteResult[] = [];
    for (let from = 0; from < entries.length; from += writtenAtOnce)
      results.push(...(await write(entries.slice(from, from + writtenAtOnce))));
    return results;
  }

  async function inDeletionTime<T>(call: () => Awaitable<T>): Promise<T> {
    const answer = call();
    const outcome = isPending(answer) ? await within(clock, deleteBudgetMs, answer) : answer;
    if (outcome !== tooSlow) return outcome;
    const message = `The ${name} tier did not delete within ${deleteBudgetMs} ms.`;
    throw new AskonceError('store_failed', message);
  }

  return {
    tier,
    get: (key) =>
      attempt<Found | undefined, Found | undefined | typeof unavailable>(
        reading,
        unavailable,
        () => tier.get(key),
        (found) => honest(key, found),
      ),
    getMany: (keys) =>
      attempt<readonly (Found | undefined)[], readonly (Found | undefined)[] | typeof unavailable>(
        reading,
        unavailable,
        () => tier.getMany(keys),
        (found) => keys.map((key, index) => honest(key, found[index])),
      ),
    lookAndLease: tier.lookAndLease && limitedLook(tier.lookAndLease.bind(tier)),
    set: (entry) => attempt<WriteResult, WriteResult>(writing, 'failed', () => tier.set(entry), asIs),
    setAndRelease:
      setAndRelease &&
      ((entry, lease) =>
        attempt<WriteResult, WriteResult>(writing, 'failed', () => setAndRelease(entry, lease), asIs)),
    setMany: (entries) => (entries.length > writtenAtOnce ? writePages(entries) : write(entries)),
    tryDelete: (key) => attempt(deleting, false, () => tier.delete(key), asIs),
    remove: (key) => inDeletionTime(() => tier.delete(key)),
    removeMany: (keys, options) => inDeletionTime(() => tier.deleteMany(keys, options)),
    addTags:
      tags &&
      ((key, tagDigests, expires) => {
        const adding = tags.add(key, tagDigests, expires);
        if (!isPending(adding) || limit === undefined) return adding;
        return limit.settle(adding, asIs, (error) => {
          throw error === tooSlow ? timedOut(tier, budgetMs) : error;
        });
      }),
  };
}

const asIs = <T>(value: T) => value;
