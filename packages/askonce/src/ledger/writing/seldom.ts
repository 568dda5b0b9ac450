/** Reports trouble seldom: what recurs each second is one report a minute, and no lost row is left out of the count. */
import type { Clock } from '../../clock.ts';

const everyMs = 60_000;

export interface Trouble {
  /** Reports at once, or with what else there is to report before the minute is over. */
  report(message: string, lostRows?: number): void;
  /** Reports what is held back, and no more after that. */
  close(): void;
}

export function seldom(clock: Clock, say: (message: string, lostRows: number) => void): Trouble {
  let held: { message: string; lostRows: number } | undefined;
  let cancel: (() => void) | undefined;

  function sayHeld(): void {
    cancel = undefined;
    if (held === undefined) return;
    const { message, lostRows } = held;
    held = undefined;
    cancel = clock.schedule(sayHeld, everyMs);
    say(message, lostRows);
  }

  return {
    report(message, lostRows = 0) {
      held = { message, lostRows: lostRows + (held?.lostRows ?? 0) };
      if (cancel === undefined) sayHeld();
    },
    close() {
      cancel?.();
      sayHeld();
      cancel?.();
    },
  };
}
