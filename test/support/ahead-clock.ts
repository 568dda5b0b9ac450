/** The machine's own clock, moved on by a test: what has timers of its own, or a server, cannot wait for a fake one. */
import { type Clock, systemClock } from 'askonce';

export interface MovableClock extends Clock {
  /** Moves the date on, and leaves what is measured by it alone. */
  advance(ms: number): void;
  /** Moves date and measured time on, as after a halt of the whole program. */
  pause(ms: number): void;
}

export function aheadClock(): MovableClock {
  let ahead = 0;
  let halted = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + ahead + halted,
    monotonic: () => systemClock.monotonic() + halted,
    advance(ms) {
      ahead += ms;
    },
    pause(ms) {
      halted += ms;
    },
  };
}
