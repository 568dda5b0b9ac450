/**
 * The hooks by which derived data is notified of entries: today the memory of added tags, later vector indexes. They carry
 * what no event may carry: the entry with its text. A listener must be quick, and leave work for later.
 */
import type { Entry } from '../entry/entry.ts';
import type { RemovalCause } from '../observe/causes.ts';
import { notify } from '../observe/report.ts';
import type { Store } from '../store/contract.ts';

/** Whether this process removed entries, or another one did and this one drops what it holds of them. */
type RemovedBy = 'this' | 'another';

export interface EntryHooks {
  /** Calls `listener` after an entry was stored by this process. */
  onStored(listener: (entry: Entry) => void): void;
  /**
   * Calls `listener` after entries were removed, as far as this process knows of it: what it deletes, sweeps or invalidates,
   * and what its store removes by itself. Not what other processes remove, nor what `Store.forget` drops as a whole.
   */
  onRemoved(listener: (keys: readonly string[], cause: RemovalCause, by: RemovedBy) => void): void;
  /** Calls `listener` after `Store.forget` dropped the entries that only this process held. */
  onForgotten(listener: () => void): void;
  /** Calls the listeners for an entry that was stored; never throws. */
  stored(entry: Entry): void;
  /** Calls the listeners for entries that were removed; never throws. */
  removed(keys: readonly string[], cause: RemovalCause, by?: RemovedBy): void;
  /** Drops the entries that only this process holds, and calls the listeners; never throws. */
  forget(): void;
}

/** What the store removes by itself is passed on to the listeners. */
export function entryHooks(store: Pick<Store, 'onRemoved' | 'forget'>): EntryHooks {
  const storedListeners: ((entry: Entry) => void)[] = [];
  const removedListeners: ((keys: readonly string[], cause: RemovalCause, by: RemovedBy) => void)[] = [];
  const forgottenListeners: (() => void)[] = [];
  const hooks: EntryHooks = {
    onStored: (listener) => void storedListeners.push(listener),
    onRemoved: (listener) => void removedListeners.push(listener),
    onForgotten: (listener) => void forgottenListeners.push(listener),
    stored(entry) {
      for (const listener of storedListeners) notify(listener, entry);
    },
    removed(keys, cause, by = 'this') {
      if (keys.length === 0) return;
      for (const listener of removedListeners) notify(() => listener(keys, cause, by), undefined);
    },
    forget() {
      store.forget?.();
      for (const listener of forgottenListeners) notify(listener, undefined);
    },
  };
  store.onRemoved?.((keys, cause) => hooks.removed(keys, cause));
  return hooks;
}
