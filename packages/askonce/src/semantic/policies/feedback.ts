/**
 * Feedback on a pool that nothing judges. Callers report what displeases them, so that it shows at least so many wrong hits and
 * never at most: it may raise the threshold, and never lowers it.
 */

/** Feedback so far, as a pool's record has it. */
export interface Complaints {
  readonly wrong: number;
  /** Hits that processes had served when they counted feedback. */
  readonly hits: number;
  /** The highest similarity of a wrong hit. */
  readonly highest: number;
}

/** Wrong hits below which the threshold stays. */
const fewest = 3;

export const noComplaints: Complaints = { wrong: 0, hits: 0, highest: -1 };

/** With one more, and the hits of its process since its last one. */
export function withComplaint(
  { wrong, hits, highest }: Complaints,
  complaint: { readonly hits: number; readonly similarity?: number | undefined },
): Complaints {
  return {
    wrong: wrong + 1,
    hits: hits + complaint.hits,
    highest: Math.max(highest, complaint.similarity ?? -1),
  };
}

/** The threshold that feedback leaves of this one. `since` are the hits of this process that are not counted yet. */
export function raised(
  threshold: number,
  { wrong, hits, highest }: Complaints,
  since: number,
  maxErrorRate: number,
): number {
  const exceeds = wrong >= fewest && wrong > maxErrorRate * (hits + since);
  return exceeds ? Math.max(threshold, highest + Number.EPSILON) : threshold;
}
