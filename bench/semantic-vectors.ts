/** Vectors for the benchmarks of indexes: in clusters, as those of questions are, and all in one place. */
import type { Entry, Store } from 'askonce';
import { Index, MetricKind, ScalarKind } from 'usearch';
import { encodeVector } from '../packages/askonce/src/entry/vector.ts';
import { sampleVectors } from '../packages/askonce/src/testing/sample-vectors.ts';
import { keyOfCopy, someEntry } from './entries.ts';
import { smallQuestion } from './small.ts';

const clusters = 5_000;
const page = 2_000;

export const benchEmbedder = 'bench 1';
export const benchPlace = { partition: 'p', frame: 'f', language: 'en' };

/** The next vector of a series without end. */
export function vectorSource(dimension: number): () => Float32Array {
  const source = sampleVectors({ dimension, clusters });
  return () => source.next().value ?? new Float32Array(dimension);
}

/** Stores copies of an entry, each with a vector of its own, and returns the vectors. */
export async function storeVectors(
  store: Store,
  count: number,
  next: () => Float32Array,
): Promise<readonly Float32Array[]> {
  const entry = await someEntry(smallQuestion);
  const vectors: Float32Array[] = [];
  while (vectors.length < count) {
    const entries = Array.from({ length: page }, (): Entry => {
      const vector = next();
      vectors.push(vector);
      const meta = { ...entry.meta, ...benchPlace, embedder: benchEmbedder, vector: encodeVector(vector) };
      return { ...entry, key: keyOfCopy(entry, vectors.length), meta };
    });
    const results = await store.setMany(entries);
    if (results.some((result) => result !== 'stored')) throw new Error('the store refused an entry');
    await store.flush();
  }
  return vectors;
}

/** usearch alone, with the parameters of our indexes and the vectors in it. */
export function usearchAlone(vectors: readonly Float32Array[], dimensions: number): Index {
  const index = new Index({
    dimensions,
    metric: MetricKind.Cos,
    quantization: ScalarKind.F16,
    connectivity: 16,
    expansion_add: 64,
    expansion_search: 64,
    multi: false,
  });
  for (const [number, vector] of vectors.entries()) index.add(BigInt(number), vector, 1);
  return index;
}
