/**
 * Whether the served region is still what its labels certified: a leaky bucket over its last labels.
 *
 * A wrong label fills it by one, and each label drains it by a share somewhat above the stated rate. While anything is in it,
 * every would-be hit is judged and none is served, so that a drift costs the hits up to the first wrong label and no more. Where
 * the rate holds, the bucket empties; where it no longer does, it runs over, and the pool learns anew.
 */

/** Drained by each label, in parts of the stated rate. */
const drain = 1.25;
/** Wrong labels, beyond what drains, that show a drift. */
const depth = 5;
/** Labels of the served region that are remembered, the newest last. */
const mostRecent = 512;

/** One character a label, from a wrong one on: `1` for a wrong one, `0` for a right one. */
export type Recent = string;

export function withLabel(recent: Recent, isWrong: boolean): Recent {
  // Right labels before the first wrong one change nothing.
  if (recent === '' && !isWrong) return recent;
  const longer = `${recent}${isWrong ? '1' : '0'}`;
  if (longer.length <= mostRecent) return longer;
  const first = longer.indexOf('1', 1);
  return first < 0 ? '' : longer.slice(first);
}

/** What is in the bucket of a stated rate; 0 is calm. */
export function unrest(recent: Recent, rate: number): number {
  const drained = Math.min(drain * rate, 0.5);
  let level = 0;
  for (let index = 0; index < recent.length; index++)
    level = Math.max(0, level + (recent[index] === '1' ? 1 : 0) - drained);
  return level;
}

export function isDrift(level: number): boolean {
  return level >= depth;
}
