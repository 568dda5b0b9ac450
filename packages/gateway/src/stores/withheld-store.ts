/**
 * A store that is withheld while there is a reason not to use it: then it is empty, stores nothing, and rejects every call
 * whose result must not be guessed.
 */
import type { Store } from 'askonce';
import { guardedShared, ReportedError, type SharedServices, wrapped } from 'askonce/store';

/** `why` returns the reason in one sentence; undefined if the store may be used. */
export function withheldStore(store: Store, why: () => string | undefined): Store {
  const { tags, scan, vectors, maintenance, shared } = store;
  const lookAndLease = store.lookAndLease?.bind(store);
  const setAndRelease = store.setAndRelease?.bind(store);

  /** @throws ReportedError */
  function check(): void {
    const reason = why();
    // The reason has been logged, and health reports it.
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

  /** A mark that cannot be read is absent: the provider is asked. */
  function withheldServices(services: SharedServices): SharedServices {
    const { marks, ...guarded } = guardedShared(services, (_name, call) => {
      check();
      return call();
    });
    return {
      ...guarded,
      ...(marks && {
        marks: {
          get: (name) => (why() === undefined ? marks.get(name) : undefined),
          put: (name, until) => (why() === undefined ? marks.put(name, until) : undefined),
          remove: async (name) => await marks.remove(name),
        },
      }),
    };
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
    ...(lookAndLease && {
      lookAndLease: (key, terms) =>
        why() === undefined ? lookAndLease(key, terms) : { found: [], lease: undefined },
    }),
    ...(setAndRelease && {
      setAndRelease: (entry, lease) => (why() === undefined ? setAndRelease(entry, lease) : 'failed'),
    }),
    delete: (key) => allowed(() => store.delete(key)),
    deleteMany: (keys, options) => allowed(() => store.deleteMany(keys, options)),
    ...(store.noteHit && {
      noteHit: (key) => {
        if (why() === undefined) store.noteHit?.(key);
      },
    }),
    ...(tags && {
      tags: {
        add: (key, digests, expires) => allowed(() => tags.add(key, digests, expires)),
        find: (filter, options) => each(() => tags.find(filter, options)),
      },
    }),
    ...(scan && {
      scan: { keys: (pattern) => each(() => scan.keys(pattern)), walk: () => each(() => scan.walk()) },
    }),
    ...(vectors && {
      vectors: {
        getMany: (keys) => allowed(() => vectors.getMany(keys)),
        walk: () => each(() => vectors.walk()),
        put: (vector) => allowed(() => vectors.put(vector)),
      },
    }),
    ...(maintenance && {
      maintenance: {
        ...maintenance,
        survey: (options) => each(() => maintenance.survey(options)),
        ...(maintenance.remains && {
          remains: (options) => each(() => maintenance.remains?.(options) ?? nothing()),
        }),
        ...(maintenance.defragment && {
          defragment: (options) => each(() => maintenance.defragment?.(options) ?? nothing()),
        }),
      },
    }),
    ...(shared && { shared: withheldServices(shared) }),
  });
}

async function* nothing(): AsyncGenerator<never, void, undefined> {}
