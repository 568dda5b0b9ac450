/**
 * A tier that is switched by key: where it is off, an entry is neither read nor written, and what is there stays as it
 * is. What concerns all processes (deletions, finding, log, tags, marks, leases, following) goes on all the same.
 */
import type { Entry } from '../entry/entry.ts';
import type { Awaitable, Found, Store, WriteResult } from './contract.ts';
import { andThen } from './within.ts';
import { wrapped } from './wrapped.ts';

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
