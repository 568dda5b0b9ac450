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
  /** Steps in progress, and when the first of them began or went on (monotonic ms). */
  #steps = 0;
  #since = 0;
  #pauses = 0;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#leftMs = ms;
  }

  /** Milliseconds left; 0 once it is used up. */
  get leftMs(): number {
    const left = this.#isRunning ? this.#leftMs - (this.#clock.monotonic() - this.#since) : this.#leftMs;
    return left < leastMs ? 0 : left;
  }

  get #isRunning(): boolean {
    return this.#steps > 0 && this.#pauses === 0;
  }

  /** Begins a step that waits for a store; the returned function ends it. Steps that overlap count once. */
  begin(): () => void {
    if (this.#steps++ === 0 && this.#pauses === 0) this.#since = this.#clock.monotonic();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--this.#steps === 0 && this.#pauses === 0) this.#leftMs -= this.#clock.monotonic() - this.#since;
    };
  }

  /** Until the returned function is called, the request waits for something else than a store, whatever steps are in progress. */
  pause(): () => void {
    if (this.#pauses++ === 0 && this.#steps > 0) this.#leftMs -= this.#clock.monotonic() - this.#since;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--this.#pauses === 0 && this.#steps > 0) this.#since = this.#clock.monotonic();
    };
  }
}
