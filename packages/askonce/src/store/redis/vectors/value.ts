/**
 * The value under `KEY:vec`: the vector of the entry `KEY`, and where it may be looked for.
 *
 * ```
 *  0 lease u64be   8 expires f64le   16 the record (store/vector-record.ts)
 * ```
 *
 * The first 16 bytes are those of the entry's own value, which scripts copy: a refresh of the entry replaces them and leaves
 * the rest. So they are in the clear and not covered by the record's checksum.
 */
import type { Entry } from '../../../entry/entry.ts';
import type { KeyRing } from '../../../entry/key-ring.ts';
import { decodeVectorRecord, vectorRecordOf } from '../../vector-record.ts';
import type { StoredVector } from '../../vectors.ts';

/** Stand for the record in the script that writes entries: the entry has no vector, or the one that is there stays. */
export const noVector = '';
export const sameVector = '=';

/** A record, which is longer than what stands for one. */
export type WrittenVector = Buffer | typeof noVector | typeof sameVector;

const recordAt = 16;

/** What a write of the entry does to its vector. */
export function writtenVector({ key, meta }: Entry, keys: KeyRing | undefined): WrittenVector {
  if (meta.embedder === undefined) return noVector;
  return vectorRecordOf(key, meta, keys) ?? sameVector;
}

/** The vector in a stored value, if it can be read and belongs to `key`. */
export function readVectorValue(
  key: string,
  value: Buffer,
  keys: KeyRing | undefined,
): StoredVector | undefined {
  if (value.length < recordAt) return undefined;
  const record = decodeVectorRecord(key, value.subarray(recordAt), keys);
  if (record === undefined) return undefined;
  const lease = value.readUInt32BE(0) * 2 ** 32 + value.readUInt32BE(4);
  return { ...record, key, lease, expires: value.readDoubleLE(8) };
}
