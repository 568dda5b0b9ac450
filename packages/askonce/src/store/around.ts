/**
 * Shared services with a function around every call, which may count, delay or refuse it.
 *
 * Listeners pass without it. `readNow` of a log is left out, since the function may need time.
 */
import type { Awaitable } from '../clock.ts';
import type { Following, Leases, LogStore, Marks, Notices, SharedServices } from './shared.ts';

export type SharedCall =
  | `${'log' | 'feed'}.${'read' | 'append'}`
  | `leases.${'take' | 'renew' | 'release'}`
  | `following.${'ask' | 'publish' | 'follow'}`
  | `notices.${'get' | 'put'}`
  | `marks.${'get' | 'put' | 'remove'}`;

/** Makes the call, or throws. A wrapper of marks may answer at once if they do; all others answer by a promise anyway. */
export type CallWrapper = <T>(name: SharedCall, call: () => Awaitable<T>) => Awaitable<T>;

/** Every service that is present, with `wrap` around its calls. */
export function guardedShared(shared: SharedServices, wrap: CallWrapper): SharedServices {
  const { log, feed, leases, following, notices, marks } = shared;
  return {
    ...(log && { log: guardedLog('log', log, wrap) }),
    ...(feed && { feed: guardedLog('feed', feed, wrap) }),
    ...(leases && { leases: guardedLeases(leases, wrap) }),
    ...(following && { following: guardedFollowing(following, wrap) }),
    ...(notices && { notices: guardedNotices(notices, wrap) }),
    ...(marks && { marks: guardedMarks(marks, wrap) }),
  };
}

function guardedLog(name: 'log' | 'feed', log: LogStore, wrap: CallWrapper): LogStore {
  return {
    read: async (from) => await wrap(`${name}.read`, () => log.read(from)),
    append: async (rows, above) => await wrap(`${name}.append`, () => log.append(rows, above)),
    onAppended: (listener) => log.onAppended(listener),
  };
}

export function guardedLeases(leases: Leases, wrap: CallWrapper): Leases {
  return {
    take: async (key, name, token, terms) =>
      await wrap('leases.take', () => leases.take(key, name, token, terms)),
    renew: async (key, name, token, leaseMs) =>
      await wrap('leases.renew', () => leases.renew(key, name, token, leaseMs)),
    release: async (key, name, token) => await wrap('leases.release', () => leases.release(key, name, token)),
  };
}

export function guardedFollowing(following: Following, wrap: CallWrapper): Following {
  return {
    inbox: following.inbox,
    ask: async (inbox, key, name) => await wrap('following.ask', () => following.ask(inbox, key, name)),
    onAsked: (listener) => following.onAsked(listener),
    publish: async (key, name, id, frames, expiresMs) =>
      await wrap('following.publish', () => following.publish(key, name, id, frames, expiresMs)),
    async *follow(key, name, id, idleMs, signal) {
      yield* await wrap('following.follow', () => following.follow(key, name, id, idleMs, signal));
    },
  };
}

function guardedNotices(notices: Notices, wrap: CallWrapper): Notices {
  return {
    get: async (name) => await wrap('notices.get', () => notices.get(name)),
    put: async (name, text, over) => await wrap('notices.put', () => notices.put(name, text, over)),
  };
}

export function guardedMarks(marks: Marks, wrap: CallWrapper): Marks {
  return {
    get: (name) => wrap('marks.get', () => marks.get(name)),
    put: (name, until) => wrap('marks.put', () => marks.put(name, until)),
    remove: (name) => wrap('marks.remove', () => marks.remove(name)),
  };
}
