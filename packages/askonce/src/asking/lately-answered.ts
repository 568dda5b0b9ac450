/**
 * Who has been answered what lately, as far as this process knows.
 */
import { LRUCache } from 'lru-cache';

/** The least recently answered is forgotten first. */
const remembered = 50_000;

export class LatelyAnswered {
  readonly #until = new LRUCache<string, number>({ max: remembered });

  /** The instant in ms since the epoch that was last noted under `name`. */
  until(name: string): number {
    return this.#until.get(name) ?? 0;
  }

  note(name: string, until: number): void {
    this.#until.set(name, until);
  }
}
