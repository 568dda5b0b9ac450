/**
 * What the tier would reuse of the questions that are looked up, counted by the cell of what is nearest to each: what
 * today's threshold makes of all of them is known whenever the threshold changes.
 */
import type { Interval, ReuseReport, WrongReport } from './contract.ts';
import { intervalOf } from './evidence.ts';
import type { Grid } from './grid.ts';

export interface ReuseCounts {
  looked(nearest: { readonly similarity: number; readonly identical: boolean } | undefined): void;
  /** The verifier confirmed what is nearest to the question of that similarity. */
  verified(similarity: number, isVetoed: boolean): void;
  /** By the threshold of a cell; undefined if nothing is reused by similarity. */
  upTo(cell: number | undefined): Omit<ReuseReport, 'share' | 'wrong'>;
}

export function reuseCounts({ thresholds, cellOf }: Pick<Grid, 'thresholds' | 'cellOf'>): ReuseCounts {
  const byCell = new Array<number>(thresholds.length).fill(0);
  /** The last holds those that a guard vetoed: no threshold reuses them. */
  const confirmed = new Array<number>(thresholds.length + 1).fill(0);
  let questions = 0;
  let identical = 0;

  const add = (counts: number[], cell: number) => {
    const before = counts[cell];
    if (before !== undefined) counts[cell] = before + 1;
  };

  return {
    looked(nearest) {
      questions++;
      if (nearest === undefined) return;
      if (nearest.identical) identical++;
      else add(byCell, cellOf(nearest.similarity));
    },
    verified(similarity, isVetoed) {
      add(confirmed, isVetoed ? thresholds.length : cellOf(similarity));
    },
    upTo(cell = -1) {
      const similar = sum(byCell.slice(0, cell + 1));
      // What is reused by similarity needs no verifier.
      const verified = sum(confirmed.slice(cell + 1));
      // Two candidates of one question may be counted: one confirmed at its time, and one that today's threshold reuses.
      const reused = Math.min(questions, identical + similar + verified);
      return { questions, reused, identical, similar, verified };
    },
  };
}

/** What the labels say of a part of what is reused, and how much that is. */
export interface Judged {
  readonly reused: number;
  /** Undefined without labels. */
  readonly wrong: Pick<WrongReport, 'estimate' | 'labels' | 'effective'> | undefined;
}

/**
 * The rate of wrong answers over several parts of what is reused, each with labels of its own. A part that was not reused
 * since the process began counts only if none was: then its labels are all that is known.
 */
export function wrongOf(parts: readonly Judged[]): WrongReport | undefined {
  const known = parts.flatMap(({ reused, wrong }) => (wrong === undefined ? [] : [{ reused, ...wrong }]));
  const isUsed = known.some(({ reused }) => reused > 0);
  const weighed = known.map((part) => ({ ...part, weight: isUsed ? part.reused : part.labels }));
  const total = sum(weighed.map(({ weight }) => weight));
  if (total === 0) return undefined;
  const estimate = sum(weighed.map((part) => (part.weight / total) * part.estimate));
  const effective = 1 / sum(weighed.map((part) => (part.weight / total) ** 2 / part.effective));
  const labels = sum(weighed.map((part) => part.labels));
  return { estimate, ...intervalOf(estimate, effective), labels, effective: Math.round(effective) };
}

/** A part of a whole with its 95 % interval; undefined of nothing. */
export function shareOfAll(part: number, whole: number): Interval | undefined {
  if (whole === 0) return undefined;
  const estimate = part / whole;
  return { estimate, ...intervalOf(estimate, whole) };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
