/**
 * The pace of calls: so many a second, evenly, and none while the called side asks to wait.
 */
import { type Clock, pause } from '../clock.ts';

export interface Pace {
  /** Resolves when the next call may be made. Rejects with the signal's reason once that has aborted. */
  turn(signal: AbortSignal): Promise<void>;
  /** Makes no call for so many milliseconds. */
  hold(ms: number): void;
}

export function pace(clock: Clock, perSecond: number): Pace {
  const betweenMs = 1000 / perSecond;
  /** The monotonic instant of the next call. */
  let next = clock.monotonic();
  return {
    async turn(signal) {
      signal.throwIfAborted();
      // Several wait for one instant, and the first of them moves it on.
      for (let ms = next - clock.monotonic(); ms > 0; ms = next - clock.monotonic())
        await pause(clock, ms, signal);
      next = clock.monotonic() + betweenMs;
    },
    hold(ms) {
      next = Math.max(next, clock.monotonic() + ms);
    },
  };
}
