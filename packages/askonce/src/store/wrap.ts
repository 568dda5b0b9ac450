/** Stores that wrap another: some members their own, all others passed on. */
import { type Awaitable, andThen } from '../clock.ts';
import type { Entry } from '../entry/entry.ts';
import type { Found, Store, WriteResult } from './contract.ts';

/** Members that are not in `overrides` go to `store`; what `store` does not have stays absent. */
export function wrapped(store: Store, overrides: Partial<Store>): Store {
  const { tags, scan, browse, vectors, maintenance, shared, budgetMs, sharedTier } = store;
  return {
    name: store.name,
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    set: (entry) => store.set(entry),
    setMany: (entries) => store.setMany(entries),
    delete: (key) => store.delete(key),
    deleteMany: (keys, options) => store.deleteMany(keys, options),
    statistics: () => store.statistics(),
    flush: () => store.flush(),
    close: () => store.close(),
    ...(tags && { tags }),
    ...(scan && { scan }),
    ...(browse && { browse }),
    ...(vectors && { vectors }),
    ...(maintenance && { maintenance }),
    ...(shared && { shared }),
    ...(budgetMs !== undefined && { budgetMs }),
    ...(sharedTier !== undefined && { sharedTier }),
    ...(store.getShared && { getShared: (key) => store.getShared?.(key) }),
    ...(store.lookAndLease && { lookAndLease: store.lookAndLease.bind(store) }),
    ...(store.setAndRelease && { setAndRelease: store.setAndRelease.bind(store) }),
    ...(store.noteHit && { noteHit: (key) => store.noteHit?.(key) }),
    ...(store.forget && { forget: () => store.forget?.() }),
    ...(store.onRemoved && { onRemoved: (listener) => store.onRemoved?.(listener) ?? (() => {}) }),
    ...(store.onRecovered && { onRecovered: (listener) => store.onRecovered?.(listener) ?? (() => {}) }),
    ...(store.holds && { holds: (key) => store.holds?.(key) ?? false }),
    ...(store.sweep && { sweep: (isDead) => store.sweep?.(isDead) ?? Promise.resolve(0) }),
    ...overrides,
  };
}

/**
 * A tier that is switched by key: if it is off, entries are neither read nor written, and stay as they are. What
 * concerns all processes goes on regardless: deletions, tags, scans, reading vectors and the shared services.
 */
export function switched(store: Store, isOn: (key: string) => boolean): Store {
  const { shared, vectors } = store;
  const lookAndLease = store.lookAndLease?.bind(store);
  const setAndRelease = store.setAndRelease?.bind(store);

  function getMany(keys: readonly string[]): Awaitable<readonly (Found | undefined)[]> {
    const asked = keys.filter(isOn);
    if (asked.length === keys.length) return store.getMany(keys);
    if (asked.length === 0) return keys.map(() => undefined);
    return andThen(store.getMany(asked), (answers) => {
      const found = new Map(asked.map((key, index) => [key, answers[index]]));
      return keys.map((key) => found.get(key));
    });
  }

  function setMany(entries: readonly Entry[]): Awaitable<readonly WriteResult[]> {
    const written = entries.filter(({ key }) => isOn(key));
    if (written.length === entries.length) return store.setMany(entries);
    if (written.length === 0) return entries.map(() => 'off');
    return andThen(store.setMany(written), (results) => {
      const outcomes = new Map(written.map((entry, index) => [entry, results[index] ?? 'failed']));
      return entries.map((entry) => outcomes.get(entry) ?? 'off');
    });
  }

  return wrapped(store, {
    get: (key) => (isOn(key) ? store.get(key) : undefined),
    ...(store.getShared && { getShared: (key) => (isOn(key) ? store.getShared?.(key) : undefined) }),
    getMany,
    set: (entry) => (isOn(entry.key) ? store.set(entry) : 'off'),
    setMany,
    ...(lookAndLease && {
      // The lease concerns all processes, which may not all have the tier switched off.
      lookAndLease(key, terms) {
        if (isOn(key)) return lookAndLease(key, terms);
        const { lease } = terms();
        return { found: [], lease: lease && shared?.leases?.take(key, lease.name, lease.token, lease) };
      },
    }),
    ...(setAndRelease && {
      setAndRelease: (entry, lease) => (isOn(entry.key) ? setAndRelease(entry, lease) : 'off'),
    }),
    ...(vectors && {
      vectors: {
        getMany: (keys) => vectors.getMany(keys),
        walk: () => vectors.walk(),
        put: async (vector) => isOn(vector.key) && (await vectors.put(vector)),
      },
    }),
    ...(store.noteHit && {
      noteHit: (key) => {
        if (isOn(key)) store.noteHit?.(key);
      },
    }),
  });
}
