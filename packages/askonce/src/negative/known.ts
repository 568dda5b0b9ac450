/**
 * The errors that this process knows of, in front of those that the store remembers: what has just gone wrong here
 * counts at once, even if the store is slow or down.
 */
import { LRUCache } from 'lru-cache';
import type { Entry } from '../entry/entry.ts';

const maxBytes = 4 * 1024 * 1024;
/** Bytes that an entry's metadata and its place in the map take, about. */
const usualBytes = 2 * 1024;

interface KnownError {
  readonly entry: Entry;
  /** How many flights this process had started when it learnt of the error: a request that began before says nothing of it. */
  readonly learnt: number;
}

export interface KnownErrors {
  /** How many are known. */
  readonly size: number;
  get(name: string): KnownError | undefined;
  set(known: KnownError): void;
  /** Takes over what the store remembers, unless what is known here is as new. */
  learn(entry: Entry): void;
  forget(name: string): void;
}

export function knownErrors(): KnownErrors {
  const known = new LRUCache<string, KnownError>({
    maxSize: maxBytes,
    sizeCalculation: ({ entry }) => usualBytes + entry.recording.body.length,
  });
  return {
    get size() {
      return known.size;
    },
    get: (name) => known.get(name),
    set: (error) => void known.set(error.entry.key, error),
    learn(entry) {
      const before = known.get(entry.key);
      // Whatever asks from now on comes after it.
      if (before === undefined || before.entry.meta.refreshed < entry.meta.refreshed)
        known.set(entry.key, { entry, learnt: 0 });
    },
    forget: (name) => void known.delete(name),
  };
}
