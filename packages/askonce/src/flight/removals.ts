/**
 * Marks that are to be removed: tried again where that fails, since a mark that stays lets in whom the provider refuses.
 */
import type { Clock } from '../clock.ts';
import type { Marks } from '../store/contract.ts';
import { backOff } from './waiting.ts';

/** Marks that are tried for at a time; beyond them the one that has waited longest is given up. */
const mostAtOnce = 1_000;
/** Milliseconds before the second attempt, and the most before a later one. */
const leastPauseMs = 250;
const longestPauseMs = 30_000;

interface RemovalsOptions {
  readonly marks: Marks;
  readonly clock: Clock;
  /** Told of every attempt that fails. */
  readonly onTrouble: (error: unknown) => void;
}

interface Removal {
  attempts: number;
  cancel: () => void;
}

export class Removals {
  readonly #options: RemovalsOptions;
  readonly #pending = new Map<string, Removal>();
  #closed = false;

  constructor(options: RemovalsOptions) {
    this.#options = options;
  }

  /** Removes a mark, by and by if need be. */
  start(name: string): void {
    this.forget(name);
    if (this.#closed) return;
    const removal: Removal = { attempts: 0, cancel: () => {} };
    this.#pending.set(name, removal);
    const [longest] = this.#pending.keys();
    if (this.#pending.size > mostAtOnce && longest !== undefined) this.forget(longest);
    void this.#attempt(name, removal);
  }

  /** The mark is not to be removed any more: it is true again. */
  forget(name: string): void {
    this.#pending.get(name)?.cancel();
    this.#pending.delete(name);
  }

  close(): void {
    this.#closed = true;
    for (const name of [...this.#pending.keys()]) this.forget(name);
  }

  async #attempt(name: string, removal: Removal): Promise<void> {
    const { marks, clock, onTrouble } = this.#options;
    try {
      await marks.remove(name);
      if (this.#pending.get(name) === removal) this.#pending.delete(name);
    } catch (error) {
      onTrouble(error);
      if (this.#pending.get(name) !== removal) return;
      const pauseMs = backOff(removal.attempts++, leastPauseMs, longestPauseMs);
      removal.cancel = clock.schedule(() => void this.#attempt(name, removal), pauseMs);
    }
  }
}
