/**
 * The time that one request may wait for stores (`storeBudgetMs`), all its steps together: the lookup, the lease, the
 * second look and the write. The time that a provider takes does not count.
 */
import type { Clock } from '../clock.ts';

/** Timers count whole milliseconds, and fire up to one too early. */
const leastMs = 1;

export class StoreBudget {
  readonly #clock: Clock;
  #leftMs: number;
  /** Steps in progress, and when the first of them began (monotonic ms). */
  #steps = 0;
  #since = 0;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#leftMs = ms;
  }

  /** Milliseconds left; 0 once it is used up. */
  get leftMs(): number {
    const left = this.#steps === 0 ? this.#leftMs : this.#leftMs - (this.#clock.monotonic() - this.#since);
    return left < leastMs ? 0 : left;
  }

  /** Begins a step that waits for a store; the returned function ends it. Steps that overlap count once. */
  begin(): () => void {
    if (this.#steps++ === 0) this.#since = this.#clock.monotonic();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--this.#steps === 0) this.#leftMs -= this.#clock.monotonic() - this.#since;
    };
  }
}
