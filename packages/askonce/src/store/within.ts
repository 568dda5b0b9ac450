/** Calls to a tier that may fail, lie or never come back. */
import type { Clock } from '../clock.ts';
import type { Awaitable } from './contract.ts';

/** Whether a value is still to come. */
export function isPending<T>(value: Awaitable<T>): value is Promise<T> {
  return value instanceof Promise || (typeof value === 'object' && value !== null && 'then' in value);
}

export const tooSlow = Symbol('too slow');

/**
 * What `pending` becomes, or {@link tooSlow} once the budget is spent. What comes later is dropped, a failure too.
 */
export function within<T>(clock: Clock, budgetMs: number, pending: Promise<T>): Promise<T | typeof tooSlow> {
  return new Promise((resolve, reject) => {
    // A turn of the event loop later: where this process was too busy to look, what has come meanwhile still counts.
    const cancel = clock.schedule(() => setImmediate(() => resolve(tooSlow)), budgetMs);
    pending.then(resolve, reject).finally(cancel);
  });
}

/** One call under way. */
interface Watched {
  /** When its time is over, on the monotonic clock. */
  readonly due: number;
  readonly late: () => void;
}

/**
 * As {@link within}, for many calls that all have the same time: the first that began is the first that is late, so one
 * timer does for all. A timer of its own for each would cost as much as the call.
 */
export class TimeLimit {
  readonly ms: number;
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #isArmed = false;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.ms = ms;
  }

  /** What `done` makes of the value, or `failed` of the error, which is {@link tooSlow} once the time is over. */
  settle<A, B>(pending: Promise<A>, done: (value: A) => B, failed: (error: unknown) => B): Promise<B> {
    return new Promise((resolve, reject) => {
      const attempt = (work: () => B) => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      const watched = {
        due: this.#clock.monotonic() + this.ms,
        late: () => attempt(() => failed(tooSlow)),
      };
      this.#watched.add(watched);
      if (!this.#isArmed) this.#arm(this.ms);
      pending.then(
        (value) => {
          if (this.#watched.delete(watched)) attempt(() => done(value));
        },
        (error) => {
          if (this.#watched.delete(watched)) attempt(() => failed(error));
        },
      );
    });
  }

  #arm(delayMs: number): void {
    this.#isArmed = true;
    this.#clock.schedule(() => this.#look(), delayMs);
  }

  #look(): void {
    this.#isArmed = false;
    const now = this.#clock.monotonic();
    const late: Watched[] = [];
    for (const watched of this.#watched) {
      const leftMs = watched.due - now;
      // Timers know whole milliseconds only, and come up to one too early.
      if (leftMs < 1) late.push(watched);
      else {
        this.#arm(leftMs);
        break;
      }
    }
    // A turn of the event loop later, for the same reason as above.
    if (late.length > 0) setImmediate(() => this.#end(late));
  }

  #end(late: readonly Watched[]): void {
    for (const watched of late) if (this.#watched.delete(watched)) watched.late();
  }
}

/** `next` applied now where the value is at hand, else when it comes. */
export function andThen<A, B>(value: Awaitable<A>, next: (value: A) => Awaitable<B>): Awaitable<B> {
  return isPending(value) ? value.then(next) : next(value);
}
