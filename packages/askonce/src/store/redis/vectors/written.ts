/** What a write of an entry does to its vector. */
import type { Entry } from '../../../entry/entry.ts';
import type { KeyRing } from '../../../entry/key-ring.ts';
import { encodeVectorBody } from './value.ts';

/** Stand for the body of a vector in the script that writes entries: the entry has none, or the one that is there stays. */
export const noVector = '';
export const sameVector = '=';

/** The body of the vector, which is longer than what stands for one. */
export type WrittenVector = Buffer | typeof noVector | typeof sameVector;

/** Undefined if the vector cannot be stored. */
export function writtenVector({ key, meta }: Entry, keys: KeyRing | undefined): WrittenVector | undefined {
  const { embedder, vector } = meta;
  if (embedder === undefined) return noVector;
  return vector === undefined ? sameVector : encodeVectorBody({ ...meta, key, embedder, vector }, keys);
}
