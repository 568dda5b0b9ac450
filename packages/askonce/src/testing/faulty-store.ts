/** A store that fails, delays, hangs and lies on demand: whatever it does, the caller must get its answer. */
import type { Awaitable, Clock } from '../clock.ts';
import type { Entry } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type {
  Following,
  Found,
  Leases,
  LogStore,
  Marks,
  Notices,
  Scan,
  Store,
  TagIndex,
  WriteResult,
} from '../store/contract.ts';
import { capabilitiesOf } from '../store/wrap.ts';

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
  /** Calls of `get`, `getMany`, `set`, `setMany`, `delete` and `deleteMany` so far. */
  readonly calls: number;
}

export interface FaultyStoreOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Default 1 000. */
  readonly delayMs?: number | undefined;
  /** Whether a fault also befalls marks, notices, log, tags, scanning, leases and following. Default `entries`. */
  readonly befalls?: 'entries' | 'everything' | undefined;
}

export function faultyStore(options: FaultyStoreOptions): FaultyStore {
  const { store, clock, delayMs = 1_000, befalls = 'entries' } = options;
  let fault: Fault = 'sound';
  let calls = 0;

  function faulty<T>(call: () => Awaitable<T>): Awaitable<T> {
    calls += 1;
    return befallen(call);
  }

  function befallen<T>(call: () => Awaitable<T>): Awaitable<T> {
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
    ...(befalls === 'everything' ? faultyCapabilities(store, befallen) : capabilitiesOf(store)),
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
    forget: () => store.forget?.(),
    statistics: () => store.statistics(),
    flush: () => store.flush(),
    close: () => store.close(),
  };
}

type Befallen = <T>(call: () => Awaitable<T>) => Awaitable<T>;

function faultyCapabilities(store: Store, befallen: Befallen): ReturnType<typeof capabilitiesOf> {
  const { marks, notices, log, tags, scan, leases, following } = store;
  const later = async <T>(call: () => Awaitable<T>): Promise<T> => befallen(call);
  return {
    ...(marks && { marks: faultyMarks(marks, befallen) }),
    ...(notices && { notices: faultyNotices(notices, later) }),
    ...(log && { log: faultyLog(log, later) }),
    ...(tags && { tags: faultyTags(tags, befallen, later) }),
    ...(scan && { scan: faultyScan(scan, later) }),
    ...(leases && { leases: faultyLeases(leases, later) }),
    ...(following && { following: faultyFollowing(following, later) }),
  };
}

type Later = <T>(call: () => Awaitable<T>) => Promise<T>;

function faultyMarks(marks: Marks, befallen: Befallen): Marks {
  return {
    get: (name) => befallen(() => marks.get(name)),
    put: (name, until) => befallen(() => marks.put(name, until)),
    remove: (name) => befallen(() => marks.remove(name)),
  };
}

function faultyNotices(notices: Notices, later: Later): Notices {
  return {
    get: (name) => later(() => notices.get(name)),
    put: (name, text, over) => later(() => notices.put(name, text, over)),
  };
}

function faultyLog(log: LogStore, later: Later): LogStore {
  return {
    read: (from) => later(() => log.read(from)),
    append: (rows, above) => later(() => log.append(rows, above)),
    onAppended: (listener) => log.onAppended(listener),
  };
}

function faultyTags(tags: TagIndex, befallen: Befallen, later: Later): TagIndex {
  return {
    add: (key, tagDigests, expires) => befallen(() => tags.add(key, tagDigests, expires)),
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
  };
}

function faultyLeases(leases: Leases, later: Later): Leases {
  return {
    take: (key, name, token, terms) => later(() => leases.take(key, name, token, terms)),
    renew: (key, name, token, leaseMs) => later(() => leases.renew(key, name, token, leaseMs)),
    release: (key, name, token) => later(() => leases.release(key, name, token)),
  };
}

function faultyFollowing(following: Following, later: Later): Following {
  return {
    inbox: following.inbox,
    ask: (inbox, key, name) => later(() => following.ask(inbox, key, name)),
    onAsked: (listener) => following.onAsked(listener),
    publish: (key, name, id, frames, expiresMs) =>
      later(() => following.publish(key, name, id, frames, expiresMs)),
    async *follow(key, name, id, idleMs, signal) {
      yield* await later(() => following.follow(key, name, id, idleMs, signal));
    },
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
