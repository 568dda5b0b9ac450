import type { Awaitable } from './store/contract.ts';

/**
 * The only place that knows what time it is.
 *
 * Everything else is handed a {@link Clock}, so that a test can move time by hand.
 */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds on a clock that never goes back; only differences mean something. */
  monotonic(): number;
  /** Calls `action` once after `delayMs`; the pending timer never keeps a process alive. Returns its cancellation. */
  schedule(action: () => void, delayMs: number): () => void;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(action, delayMs) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/* MERGED waiting.ts:
 * Waiting: for a while that ends early with its signal, and for how long before the next attempt.
 */
/** Resolves after `ms`. Rejects with the signal's reason as soon as it aborts. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.schedule(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * Milliseconds before attempt `attempt` (the first is 0): at least `least`, growing twofold up to `most`, and
 * scattered, so that those who began to wait at once do not come back at once.
 */
export function backOff(attempt: number, least: number, most: number): number {
  const longest = Math.min(most, least * 2 ** Math.min(attempt + 1, 30));
  return least + Math.random() * Math.max(0, longest - least);
}

/* MERGED within.ts:  Calls to a tier that may fail, lie or never come back. */
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
