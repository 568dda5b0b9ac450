/**
 * What each threshold would have served of the scored pairs, how much of that wrongly, and the threshold to use.
 */
import { type Interval, intervalOf, triesNeeded } from './interval.ts';
import type { ScoredPair } from './score.ts';

/** One threshold: the pairs at or above it that nothing keeps apart. */
export interface ThresholdRow {
  readonly threshold: number;
  readonly served: number;
  readonly wrong: number;
  /** Share of all pairs, or of all questions of a log, that are served; identical ones are not counted. */
  readonly reuse: number;
  /** Share of wrong ones among those served, with its 95 % interval. */
  readonly wrongPerHit: number;
  readonly interval: Interval;
}

type Recommendation =
  /** The lowest threshold whose upper bound is within the rate. */
  | { readonly kind: 'certified'; readonly row: ThresholdRow }
  /** About so many more labelled pairs like these would certify the threshold, if its share of wrong ones stays. */
  | { readonly kind: 'more-needed'; readonly row: ThresholdRow; readonly pairs: number }
  /** Wherever enough pairs are served, too many of them are wrong. */
  | { readonly kind: 'too-wrong' }
  /** No pair is left to a threshold. */
  | { readonly kind: 'no-pairs' };

export interface Evaluation {
  readonly pairs: number;
  readonly same: number;
  readonly identical: { readonly served: number; readonly wrong: number };
  /** Pairs that were kept apart, by what did so, and how many of those are the same. */
  readonly apart: readonly { readonly by: string; readonly pairs: number; readonly same: number }[];
  readonly rows: readonly ThresholdRow[];
  readonly recommendation: Recommendation;
  /** Similarity that nine in ten of the same pairs reach, guards aside: below it a verifier finds little. */
  readonly lower: number | undefined;
}

/** Thresholds from the top; finer where embedders tell questions apart. */
const grid: readonly number[] = [
  ...Array.from({ length: 20 }, (_, step) => 0.998 - step * 0.004),
  ...Array.from({ length: 42 }, (_, step) => 0.92 - step * 0.01),
].map((threshold) => Math.round(threshold * 1000) / 1000);

/** `all`: the number of questions that reuse is a share of; by default that of the pairs. */
export function evaluated(
  pairs: readonly ScoredPair[],
  maxErrorRate: number,
  all: number = pairs.length,
): Evaluation {
  const open = pairs.filter(({ apart, identical }) => apart === undefined && !identical);
  const identical = pairs.filter((pair) => pair.identical);
  const rows = grid.map((threshold) => rowAt(threshold, open, all)).filter(isTelling);
  return {
    pairs: pairs.length,
    same: pairs.filter(({ same }) => same).length,
    identical: { served: identical.length, wrong: identical.filter(({ same }) => !same).length },
    apart: apartOf(pairs),
    rows,
    recommendation: recommended(rows, maxErrorRate, pairs.length),
    lower: lowerOf(pairs),
  };
}

function rowAt(threshold: number, open: readonly ScoredPair[], all: number): ThresholdRow {
  const served = open.filter(({ similarity = -1 }) => similarity >= threshold);
  const wrong = served.filter(({ same }) => !same).length;
  return {
    threshold,
    served: served.length,
    wrong,
    reuse: all === 0 ? 0 : served.length / all,
    wrongPerHit: served.length === 0 ? 0 : wrong / served.length,
    interval: intervalOf(wrong, served.length),
  };
}

/** Whether a row says more than the one above it. */
function isTelling({ served }: ThresholdRow, at: number, rows: readonly ThresholdRow[]): boolean {
  return served > (rows[at - 1]?.served ?? 0);
}

function recommended(rows: readonly ThresholdRow[], rate: number, all: number): Recommendation {
  if (rows.length === 0) return { kind: 'no-pairs' };
  const certified = rows.filter(({ interval }) => interval.high <= rate).at(-1);
  if (certified !== undefined) return { kind: 'certified', row: certified };
  let nearest: { readonly row: ThresholdRow; readonly pairs: number } | undefined;
  for (const row of rows) {
    const needed = triesNeeded(row.wrong, row.served, rate);
    if (needed === undefined) continue;
    // Only some of the pairs are served at this threshold, so that more of them are needed.
    const pairs = Math.ceil(((needed - row.served) * all) / row.served);
    if (nearest === undefined || pairs < nearest.pairs) nearest = { row, pairs };
  }
  return nearest === undefined ? { kind: 'too-wrong' } : { kind: 'more-needed', ...nearest };
}

function apartOf(pairs: readonly ScoredPair[]): Evaluation['apart'] {
  const counts = new Map<string, { pairs: number; same: number }>();
  for (const { apart, same } of pairs) {
    if (apart === undefined) continue;
    const by = 'name' in apart ? `${apart.by} ${apart.name}` : apart.by;
    const count = counts.get(by) ?? { pairs: 0, same: 0 };
    count.pairs += 1;
    if (same) count.same += 1;
    counts.set(by, count);
  }
  return [...counts].map(([by, count]) => ({ by, ...count })).toSorted((a, b) => b.pairs - a.pairs);
}

const reached = 0.9;

function lowerOf(pairs: readonly ScoredPair[]): number | undefined {
  const similarities = pairs
    .flatMap(({ same, identical, similarity }) =>
      same && !identical && similarity !== undefined ? [similarity] : [],
    )
    .toSorted((a, b) => b - a);
  const last = similarities[Math.ceil(similarities.length * reached) - 1];
  return last === undefined ? undefined : Math.floor(last * 100) / 100;
}
