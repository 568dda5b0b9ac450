/**
 * The peer: a policy that learns a threshold for each stored question, by the formulas of vCache (arXiv 2502.03771; written from
 * the paper).
 *
 * For each stored question, the probability that its answer is right at similarity s is modelled as 1 / (1 + exp(−γ (s − t))),
 * fitted to what was observed of that question. It is explored with probability
 * min over ε of ((1 − δ) − (1 − ε) p) / (1 − (1 − ε) p), where p is the modelled probability with t at the upper end of its
 * confidence interval at level 1 − ε. A request that is explored observes whether the stored answer was right, and is
 * stored if it was not.
 */
import { randomOf } from './question-sets.ts';
import type { StreamPolicy } from './replay.ts';

/** ε, and the one-sided quantile of the normal distribution at 1 − ε. */
const confidences = [
  [0.001, 3.09],
  [0.0025, 2.807],
  [0.005, 2.576],
  [0.01, 2.326],
  [0.02, 2.054],
  [0.05, 1.645],
  [0.1, 1.282],
  [0.2, 0.842],
  [0.35, 0.385],
] as const;
/** So weak that the fit exists where right and wrong are separable; of those tried, the one with which the peer serves most. */
const ridge = 0.001;
const iterations = 30;
const longestStep = 5;

interface Observed {
  /** Every question begins with two: similarity 0 is wrong, and 1 is right. */
  readonly similarities: number[];
  readonly right: number[];
  fit: Fit | undefined;
}

interface Fit {
  readonly t: number;
  readonly gamma: number;
  /** Standard deviation of t. */
  readonly deviation: number;
}

export function perEntry(delta: number, seed: number): StreamPolicy {
  const random = randomOf(seed);
  const entries = new Map<number, Observed>();
  return {
    serves({ stored, similarity, judge }) {
      const entry = entries.get(stored) ?? { similarities: [0, 1], right: [0, 1], fit: undefined };
      entries.set(stored, entry);
      if (random() >= exploration(entry, similarity, delta)) return true;
      entry.similarities.push(similarity);
      entry.right.push(judge() ? 1 : 0);
      entry.fit = undefined;
      return false;
    },
  };
}

function exploration(entry: Observed, similarity: number, delta: number): number {
  if (entry.right.length < 4) return 1;
  entry.fit ??= fitted(entry);
  const { t, gamma, deviation } = entry.fit;
  if (!(gamma > 0)) return 1;
  let least = 1;
  for (const [epsilon, quantile] of confidences) {
    const sure = (1 - epsilon) * sigmoid(gamma * (scaled(similarity) - t - quantile * deviation));
    least = Math.min(least, (1 - delta - sure) / (1 - sure));
  }
  return Math.max(0, least);
}

/** Newton's method on the penalised likelihood of the logit a + b x; t is −a / b, and its deviation follows to first order. */
function fitted({ similarities, right }: Observed): Fit {
  let a = 0;
  let b = 0;
  for (let iteration = 0; ; iteration++) {
    let [slopeA, slopeB, haa, hab, hbb] = [-ridge * a, -ridge * b, ridge, 0, ridge];
    for (const [index, similarity] of similarities.entries()) {
      const x = scaled(similarity);
      const p = sigmoid(a + b * x);
      const error = (right[index] ?? 0) - p;
      slopeA += error;
      slopeB += error * x;
      const weight = p * (1 - p);
      haa += weight;
      hab += weight * x;
      hbb += weight * x * x;
    }
    const determinant = haa * hbb - hab * hab;
    const [aa, ab, bb] = [hbb / determinant, -hab / determinant, haa / determinant];
    if (iteration === iterations) {
      const t = -a / b;
      const deviation = Math.sqrt(Math.max(0, aa + 2 * t * ab + t * t * bb)) / Math.abs(b);
      return { t, gamma: b, deviation };
    }
    const stepA = aa * slopeA + ab * slopeB;
    const stepB = ab * slopeA + bb * slopeB;
    const shorter = Math.min(1, longestStep / Math.max(Math.abs(stepA), Math.abs(stepB), 1e-9));
    a += stepA * shorter;
    b += stepB * shorter;
  }
}

/** Similarities of neighbours lie close together; the fit wants them near to 1 in size. */
function scaled(similarity: number): number {
  return 10 * (similarity - 0.9);
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
