/**
 * Time, and every way of waiting for it to pass. No other file reads the machine's clock or sets a timer: everything takes a
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

/** One call in progress. */
interface TimedCall {
  /** When its time is over, on the monotonic clock. */
  readonly due: number;
  onLate: () => void;
}

const noLate = () => {};

/** Calls that are looked at in a millisecond, at most: where thousands are in progress, some are late by some milliseconds. */
const callsEachMs = 1_000;

/**
 * The calls in progress on one clock, whose time is limited. A single timer serves them all, set to the first that is due, also
 * if that has ended by then: a timer for each would cost as much as a call.
 */
class TimedCalls {
  readonly #clock: Clock;
  readonly #calls = new Set<TimedCall>();
  #firesAt = Number.POSITIVE_INFINITY;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #cancel = noLate;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(ms: number, onLate: () => void): TimedCall {
    const now = this.#clock.monotonic();
    // What is no number is over at once.
    const call = { due: now + (ms > 0 ? ms : 0), onLate };
    this.#calls.add(call);
    if (call.due < this.#firesAt) this.#arm(call.due, now);
    return call;
  }

  /** False if it was late. */
  end(call: TimedCall): boolean {
    // A set holds on to what it was rid of until it is itself collected.
    call.onLate = noLate;
    return this.#calls.delete(call);
  }

  #arm(due: number, now: number): void {
    this.#cancel();
    this.#firesAt = Math.max(due, this.#checkedAt + this.#calls.size / callsEachMs);
    this.#cancel = this.#clock.schedule(() => this.#check(), Math.min(this.#firesAt - now, longestTimerMs));
  }

  #check(): void {
    const now = this.#clock.monotonic();
    const late: TimedCall[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const call of this.#calls) {
      // Timers count whole milliseconds, and fire up to one too early.
      if (call.due - now < 1) late.push(call);
      else next = Math.min(next, call.due);
    }
    this.#checkedAt = now;
    this.#firesAt = Number.POSITIVE_INFINITY;
    if (next < this.#firesAt) this.#arm(next, now);
    // One turn of the event loop later: a result that arrived while this process was busy still counts.
    if (late.length > 0) setImmediate(() => this.#end(late));
  }

  #end(late: readonly TimedCall[]): void {
    for (const call of late) {
      const { onLate } = call;
      if (this.end(call)) onLate();
    }
  }
}

const timedCalls = new WeakMap<Clock, TimedCalls>();

function timedCallsOn(clock: Clock): TimedCalls {
  const known = timedCalls.get(clock);
  if (known !== undefined) return known;
  const made = new TimedCalls(clock);
  timedCalls.set(clock, made);
  return made;
}

/**
 * Resolves or rejects as `pending` does, or resolves with {@link tooSlow} once `budgetMs` are over. A result that comes
 * after that is dropped, and so is a failure.
 */
export function within<T>(clock: Clock, budgetMs: number, pending: Promise<T>): Promise<T | typeof tooSlow> {
  const calls = timedCallsOn(clock);
  return new Promise((resolve, reject) => {
    const call = calls.begin(budgetMs, () => resolve(tooSlow));
    pending.then(
      (value) => {
        calls.end(call);
        resolve(value);
      },
      (error) => {
        calls.end(call);
        reject(error);
      },
    );
  });
}

/** As {@link within}, for many calls that all have the same time. */
export class TimeLimit {
  readonly ms: number;
  readonly #calls: TimedCalls;

  constructor(clock: Clock, ms: number) {
    this.#calls = timedCallsOn(clock);
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
      const call = this.#calls.begin(this.ms, () => attempt(() => failed(tooSlow)));
      pending.then(
        (value) => {
          if (this.#calls.end(call)) attempt(() => done(value));
        },
        (error) => {
          if (this.#calls.end(call)) attempt(() => failed(error));
        },
      );
    });
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
