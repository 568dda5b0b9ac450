/** Hits that are not written yet: lossy, and bounded in the number of keys. */

export interface NotedHits {
  readonly key: string;
  readonly hits: number;
  /** In ms since the epoch. */
  readonly last: number;
}

const maxKeys = 4_096;
/** Of the hits that come while all keys are taken, one in so many is looked up, and counts for all of them. */
const sampledOf = 8;

export class Hits {
  #noted = new Map<string, { hits: number; last: number }>();
  /** Whether all keys are taken. Most hits are of other keys then, and finding that out takes as long as all else. */
  #isFull = false;
  #skipped = 0;

  note(key: string, now: number): void {
    if (!this.#isFull) this.#add(key, now, 1);
    else if (++this.#skipped === sampledOf) {
      this.#skipped = 0;
      this.#add(key, now, sampledOf);
    }
  }

  #add(key: string, now: number, hits: number): void {
    const noted = this.#noted.get(key);
    if (noted !== undefined) {
      noted.hits += hits;
      noted.last = now;
    } else if (!this.#isFull) {
      this.#noted.set(key, { hits, last: now });
      this.#isFull = this.#noted.size === maxKeys;
    }
  }

  /** Hits of the key that are not written yet. */
  of(key: string): { readonly hits: number; readonly last: number } | undefined {
    return this.#noted.get(key);
  }

  /** Drops the hits of an entry that is removed: they are not those of its successor. */
  forget(key: string): void {
    if (this.#noted.delete(key)) this.#isFull = false;
  }

  /** Removes all noted hits and returns them. */
  drain(): readonly NotedHits[] {
    const noted = this.#noted;
    this.#noted = new Map();
    this.#isFull = false;
    return Array.from(noted, ([key, { hits, last }]) => ({ key, hits, last }));
  }
}
