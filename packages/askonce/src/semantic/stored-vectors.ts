/**
 * The vectors of entries as the store has them now. A store that has them nowhere else has them in the entries themselves.
 */
import type { Found, Store } from '../store/contract.ts';
import type { StoredVector } from '../store/vectors.ts';

/** Makes the function that reads vectors, one for each key; it rejects if the store fails. */
export function vectorsIn(store: Pick<Store, 'vectors' | 'getMany'>) {
  return async (keys: readonly string[]): Promise<readonly (StoredVector | undefined)[]> =>
    store.vectors === undefined
      ? (await store.getMany(keys)).map(vectorOf)
      : await store.vectors.getMany(keys);
}

/** The vector of an entry; undefined if it has none, or cannot be read: a store may read its bytes only now. */
function vectorOf(found: Found | undefined): StoredVector | undefined {
  try {
    const entry = found?.entry;
    if (entry === undefined) return undefined;
    const { lease, partition, frame, language, expires, embedder, vector } = entry.meta;
    if (embedder === undefined || vector === undefined) return undefined;
    return { key: entry.key, lease, partition, frame, language, expires, embedder, vector };
  } catch {
    return undefined;
  }
}
