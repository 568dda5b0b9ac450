/**
 * Feedback on a pool that nothing judges. Callers report what displeases them, so that it shows at least so many wrong hits and
 * never at most: it may raise the threshold, and never lowers it.
 */

/** Wrong hits below which the threshold stays. */
const fewest = 3;
const mostIds = 1_024;

export interface Feedback {
  hit(): void;
  add(similarity: number, id: string): void;
  /** The threshold that feedback leaves of this one. */
  above(threshold: number): number;
}

export function feedbackOf(maxErrorRate: number): Feedback {
  const ids = new Set<string>();
  let hits = 0;
  let highest = Number.NEGATIVE_INFINITY;
  return {
    hit() {
      hits++;
    },
    add(similarity, id) {
      if (ids.size >= mostIds) return;
      ids.add(id);
      highest = Math.max(highest, similarity);
    },
    above(threshold) {
      const exceeds = ids.size >= fewest && ids.size > maxErrorRate * hits;
      return exceeds ? Math.max(threshold, highest + Number.EPSILON) : threshold;
    },
  };
}
