/** Hits that are not written yet: lossy, and bounded in the number of keys. */
import type { Operation } from './messages.ts';

const maxKeys = 4_096;

export class Hits {
  #noted = new Map<string, { hits: number; last: number }>();

  note(key: string, now: number): void {
    const noted = this.#noted.get(key);
    if (noted !== undefined) {
      noted.hits += 1;
      noted.last = now;
    } else if (this.#noted.size < maxKeys) {
      this.#noted.set(key, { hits: 1, last: now });
    }
  }

  /** Hits of the key that are not in the file yet. */
  of(key: string): { readonly hits: number; readonly last: number } | undefined {
    return this.#noted.get(key);
  }

  /** Removes all noted hits and returns them as operations. */
  drain(): readonly Operation[] {
    const noted = this.#noted;
    this.#noted = new Map();
    return Array.from(noted, ([key, { hits, last }]) => ({ type: 'hit', key, hits, last }));
  }
}
