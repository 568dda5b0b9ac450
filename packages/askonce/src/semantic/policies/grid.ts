/**
 * The thresholds that a pool may take: a fixed grid, from the strictest down.
 *
 * Steps are equal in the logarithm of the distance from 1, since an embedder that needs .98 crowds into a few hundredths what
 * another one spreads over tenths.
 */
import type { Prior } from './prior.ts';

const step = 1.15;
/** Cells above the prior: the strictest threshold lies at a quarter of the prior's distance from 1. */
const above = 10;
/** A pool may learn a threshold at up to so many times the distance of `lower`, unless the operator has set that. */
const reach = 3;
/** The distance that stands in for a prior's where there is none. */
const unknownDistance = 0.01;

export interface Grid {
  /** Descending. Cell `k` holds the similarities from `thresholds[k]` up to the threshold before it. */
  readonly thresholds: readonly number[];
  /** The cell of the prior's `upper`; that of a distance of .01 if there is none. */
  readonly prior: number;
  /** The last cell that is within the prior's `lower`. */
  readonly lower: number;
  /** The cell of a similarity; the number of cells if it is below them all. */
  cellOf(similarity: number): number;
}

export function gridOf({ upper = 1 - unknownDistance, lower }: Prior, isLowerFixed: boolean): Grid {
  const distance = Math.max(1 - upper, 1e-4);
  const end = Math.max((1 - lower) * (isLowerFixed ? 1 : reach), distance);
  const thresholds: number[] = [];
  for (let k = -above; distance * step ** k < end; k++) thresholds.push(1 - distance * step ** k);
  thresholds[above] = upper;
  thresholds.push(1 - end);
  const cellOf = (similarity: number) => {
    let from = 0;
    let to = thresholds.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((thresholds[middle] ?? 0) <= similarity) to = middle;
      else from = middle + 1;
    }
    return from;
  };
  const cells = thresholds.length - 1;
  return { thresholds, prior: above, lower: Math.min(cellOf(lower), cells), cellOf };
}
