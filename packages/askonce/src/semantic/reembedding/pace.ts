/** The rate at which entries are embedded anew: even, and without catching up after a pause. */
import { type Clock, pause } from '../../clock.ts';

/** Calls that come earlier than the even rate wants by no more than this, in ms, go at once: timers are hardly finer. */
const aheadMs = 10;

/** Resolves when the next call may begin. Rejects as soon as the signal aborts. */
export function paceOf(clock: Clock, perSecond: number, signal: AbortSignal): () => Promise<void> {
  let next = clock.monotonic();
  return async () => {
    const now = clock.monotonic();
    const waitMs = Math.max(0, next - now);
    next = now + waitMs + 1000 / perSecond;
    if (waitMs > aheadMs) await pause(clock, waitMs, signal);
  };
}
