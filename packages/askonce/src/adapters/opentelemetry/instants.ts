/**
 * Instants of spans. A hit takes less than a millisecond, which wall time does not resolve; so instants are those of the
 * monotonic clock, put on the wall clock at one point for all spans of a process. Else a span might end after its parent.
 */
import type { Clock } from '../../clock.ts';

/** How far the two clocks may drift apart before they are put together anew, in milliseconds. */
const maxDriftMs = 5;

export interface Instants {
  /** Milliseconds since the epoch, with their fraction. */
  now(): number;
}

export function instants(clock: Clock): Instants {
  let offset = clock.now() - clock.monotonic();
  return {
    now() {
      const monotonic = clock.monotonic();
      const drift = clock.now() - monotonic - offset;
      if (Math.abs(drift) > maxDriftMs) offset += drift;
      return monotonic + offset;
    },
  };
}
