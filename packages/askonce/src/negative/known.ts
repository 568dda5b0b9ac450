/**
 * The errors that this process knows of, in front of those that the store remembers: what has just gone wrong here
 * counts at once, also where the store is slow or down.
 */
import { LRUCache } from 'lru-cache';
import type { Entry } from '../entry/entry.ts';

const maxBytes = 4 * 1024 * 1024;
/** Bytes that an entry's metadata and its place take, about. */
const usualBytes = 2 * 1024;

export interface KnownError {
  readonly entry: Entry;
  /** How many flights this process had started when it learnt of it: what began before knows nothing of it. */
  readonly learnt: number;
}

export class KnownErrors {
  readonly #known = new LRUCache<string, KnownError>({
    maxSize: maxBytes,
    sizeCalculation: ({ entry }) => usualBytes + entry.recording.body.length,
  });

  get(name: string): KnownError | undefined {
    return this.#known.get(name);
  }

  set(known: KnownError): void {
    this.#known.set(known.entry.key, known);
  }

  /** Takes over what the store remembers, unless what is known here is as new. */
  learn(entry: Entry): void {
    const known = this.#known.get(entry.key);
    // Whoever asks from now on comes after it.
    if (known === undefined || known.entry.meta.refreshed < entry.meta.refreshed)
      this.#known.set(entry.key, { entry, learnt: 0 });
  }

  /** True where it was known. */
  forget(name: string): boolean {
    return this.#known.delete(name);
  }
}
