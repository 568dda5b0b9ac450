/** Entries with vectors, and what a store says of their vectors. */
import type { EntryMeta } from '../../entry/entry.ts';
import { encodeVector } from '../../entry/vector.ts';
import type { Store } from '../../store/contract.ts';
import type { StoredVector } from '../../store/vectors.ts';
import { type SampleEntry, sampleEntry } from '../sample-entry.ts';
import { sampleVectors } from '../sample-vectors.ts';
import { capable } from './capable.ts';

export const embedder = 'static-1/256';

/** Texts of different vectors, without end. */
export function* vectorTexts(): Generator<string> {
  for (const vector of sampleVectors({ dimension: 256, seed: 7 })) yield encodeVector(vector);
}

/** The vector that an entry with these metadata has. */
export function vectorOf(key: string, meta: EntryMeta, changed: Partial<StoredVector> = {}): StoredVector {
  const { lease, partition, frame, language, expires } = meta;
  const { embedder: maker = '', vector = '' } = meta;
  return { key, lease, partition, frame, language, expires, embedder: maker, vector, ...changed };
}

/** All vectors that a walk visits, by key, and the largest batch that they came in. */
export async function walkedVectors(
  store: Store,
): Promise<{ vectors: Map<string, StoredVector>; largest: number }> {
  const vectors = new Map<string, StoredVector>();
  let largest = 0;
  for await (const batch of capable(store, 'vectors').walk()) {
    largest = Math.max(largest, batch.length);
    for (const vector of batch) vectors.set(vector.key, vector);
  }
  return { vectors, largest };
}

/** An entry with a vector. */
export function embedded(vector: string, entry: SampleEntry) {
  return sampleEntry({ embedder, vector, frame: 'a-frame', language: 'de', ...entry });
}
