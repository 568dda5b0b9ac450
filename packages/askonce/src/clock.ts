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
