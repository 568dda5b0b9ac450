/**
 * Caches with a semantic tier, before an embedder whose vectors a test foresees.
 */
import type { SemanticOptions } from 'askonce';
// Loaded before the first cache asks for it.
import '../../packages/askonce/src/semantic/tier.ts';
import { type CacheSetUpOptions, setUpCache } from './set-up-cache.ts';
import { wordEmbedder } from './word-embedder.ts';

export { wordEmbedder } from './word-embedder.ts';

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
