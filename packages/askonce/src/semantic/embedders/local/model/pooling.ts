/**
 * From the vectors of a text's tokens to one vector. It need not have length 1 yet.
 */
import type { Pooling } from './configuration.ts';

/** The vectors of a text's tokens, one after another. */
export interface TokenVectors {
  readonly values: ArrayLike<number>;
  readonly tokens: number;
  readonly dimension: number;
}

/** @param from first token that is pooled: those before it are the prefix of a model that leaves it out */
export function pool(vectors: TokenVectors, poolings: readonly Pooling[], from = 0): Float32Array {
  const { dimension } = vectors;
  const joined = new Float32Array(dimension * poolings.length);
  for (const [at, pooling] of poolings.entries()) joined.set(one(vectors, pooling, from), at * dimension);
  return joined;
}

function one(vectors: TokenVectors, pooling: Pooling, from: number): Float32Array {
  switch (pooling) {
    case 'cls':
      return row(vectors, from);
    case 'last':
      return row(vectors, vectors.tokens - 1);
    case 'max':
      return largest(vectors, from);
    case 'mean':
      return sum(vectors, from, () => 1 / Math.max(1, vectors.tokens - from));
    case 'weighted':
      // Later tokens have seen more of the text: token i of n, counted from 1, weighs i.
      return sum(vectors, from, (token) => token + 1);
  }
}

function row({ values, dimension }: TokenVectors, token: number): Float32Array {
  const vector = new Float32Array(dimension);
  for (let at = 0; at < dimension; at++) vector[at] = values[token * dimension + at] ?? 0;
  return vector;
}

function sum(
  { values, tokens, dimension }: TokenVectors,
  from: number,
  weightOf: (token: number) => number,
): Float32Array {
  const total = new Float64Array(dimension);
  for (let token = from; token < tokens; token++) {
    const weight = weightOf(token);
    for (let at = 0; at < dimension; at++)
      total[at] = (total[at] ?? 0) + weight * (values[token * dimension + at] ?? 0);
  }
  return Float32Array.from(total);
}

function largest({ values, tokens, dimension }: TokenVectors, from: number): Float32Array {
  const vector = new Float32Array(dimension).fill(Number.NEGATIVE_INFINITY);
  for (let token = from; token < tokens; token++) {
    for (let at = 0; at < dimension; at++)
      vector[at] = Math.max(vector[at] ?? 0, values[token * dimension + at] ?? 0);
  }
  return vector;
}
