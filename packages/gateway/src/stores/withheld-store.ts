/**
 * A store that may not be used while something stands against it: then it has nothing, keeps nothing, and rejects
 * whatever must not be guessed.
 */
import { ReportedError, type Store, wrapped } from 'askonce';

/** `why` says in one sentence what stands against it; undefined where nothing does. */
export function withheldStore(store: Store, why: () => string | undefined): Store {
  const { marks, notices, log, tags, scan, leases, following } = store;

  /** @throws ReportedError */
  function check(): void {
    const reason = why();
    // The log has said it, and health goes on saying it.
    if (reason !== undefined) throw new ReportedError(reason);
  }

  async function allowed<T>(call: () => T | Promise<T>): Promise<T> {
    check();
    return await call();
  }

  async function* each<T>(list: () => AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    check();
    yield* list();
  }

  return wrapped(store, {
    get: (key) => (why() === undefined ? store.get(key) : undefined),
    ...(store.getShared && {
      getShared: (key) => (why() === undefined ? store.getShared?.(key) : undefined),
    }),
    getMany: (keys) => (why() === undefined ? store.getMany(keys) : keys.map(() => undefined)),
    set: (entry) => (why() === undefined ? store.set(entry) : 'failed'),
    setMany: (entries) =>
      why() === undefined ? store.setMany(entries) : entries.map(() => 'failed' as const),
    delete: (key) => allowed(() => store.delete(key)),
    deleteMany: (keys) => allowed(() => store.deleteMany(keys)),
    ...(store.noteHit && {
      noteHit: (key) => {
        if (why() === undefined) store.noteHit?.(key);
      },
    }),
    ...(marks && {
      marks: {
        get: (name) => (why() === undefined ? marks.get(name) : undefined),
        put: (name, until) => (why() === undefined ? marks.put(name, until) : undefined),
        remove: (name) => allowed(() => marks.remove(name)),
      },
    }),
    ...(notices && {
      notices: {
        get: (name) => allowed(() => notices.get(name)),
        put: (name, text, over) => allowed(() => notices.put(name, text, over)),
      },
    }),
    ...(log && {
      log: {
        read: (from) => allowed(() => log.read(from)),
        append: (rows, above) => allowed(() => log.append(rows, above)),
        onAppended: (listener) => log.onAppended(listener),
      },
    }),
    ...(tags && {
      tags: {
        add: (key, digests, expires) => allowed(() => tags.add(key, digests, expires)),
        find: (filter, options) => each(() => tags.find(filter, options)),
      },
    }),
    ...(scan && { scan: { keys: (pattern) => each(() => scan.keys(pattern)) } }),
    ...(leases && {
      leases: {
        take: (key, name, token, terms) => allowed(() => leases.take(key, name, token, terms)),
        renew: (key, name, token, leaseMs) => allowed(() => leases.renew(key, name, token, leaseMs)),
        release: (key, name, token) => allowed(() => leases.release(key, name, token)),
      },
    }),
    ...(following && {
      following: {
        inbox: following.inbox,
        ask: (inbox, key, name) => allowed(() => following.ask(inbox, key, name)),
        onAsked: (listener) => following.onAsked(listener),
        publish: (key, name, id, frames, expiresMs) =>
          allowed(() => following.publish(key, name, id, frames, expiresMs)),
        follow: (key, name, id, idleMs, signal) =>
          each(() => following.follow(key, name, id, idleMs, signal)),
      },
    }),
  });
}
