/**
 * A store that fails, delays, hangs and lies on demand. Whatever it does, a caller of the cache must get its answer. What a
 * caller does not wait for (`noteHit`, `forget`) has no faults.
 */
import type { Awaitable, Clock } from '../clock.ts';
import type { Entry } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import { guardedShared } from '../store/around.ts';
import type { Found, Scan, Store, TagIndex, WriteResult } from '../store/contract.ts';
import type { Vectors } from '../store/vectors.ts';

/**
 * - `sound`: works as the wrapped store.
 * - `throw`: throws without a call. `reject`: makes the call, and rejects.
 * - `delay`: answers `delayMs` later, by the clock. `hang`: never answers.
 * - `other-key`: reads return the entry of another key. `truncated`: reads return half the body.
 * - `unreadable`: reads return a result whose `entry` throws when it is accessed.
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
  /** The fault of all later calls. */
  fault: Fault;
  /** Calls of `get`, `getMany`, `set`, `setMany`, `delete` and `deleteMany` so far. */
  readonly calls: number;
}

export interface FaultyStoreOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Default 1 000. */
  readonly delayMs?: number | undefined;
  /** Whether a fault also affects tags, scans, vectors and the shared services. Default `entries`. */
  readonly affects?: 'entries' | 'everything' | undefined;
}

export function faultyStore(options: FaultyStoreOptions): FaultyStore {
  const { store, clock, delayMs = 1_000, affects = 'entries' } = options;
  let fault: Fault = 'sound';
  let calls = 0;

  function faulty<T>(call: () => Awaitable<T>): Awaitable<T> {
    calls += 1;
    return withFault(call);
  }

  function withFault<T>(call: () => Awaitable<T>): Awaitable<T> {
    switch (fault) {
      case 'throw':
        throw new AskonceError('store_failed', 'The faulty store throws.');
      case 'reject':
        return Promise.resolve(call()).then(() => {
          throw new AskonceError('store_failed', 'The faulty store rejects.');
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

  function altered(found: Found | undefined): Found | undefined {
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
    ...(affects === 'everything' ? faultyExtras(store, withFault) : extrasOf(store)),
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
    },
    get calls() {
      return calls;
    },
    get: (key) => faulty(() => mapped(store.get(key), altered)),
    getMany: (keys) => faulty(() => mapped(store.getMany(keys), (found) => found.map(altered))),
    set: (entry) => faulty<WriteResult>(() => store.set(entry)),
    setMany: (entries) => faulty<readonly WriteResult[]>(() => store.setMany(entries)),
    delete: (key) => faulty(() => store.delete(key)),
    deleteMany: (keys, options) => faulty(() => store.deleteMany(keys, options)),
    forget: () => store.forget?.(),
    ...(store.noteHit && { noteHit: (key) => store.noteHit?.(key) }),
    ...(store.onRemoved && { onRemoved: (listener) => store.onRemoved?.(listener) ?? (() => {}) }),
    ...(store.onRecovered && { onRecovered: (listener) => store.onRecovered?.(listener) ?? (() => {}) }),
    statistics: () => store.statistics(),
    flush: () => store.flush(),
    close: () => store.close(),
  };
}

type WithFault = <T>(call: () => Awaitable<T>) => Awaitable<T>;

function extrasOf({
  tags,
  scan,
  browse,
  vectors,
  shared,
}: Store): Pick<Store, 'tags' | 'scan' | 'browse' | 'vectors' | 'shared'> {
  return {
    ...(tags && { tags }),
    ...(scan && { scan }),
    ...(browse && { browse }),
    ...(vectors && { vectors }),
    ...(shared && { shared }),
  };
}

function faultyExtras(
  { tags, scan, browse, vectors, shared }: Store,
  withFault: WithFault,
): ReturnType<typeof extrasOf> {
  const later = async <T>(call: () => Awaitable<T>): Promise<T> => withFault(call);
  return {
    ...(tags && { tags: faultyTags(tags, withFault, later) }),
    ...(scan && { scan: faultyScan(scan, later) }),
    ...(browse && {
      browse: {
        page: (from, terms) => later(() => browse.page(from, terms)),
        look: (key) => later(() => browse.look(key)),
      },
    }),
    ...(vectors && { vectors: faultyVectors(vectors, later) }),
    ...(shared && { shared: guardedShared(shared, (_name, call) => withFault(call)) }),
  };
}

type Later = <T>(call: () => Awaitable<T>) => Promise<T>;

function faultyTags(tags: TagIndex, withFault: WithFault, later: Later): TagIndex {
  return {
    add: (key, tagDigests, expires) => withFault(() => tags.add(key, tagDigests, expires)),
    async *find(filter, options) {
      yield* await later(() => tags.find(filter, options));
    },
  };
}

function faultyScan(scan: Scan, later: Later): Scan {
  return {
    async *keys(pattern) {
      yield* await later(() => scan.keys(pattern));
    },
    async *walk() {
      yield* await later(() => scan.walk());
    },
  };
}

function faultyVectors(vectors: Vectors, later: Later): Vectors {
  return {
    getMany: (keys) => later(() => vectors.getMany(keys)),
    async *walk() {
      yield* await later(() => vectors.walk());
    },
    put: (vector) => later(() => vectors.put(vector)),
  };
}

class Unreadable implements Found {
  readonly tier: string;

  constructor(tier: string) {
    this.tier = tier;
  }

  get entry(): Entry {
    throw new AskonceError('store_failed', 'The faulty store has an unreadable entry.');
  }
}

function truncated(entry: Entry): Entry {
  const { body } = entry.recording;
  return { ...entry, recording: { ...entry.recording, body: body.subarray(0, body.length >> 1) } };
}

function mapped<A, B>(value: Awaitable<A>, next: (value: A) => B): Awaitable<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}
