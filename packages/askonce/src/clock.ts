/**
 * Time, and every way of waiting for it. No other file reads the machine's clock or sets a timer: everything takes a
 * {@link Clock}, so that a test can move time by itself.
 */

/** A value now if there is one, else a promise of it. Awaiting either is right. */
export type Awaitable<T> = T | Promise<T>;

export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. May jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds on a clock that never goes back; only differences mean something. */
  monotonic(): number;
  /**
   * Calls `action` once after `delayMs`. Returns its cancellation. The pending timer does not keep the process alive, unless a
   * caller waits for it (`isAwaited`) and may have nothing else that does.
   */
  schedule(action: () => void, delayMs: number, isAwaited?: boolean): () => void;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(action, delayMs, isAwaited = false) {
    const timer = setTimeout(action, delayMs);
    if (!isAwaited) timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Whether a value is still to come. */
export function isPending<T>(value: Awaitable<T>): value is Promise<T> {
  if (value instanceof Promise) return true;
  if (typeof value !== 'object' || value === null) return false;
  // Read rather than looked up by `in`, which takes several times as long for values of many kinds.
  const { then }: { readonly then?: unknown } = value;
  return then !== undefined;
}

/** Applies `next` now if the value is there, else once it has come. */
export function andThen<A, B>(value: Awaitable<A>, next: (value: A) => Awaitable<B>): Awaitable<B> {
  return isPending(value) ? value.then(next) : next(value);
}

/** Resolves after `ms`. Rejects with the signal's reason as soon as the signal aborts. `isAwaited`: a caller waits for it. */
export function pause(clock: Clock, ms: number, signal: AbortSignal, isAwaited = false): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.schedule(
      () => {
        signal.removeEventListener('abort', abort);
        resolve();
      },
      ms,
      isAwaited,
    );
    signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * Resolves after `ms` of the machine's own time. Unlike a clock's timers it keeps the process alive: for a command that has
 * nothing else to do meanwhile.
 */
export function stay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Resolves or rejects as `work` does, and keeps the process alive until then: a clock's timers do not. */
export async function staying<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, longestTimerMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

const longestTimerMs = 2 ** 31 - 1;

/** Resolves at an instant on the monotonic clock; at once if that instant is past. The process stays alive until then. */
export function until(clock: Clock, instant: number): Promise<void> {
  const leftMs = instant - clock.monotonic();
  if (leftMs <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    clock.schedule(resolve, leftMs, true);
  });
}

/**
 * Milliseconds to wait before retry number `attempt`, counted from 0: between `least` and a limit that doubles with each
 * attempt up to `most`. The result is random within these bounds, so that clients that failed together do not return together.
 */
export function backOff(attempt: number, least: number, most: number): number {
  const longest = Math.min(most, least * 2 ** Math.min(attempt + 1, 30));
  return least + Math.random() * Math.max(0, longest - least);
}

/** What {@link within} resolves with, and {@link TimeLimit} fails with, when the time is over. */
export const tooSlow = Symbol('too slow');

/**
 * Resolves or rejects as `pending` does, or resolves with {@link tooSlow} once `budgetMs` are over. A result that comes
 * after that is dropped, and so is a failure.
 */
export function within<T>(clock: Clock, budgetMs: number, pending: Promise<T>): Promise<T | typeof tooSlow> {
  return new Promise((resolve, reject) => {
    // One turn of the event loop later: a result that arrived while this process was busy still counts.
    const cancel = clock.schedule(() => setImmediate(() => resolve(tooSlow)), budgetMs);
    pending.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error) => {
        cancel();
        reject(error);
      },
    );
  });
}

/** One call in progress. */
interface TimedCall {
  /** When its time is over, on the monotonic clock. */
  readonly due: number;
  onLate: () => void;
}

/**
 * Like {@link within}, for many calls that all have the same time. The call that began first is the first to be late, so
 * a single timer serves them all; a timer for each would cost as much as the call itself.
 */
export class TimeLimit {
  readonly ms: number;
  readonly #clock: Clock;
  /** In the order in which the calls began. */
  readonly #calls = new Set<TimedCall>();
  #isArmed = false;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.ms = ms;
  }

  /** Resolves with what `done` makes of the value, or `failed` of the error; that is {@link tooSlow} once the time is over. */
  settle<A, B>(pending: Promise<A>, done: (value: A) => B, failed: (error: unknown) => B): Promise<B> {
    return new Promise((resolve, reject) => {
      const attempt = (work: () => B) => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      const call = {
        due: this.#clock.monotonic() + this.ms,
        onLate: () => attempt(() => failed(tooSlow)),
      };
      this.#calls.add(call);
      if (!this.#isArmed) this.#arm(this.ms);
      pending.then(
        (value) => {
          if (this.#over(call)) attempt(() => done(value));
        },
        (error) => {
          if (this.#over(call)) attempt(() => failed(error));
        },
      );
    });
  }

  #over(call: TimedCall): boolean {
    call.onLate = () => {};
    return this.#calls.delete(call);
  }

  #arm(delayMs: number): void {
    this.#isArmed = true;
    this.#clock.schedule(() => this.#check(), delayMs);
  }

  #check(): void {
    this.#isArmed = false;
    const now = this.#clock.monotonic();
    const late: TimedCall[] = [];
    for (const call of this.#calls) {
      const leftMs = call.due - now;
      // Timers count whole milliseconds, and fire up to one too early.
      if (leftMs < 1) late.push(call);
      else {
        this.#arm(leftMs);
        break;
      }
    }
    // One turn of the event loop later, for the same reason as in `within`.
    if (late.length > 0) setImmediate(() => this.#end(late));
  }

  #end(late: readonly TimedCall[]): void {
    for (const call of late) {
      const { onLate } = call;
      if (this.#over(call)) onLate();
    }
  }
}

/** Rejects with the signal's reason as soon as it aborts. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    const settled = () => signal.removeEventListener('abort', abort);
    promise.then(resolve, reject).finally(settled);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
