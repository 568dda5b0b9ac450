/** A store that fails, delays, hangs and lies on demand: whatever it does, the caller must get its answer. */
import type { Clock } from '../clock.ts';
import type { Entry } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { Awaitable, Found, Store, WriteResult } from '../store/contract.ts';

/**
 * - `sound`: as the store below it.
 * - `throw`: throws before anything happens. `reject`: does it, and rejects.
 * - `delay`: answers `delayMs` later, by the clock. `hang`: never answers.
 * - `other-key`: reads answer with the entry of another key. `truncated`: reads answer with half the body.
 * - `unreadable`: reads answer with something whose `entry` throws when it is looked at.
 */
export type Fault =
  | 'sound'
  | 'throw'
  | 'reject'
  | 'delay'
  | 'hang'
  | 'other-key'
  | 'truncated'
  | 'unreadable';

export interface FaultyStore extends Store {
  /** What happens from now on. */
  fault: Fault;
  /** Calls of `get`, `getMany`, `set`, `setMany` and `delete` so far. */
  readonly calls: number;
}

export interface FaultyStoreOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Default 1 000. */
  readonly delayMs?: number | undefined;
}

export function faultyStore({ store, clock, delayMs = 1_000 }: FaultyStoreOptions): FaultyStore {
  let fault: Fault = 'sound';
  let calls = 0;

  function faulty<T>(call: () => Awaitable<T>): Awaitable<T> {
    calls += 1;
    switch (fault) {
      case 'throw':
        throw new AskonceError('store_failed', 'The store was told to throw.');
      case 'reject':
        return Promise.resolve(call()).then(() => {
          throw new AskonceError('store_failed', 'The store was told to reject.');
        });
      case 'delay':
        return new Promise((resolve, reject) => {
          clock.schedule(() => Promise.resolve(call()).then(resolve, reject), delayMs);
        });
      case 'hang':
        return new Promise(() => {});
      default:
        return call();
    }
  }

  function told(found: Found | undefined): Found | undefined {
    if (found === undefined) return undefined;
    if (fault === 'unreadable') return new Unreadable(found.tier);
    if (fault === 'other-key')
      return { ...found, entry: { ...found.entry, key: `${found.entry.key}-other` } };
    return fault === 'truncated'
      ? { ...found, entry: truncated(found.entry) }
      : { ...found, entry: found.entry };
  }

  return {
    name: store.name,
    capabilities: store.capabilities,
    ...(store.marks && { marks: store.marks }),
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
    },
    get calls() {
      return calls;
    },
    get: (key) => faulty(() => mapped(store.get(key), told)),
    getMany: (keys) => faulty(() => mapped(store.getMany(keys), (found) => found.map(told))),
    set: (entry) => faulty<WriteResult>(() => store.set(entry)),
    setMany: (entries) => faulty<readonly WriteResult[]>(() => store.setMany(entries)),
    delete: (key) => faulty(() => store.delete(key)),
    deleteMany: (keys) => faulty(() => store.deleteMany(keys)),
    statistics: () => store.statistics(),
    flush: () => store.flush(),
    close: () => store.close(),
  };
}

class Unreadable implements Found {
  readonly tier: string;

  constructor(tier: string) {
    this.tier = tier;
  }

  get entry(): Entry {
    throw new AskonceError('store_failed', 'The entry was told to be unreadable.');
  }
}

function truncated(entry: Entry): Entry {
  const { body } = entry.recording;
  return { ...entry, recording: { ...entry.recording, body: body.subarray(0, body.length >> 1) } };
}

function mapped<A, B>(value: Awaitable<A>, next: (value: A) => B): Awaitable<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}
