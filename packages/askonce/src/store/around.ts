/**
 * Shared services behind a guard: a function around every call, which may count, delay or refuse it.
 *
 * Listeners pass without the guard. `readNow` of the log is left out, since a guard may need time.
 */
import type { Awaitable } from '../clock.ts';
import type { Following, Leases, LogStore, Marks, Notices, SharedServices } from './shared.ts';

export type SharedCall =
  | `log.${'read' | 'append'}`
  | `leases.${'take' | 'renew' | 'release'}`
  | `following.${'ask' | 'publish' | 'follow'}`
  | `notices.${'get' | 'put'}`
  | `marks.${'get' | 'put' | 'remove'}`;

/** Makes the call, or throws. A guard of marks may answer at once where they do; all others answer by a promise anyway. */
export type Guard = <T>(name: SharedCall, call: () => Awaitable<T>) => Awaitable<T>;

/** Every service that is present, with `guard` around its calls. */
export function guardedShared(shared: SharedServices, guard: Guard): SharedServices {
  const { log, leases, following, notices, marks } = shared;
  return {
    ...(log && { log: guardedLog(log, guard) }),
    ...(leases && { leases: guardedLeases(leases, guard) }),
    ...(following && { following: guardedFollowing(following, guard) }),
    ...(notices && { notices: guardedNotices(notices, guard) }),
    ...(marks && { marks: guardedMarks(marks, guard) }),
  };
}

function guardedLog(log: LogStore, guard: Guard): LogStore {
  return {
    read: async (from) => await guard('log.read', () => log.read(from)),
    append: async (rows, above) => await guard('log.append', () => log.append(rows, above)),
    onAppended: (listener) => log.onAppended(listener),
  };
}

export function guardedLeases(leases: Leases, guard: Guard): Leases {
  return {
    take: async (key, name, token, terms) =>
      await guard('leases.take', () => leases.take(key, name, token, terms)),
    renew: async (key, name, token, leaseMs) =>
      await guard('leases.renew', () => leases.renew(key, name, token, leaseMs)),
    release: async (key, name, token) =>
      await guard('leases.release', () => leases.release(key, name, token)),
  };
}

export function guardedFollowing(following: Following, guard: Guard): Following {
  return {
    inbox: following.inbox,
    ask: async (inbox, key, name) => await guard('following.ask', () => following.ask(inbox, key, name)),
    onAsked: (listener) => following.onAsked(listener),
    publish: async (key, name, id, frames, expiresMs) =>
      await guard('following.publish', () => following.publish(key, name, id, frames, expiresMs)),
    async *follow(key, name, id, idleMs, signal) {
      yield* await guard('following.follow', () => following.follow(key, name, id, idleMs, signal));
    },
  };
}

function guardedNotices(notices: Notices, guard: Guard): Notices {
  return {
    get: async (name) => await guard('notices.get', () => notices.get(name)),
    put: async (name, text, over) => await guard('notices.put', () => notices.put(name, text, over)),
  };
}

export function guardedMarks(marks: Marks, guard: Guard): Marks {
  return {
    get: (name) => guard('marks.get', () => marks.get(name)),
    put: (name, until) => guard('marks.put', () => marks.put(name, until)),
    remove: (name) => guard('marks.remove', () => marks.remove(name)),
  };
}
