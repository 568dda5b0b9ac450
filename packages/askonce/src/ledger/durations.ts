/**
 * Histograms of durations that can be added up: classes of a fixed ratio. A quantile is read as the geometric middle of its
 * class, so it is right within 15 % (at most √1.3 − 1) whatever the data, from 10 µs to 15 minutes. Longer durations
 * count as the bound of the last class, some 16 minutes.
 */
import type { Durations } from './contract.ts';

export const durationClasses = 72;
/** Upper bound of the first class, in milliseconds, and the ratio from one bound to the next. */
const firstMs = 0.01;
const ratio = 1.3;
const logOfRatio = Math.log(ratio);
/** It has no upper bound. */
const lastClass = durationClasses - 1;

export function noDurations(): Durations {
  return new Float64Array(durationClasses);
}

/** Counts a duration, in milliseconds; what is no number counts as 0. */
export function addDuration(durations: Durations, ms: number): void {
  const place = ms > firstMs ? Math.ceil(Math.log(ms / firstMs) / logOfRatio) : 0;
  const at = Math.min(place, lastClass);
  durations[at] = (durations[at] ?? 0) + 1;
}

/** Adds the second histogram to the first. */
export function addDurations(to: Durations, more: Durations): void {
  for (let at = 0; at < durationClasses; at++) to[at] = (to[at] ?? 0) + (more[at] ?? 0);
}

/**
 * The duration that a share of all does not exceed (0.5: the median), in milliseconds, within 15 %; undefined if there is
 * none.
 */
export function quantile(durations: Durations, share: number): number | undefined {
  const total = durations.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const wanted = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (let at = 0; at < lastClass; at++) {
    seen += durations[at] ?? 0;
    if (seen >= wanted) return firstMs * ratio ** (at - 0.5);
  }
  return firstMs * ratio ** (lastClass - 1);
}
