/**
 * The peer: a policy that learns a threshold for each stored question, by the formulas of vCache (arXiv 2502.03771; written from
 * the paper).
 *
 * For each stored question, the probability that its answer is right at similarity s is modelled as 1 / (1 + exp(−γ (s − t))), fitted
 * to what was observed of that question. It is explored with probability
 * min over ε of ((1 − δ) − (1 − ε) p) / (1 − (1 − ε) p), where p is the lower end of the fit's confidence band at level 1 − ε.
 * A request that is explored observes whether the stored answer was right, and is stored if it was not.
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
] as const;
/** Weak, so that the fit exists where right and wrong are separable. */
const ridge = 0.01;
const iterations = 25;

interface Observed {
  readonly similarities: number[];
  readonly right: number[];
  fit: Fit | undefined;
}

/** Of the logit a + b s, with the inverse of the information. */
interface Fit {
  readonly a: number;
  readonly b: number;
  readonly aa: number;
  readonly ab: number;
  readonly bb: number;
}

export function perEntry(delta: number, seed: number): StreamPolicy {
  const random = randomOf(seed);
  const entries = new Map<number, Observed>();
  return {
    serves({ stored, similarity, judge }) {
      const entry = entries.get(stored) ?? { similarities: [], right: [], fit: undefined };
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
  if (entry.right.length < 2) return 1;
  entry.fit ??= fitted(entry);
  const { a, b, aa, ab, bb } = entry.fit;
  const x = scaled(similarity);
  const deviation = Math.sqrt(Math.max(0, aa + 2 * ab * x + bb * x * x));
  let least = 1;
  for (const [epsilon, quantile] of confidences) {
    const sure = (1 - epsilon) * sigmoid(a + b * x - quantile * deviation);
    least = Math.min(least, (1 - delta - sure) / (1 - sure));
  }
  return Math.max(0, least);
}

/** Newton's method on the penalised likelihood. */
function fitted({ similarities, right }: Observed): Fit {
  let a = 0;
  let b = 0;
  for (let iteration = 0; ; iteration++) {
    let [ga, gb, haa, hab, hbb] = [-ridge * a, -ridge * b, ridge, 0, ridge];
    for (const [index, similarity] of similarities.entries()) {
      const x = scaled(similarity);
      const p = sigmoid(a + b * x);
      const error = (right[index] ?? 0) - p;
      ga += error;
      gb += error * x;
      const weight = p * (1 - p);
      haa += weight;
      hab += weight * x;
      hbb += weight * x * x;
    }
    const determinant = haa * hbb - hab * hab;
    const inverse = { aa: hbb / determinant, ab: -hab / determinant, bb: haa / determinant };
    if (iteration === iterations) return { a, b, ...inverse };
    a += inverse.aa * ga + inverse.ab * gb;
    b += inverse.ab * ga + inverse.bb * gb;
  }
}

/** Similarities of neighbours lie close together; the fit wants them near to 1 in size. */
function scaled(similarity: number): number {
  return 10 * (similarity - 0.9);
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
