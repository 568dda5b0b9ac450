/**
 * Stores whose calls are timed, in plain numbers. A call for several entries counts as one, since it is one round trip.
 */
import type { Clock, Store } from 'askonce';
import { wrapped } from 'askonce/store';
import type { StoreCall } from './minute.ts';

export type OnStoreCall = (tier: string, call: StoreCall, ms: number, failed: boolean) => void;

type Answer<T> = T | Promise<T>;
type Timed = <T>(call: StoreCall, answer: () => Answer<T>) => Answer<T>;

/** A tier below memory, with all of its calls. */
export function timedStore(store: Store, clock: Clock, onCall: OnStoreCall): Store {
  const timed = timing(store.name, clock, onCall);
  const lookAndLease = store.lookAndLease?.bind(store);
  const setAndRelease = store.setAndRelease?.bind(store);
  return wrapped(store, {
    get: (key) => timed('get', () => store.get(key)),
    ...(store.getShared && { getShared: (key) => timed('get', () => store.getShared?.(key)) }),
    getMany: (keys) => timed('get', () => store.getMany(keys)),
    ...timedWrites(store, timed),
    ...(lookAndLease && {
      lookAndLease(key, terms) {
        const began = clock.monotonic();
        const look = lookAndLease(key, terms);
        watch(look.found, (failed) => onCall(store.name, 'get', clock.monotonic() - began, failed));
        return look;
      },
    }),
    ...(setAndRelease && {
      setAndRelease: (entry, lease) => timed('set', () => setAndRelease(entry, lease)),
    }),
  });
}

/** The memory tier: its writes alone, since a lookup there takes no longer than reading the clock. */
export function memoryWithTimedWrites(store: Store, clock: Clock, onCall: OnStoreCall): Store {
  return { ...store, ...timedWrites(store, timing(store.name, clock, onCall)) };
}

function timedWrites(store: Store, timed: Timed): Pick<Store, 'set' | 'setMany' | 'delete' | 'deleteMany'> {
  return {
    set: (entry) => timed('set', () => store.set(entry)),
    setMany: (entries) => timed('set', () => store.setMany(entries)),
    delete: (key) => timed('delete', () => store.delete(key)),
    deleteMany: (keys, options) => timed('delete', () => store.deleteMany(keys, options)),
  };
}

function timing(tier: string, clock: Clock, onCall: OnStoreCall): Timed {
  return (call, answer) => {
    const began = clock.monotonic();
    const end = (failed: boolean) => onCall(tier, call, clock.monotonic() - began, failed);
    try {
      const given = answer();
      watch(given, end);
      return given;
    } catch (error) {
      end(true);
      throw error;
    }
  };
}

function watch<T>(answer: Answer<T>, end: (failed: boolean) => void): void {
  if (answer instanceof Promise)
    answer.then(
      () => end(false),
      () => end(true),
    );
  else end(false);
}
