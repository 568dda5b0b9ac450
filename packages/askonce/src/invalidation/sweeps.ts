/**
 * Sweeps of this process's memory: entries that another process has invalidated are removed soon, and not only when a
 * request finds them.
 */
import type { Clock } from '../clock.ts';

export interface Sweeps {
  /** Announces that there may be entries to remove. A sweep begins at most once a second, however often this is called. */
  due(): void;
  /** Until the returned function is called, no sweep begins, and one in progress removes nothing more. */
  hold(): () => void;
  close(): void;
}

/** The least time between the beginnings of two sweeps. */
const restMs = 1_000;

/**
 * @param sweep removes invalid entries, and must remove none while `isHeld` returns true. It may reject: the next sweep
 *   finds what this one has left.
 */
export function sweeps(clock: Clock, sweep: (isHeld: () => boolean) => Promise<unknown>): Sweeps {
  let begun = Number.NEGATIVE_INFINITY;
  let isSweeping = false;
  let isDue = false;
  let isClosed = false;
  let holders = 0;
  let cancel: (() => void) | undefined;

  function plan(): void {
    if (!isDue || isSweeping || isClosed || holders > 0 || cancel !== undefined) return;
    cancel = clock.schedule(run, Math.max(0, begun + restMs - clock.monotonic()));
  }

  function run(): void {
    cancel = undefined;
    if (holders > 0) return;
    isDue = false;
    isSweeping = true;
    begun = clock.monotonic();
    sweep(() => holders > 0)
      .catch(() => {})
      .finally(() => {
        isSweeping = false;
        plan();
      });
  }

  return {
    due() {
      isDue = true;
      plan();
    },
    hold() {
      holders += 1;
      return () => {
        holders -= 1;
        isDue = true;
        plan();
      };
    },
    close() {
      isClosed = true;
      cancel?.();
    },
  };
}
