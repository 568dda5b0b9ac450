/**
 * Sweeps over what this process holds in memory: what was taken back elsewhere goes from here soon, and not only once
 * somebody asks for it.
 */
import type { Clock } from '../clock.ts';

export interface Sweeps {
  /** There may be something to sweep away. However often this is called, a sweep begins once in a while only. */
  due(): void;
  /** Until the function that it returns is called, no sweep begins, and one that is under way takes nothing more. */
  hold(): () => void;
  close(): void;
}

/** Between the beginnings of two sweeps, at least. */
const restMs = 1_000;

/** @param sweep may reject: then the next one finds what this one has left. Takes nothing while `isHeld` says so. */
export function sweeps(clock: Clock, sweep: (isHeld: () => boolean) => Promise<unknown>): Sweeps {
  let begun = Number.NEGATIVE_INFINITY;
  let isUnderWay = false;
  let isDue = false;
  let isClosed = false;
  let holders = 0;
  let cancel: (() => void) | undefined;

  function plan(): void {
    if (!isDue || isUnderWay || isClosed || holders > 0 || cancel !== undefined) return;
    cancel = clock.schedule(run, Math.max(0, begun + restMs - clock.monotonic()));
  }

  function run(): void {
    cancel = undefined;
    if (holders > 0) return;
    isDue = false;
    isUnderWay = true;
    begun = clock.monotonic();
    sweep(() => holders > 0)
      .catch(() => {})
      .finally(() => {
        isUnderWay = false;
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
