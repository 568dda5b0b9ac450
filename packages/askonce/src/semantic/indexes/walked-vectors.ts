/** All vectors of a store: as it has them beside its entries, or else in the metadata of its entries. */
import type { EntryMeta } from '../../entry/entry.ts';
import type { Store } from '../../store/contract.ts';
import type { StoredVector } from '../../store/vectors.ts';

/** Entries that have been read, and the vectors among them. */
export interface WalkedBatch {
  readonly entries: number;
  readonly vectors: readonly StoredVector[];
}

export async function* walkedVectors({
  scan,
  vectors,
}: Pick<Store, 'scan' | 'vectors'>): AsyncIterable<WalkedBatch> {
  if (vectors !== undefined) {
    for await (const batch of vectors.walk()) yield { entries: batch.length, vectors: batch };
    return;
  }
  for await (const page of scan?.walk() ?? []) {
    const found = page.map(({ key, meta }) => vectorIn(key, meta));
    yield { entries: page.length, vectors: found.filter((vector) => vector !== undefined) };
  }
}

/** The vector in an entry's metadata; undefined if it has none. */
export function vectorIn(key: string, meta: EntryMeta): StoredVector | undefined {
  const { lease, partition, frame, language, expires, embedder, vector } = meta;
  if (embedder === undefined || vector === undefined) return undefined;
  return { key, lease, partition, frame, language, expires, embedder, vector };
}
