/** An embedder whose vectors a test foresees. */
import type { Embedder } from 'askonce/semantic';

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
