/** A store as another one that does some things its own way, and passes all else on. */
import type { Store } from './contract.ts';

/** What is not in `overrides` goes to `store`, whatever it can do; what `store` can't do stays absent. */
export function wrapped(store: Store, overrides: Partial<Store>): Store {
  return {
    name: store.name,
    capabilities: store.capabilities,
    keepsTime: store.keepsTime,
    get: (key) => store.get(key),
    ...(store.getShared && { getShared: (key) => store.getShared?.(key) }),
    getMany: (keys) => store.getMany(keys),
    set: (entry) => store.set(entry),
    setMany: (entries) => store.setMany(entries),
    delete: (key) => store.delete(key),
    deleteMany: (keys) => store.deleteMany(keys),
    ...(store.noteHit && { noteHit: (key) => store.noteHit?.(key) }),
    ...(store.forget && { forget: () => store.forget?.() }),
    ...(store.sweep && { sweep: (isDead) => store.sweep?.(isDead) ?? Promise.resolve(0) }),
    ...capabilitiesOf(store),
    statistics: () => store.statistics(),
    flush: () => store.flush(),
    close: () => store.close(),
    ...overrides,
  };
}

/** Those parts of a store that not every store has; what it can't do is absent, and not undefined. */
export function capabilitiesOf({ marks, notices, log, tags, scan, leases, following }: Store) {
  return {
    ...(marks && { marks }),
    ...(notices && { notices }),
    ...(log && { log }),
    ...(tags && { tags }),
    ...(scan && { scan }),
    ...(leases && { leases }),
    ...(following && { following }),
  };
}
