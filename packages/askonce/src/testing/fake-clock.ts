/** A clock that moves only when a test says so. */
import type { Clock } from '../clock.ts';

export interface FakeClock extends Clock {
  /** Moves both times forward, and calls the scheduled actions that become due, in order. */
  advance(ms: number): void;
  /** Sets only the wall clock, as an administrator might. */
  setNow(now: number): void;
}

/** @param start wall time in ms since the epoch; default 2030-01-01 */
export function fakeClock(start = 1_893_456_000_000): FakeClock {
  let offset = start;
  let elapsed = 0;
  const scheduled = new Set<{ readonly at: number; readonly action: () => void }>();

  const nextUntil = (end: number) =>
    [...scheduled].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];

  return {
    now: () => offset + elapsed,
    monotonic: () => elapsed,
    schedule(action, delayMs) {
      const timer = { at: elapsed + Math.max(0, delayMs), action };
      scheduled.add(timer);
      return () => {
        scheduled.delete(timer);
      };
    },
    advance(ms) {
      const end = elapsed + ms;
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        scheduled.delete(timer);
        elapsed = Math.max(elapsed, timer.at);
        timer.action();
      }
      elapsed = end;
    },
    setNow(now) {
      offset = now - elapsed;
    },
  };
}
