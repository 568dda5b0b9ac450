/** The pauses of a loop that works in the background, which may be cut short. */
import type { Clock } from '../../clock.ts';

export interface Rest {
  /** Resolves after so many ms, or earlier if `soon` is called. */
  rest(ms: number): Promise<void>;
  /** The pause in progress, or the next one, lasts no longer than so many ms. */
  soon(ms: number): void;
}

export function resting(clock: Clock): Rest {
  let end: (() => void) | undefined;
  let cancel = () => {};
  let due = Number.POSITIVE_INFINITY;
  /** An instant by which the next pause has to end. */
  let wanted = Number.POSITIVE_INFINITY;

  function arm(instant: number): void {
    cancel();
    due = instant;
    const leftMs = instant - clock.monotonic();
    if (leftMs > 0) cancel = clock.schedule(() => end?.(), leftMs);
    else end?.();
  }

  return {
    async rest(ms) {
      await new Promise<void>((resolve) => {
        end = resolve;
        arm(Math.min(clock.monotonic() + ms, wanted));
      });
      cancel();
      end = undefined;
      due = Number.POSITIVE_INFINITY;
      wanted = Number.POSITIVE_INFINITY;
    },
    soon(ms) {
      const instant = clock.monotonic() + ms;
      if (end === undefined) wanted = Math.min(wanted, instant);
      else if (instant < due) arm(instant);
    },
  };
}
