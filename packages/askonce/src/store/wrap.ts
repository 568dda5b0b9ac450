/** A store as another one that does some things its own way, and passes all else on. */

import { type Awaitable, andThen } from '../clock.ts';
import type { Entry } from '../entry/entry.ts';
import type { Found, Store, WriteResult } from './contract.ts';

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

/* MERGED switched.ts:
 * A tier that is switched by key: where it is off, an entry is neither read nor written, and what is there stays as it
 * is. What concerns all processes (deletions, finding, log, tags, marks, leases, following) goes on all the same.
 */
export function switched(store: Store, isOn: (key: string) => boolean): Store {
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
    ...(store.noteHit && {
      noteHit: (key) => {
        if (isOn(key)) store.noteHit?.(key);
      },
    }),
  });
}
