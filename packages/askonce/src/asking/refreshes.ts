/**
 * The refreshes under way in this process: one for a question, and a bounded number at a time.
 */
import type { Clock } from '../clock.ts';

const mostAtOnce = 64;

export class Refreshes {
  readonly #clock: Clock;
  readonly #underWay = new Map<string, Promise<void>>();
  /** Questions whose refresh has failed lately, and until when (monotonic) they are left alone. */
  readonly #resting = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Aborts when no attempt is to follow any more. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * Runs `refresh` later, unless the question is being refreshed, or one has failed lately, or too many are under way;
   * says whether it will. `refresh` tells for how many milliseconds the question is to be left alone then; never rejects.
   */
  start(name: string, refresh: () => Promise<number>): boolean {
    if (this.#closing.signal.aborted || this.#underWay.size >= mostAtOnce) return false;
    if (this.#underWay.has(name) || this.#rests(name)) return false;
    const run = async () => {
      // Later: nothing of it is to be done on the way of the reader.
      await Promise.resolve();
      const restMs = await refresh();
      this.#underWay.delete(name);
      if (restMs > 0) this.#rest(name, restMs);
    };
    this.#underWay.set(name, run());
    return true;
  }

  /** Lets no attempt follow; resolves when those under way have ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#underWay.values());
  }

  #rests(name: string): boolean {
    const until = this.#resting.get(name);
    if (until === undefined) return false;
    if (until > this.#clock.monotonic()) return true;
    this.#resting.delete(name);
    return false;
  }

  #rest(name: string, restMs: number): void {
    this.#resting.delete(name);
    this.#resting.set(name, this.#clock.monotonic() + restMs);
    if (this.#resting.size <= 16 * mostAtOnce) return;
    const [oldest] = this.#resting.keys();
    if (oldest !== undefined) this.#resting.delete(oldest);
  }
}
