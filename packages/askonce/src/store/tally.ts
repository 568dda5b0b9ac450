/** Counts hits, misses and removals of one tier, for its statistics. */
import type { Clock } from '../clock.ts';
import type { WriteResult } from './contract.ts';

export class Tally {
  hits = 0;
  misses = 0;
  evictions = 0;
  unreadable = 0;
  /** When it began to count, in ms since the epoch. */
  readonly #since: number;
  readonly #refused: Partial<Record<WriteResult, number>> = {};

  constructor(clock: Clock) {
    this.#since = clock.now();
  }

  /** Counts a write that was not stored, and returns its result. */
  outcome(result: WriteResult, times = 1): WriteResult {
    if (result !== 'stored') this.#refused[result] = (this.#refused[result] ?? 0) + times;
    return result;
  }

  snapshot() {
    return {
      since: this.#since,
      hits: this.hits,
      misses: this.misses,
      evictions: this.evictions,
      unreadable: this.unreadable,
      refused: { ...this.#refused },
    };
  }
}
