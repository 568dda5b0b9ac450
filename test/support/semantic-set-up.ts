/**
 * Caches with a semantic tier, before an embedder whose vectors a test foresees.
 */
import type { SemanticOptions } from 'askonce';
import type { Embedder } from 'askonce/semantic';
// Loaded before the first cache asks for it.
import '../../packages/askonce/src/semantic/tier.ts';
import { type CacheSetUpOptions, setUpCache } from './set-up-cache.ts';

const dimension = 64;

/**
 * An embedder of bags of words: each word has a direction of its own, so that the cosine of two texts is the share of
 * their common words. Of a text with the word "unknowable" it knows nothing.
 */
export function wordEmbedder(
  options: { readonly name?: string } = {},
): Embedder & { readonly texts: string[] } {
  const texts: string[] = [];
  const places = new Map<string, number>();
  return {
    name: options.name ?? 'words',
    version: '1',
    dimension,
    prefix: '',
    pooling: 'sum',
    weights: 'none',
    texts,
    embed(text) {
      texts.push(text);
      const vector = new Float32Array(dimension);
      for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
        if (word === 'unknowable') return undefined;
        const place = places.get(word) ?? places.size % dimension;
        places.set(word, place);
        vector[place] = (vector[place] ?? 0) + 1;
      }
      const length = Math.hypot(...vector);
      return length === 0 ? undefined : vector.map((component) => component / length);
    },
  };
}

/** A cache that serves from a similarity of 0.8 on, with the word embedder and without guards. */
export function setUpSemantic({
  semantic,
  settings,
  ...options
}: Omit<CacheSetUpOptions, 'semantic'> & { readonly semantic?: Partial<SemanticOptions> } = {}) {
  const embedder = wordEmbedder();
  const made = setUpCache({
    ...options,
    settings: { semanticUpper: 0.8, semanticLower: 0.5, semanticGuards: 'none', ...settings },
    semantic: { embedder, ...semantic },
  });
  return { ...made, embedder };
}

export const capital = 'What is the capital city of France?';
/** The same in other words: 0.86. */
export const capitalAgain = 'Which is the capital city of France?';
/** Another question, as near as that. */
export const otherCapital = 'What is the capital city of Spain?';
