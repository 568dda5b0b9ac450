/** Bounds of a caller's query as numbers that every store takes. */

/** The last instant that a date can name. */
const lastInstant = 8_640_000_000_000_000;

/** A whole instant: those of a query may be infinite. */
export function wholeInstant(at: number): number {
  return Number.isNaN(at) ? 0 : Math.ceil(Math.min(Math.max(at, -lastInstant), lastInstant));
}

/** A whole number from 0; undefined for no limit. */
export function wholeLimit(limit: number | undefined): number | undefined {
  return limit === undefined || !Number.isFinite(limit) ? undefined : Math.max(0, Math.floor(limit));
}
