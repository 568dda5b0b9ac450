/**
 * An embedder without a model: each three letters in a row count for one component. It recognises the same words, in any
 * language and with a typo, and nothing of their meaning.
 */
import type { Embedder } from 'askonce/semantic';

export interface LetterTriplesOptions {
  /** Components of a vector. Default 512. */
  readonly dimension?: number | undefined;
}

export function letterTriples({ dimension = 512 }: LetterTriplesOptions = {}): Embedder {
  return {
    name: 'letter-triples',
    // Raise it with every change that gives a text another vector: stored vectors of the old version are then left alone.
    version: '1',
    dimension,
    prefix: '',
    pooling: 'sum',
    weights: '',
    embed(text) {
      const words =
        text
          .slice(0, 16_384)
          .normalize('NFKC')
          .toLowerCase()
          .match(/[\p{L}\p{N}]+/gu) ?? [];
      const vector = new Float32Array(dimension);
      for (const word of words) {
        const letters = `_${word}_`;
        for (let at = 0; at + 3 <= letters.length; at++) {
          const component = numberOf(letters.slice(at, at + 3)) % dimension;
          vector[component] = (vector[component] ?? 0) + 1;
        }
      }
      const length = Math.hypot(...vector);
      return length === 0 ? undefined : vector.map((component) => component / length);
    },
  };
}

/** The same number for the same letters (FNV-1a), in every process. */
function numberOf(letters: string): number {
  let number = 0x811c9dc5;
  for (let at = 0; at < letters.length; at++) number = Math.imul(number ^ letters.charCodeAt(at), 0x01000193);
  return number >>> 0;
}
