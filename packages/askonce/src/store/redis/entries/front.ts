/**
 * The front of a value in Redis: what a script, or a search over very many entries, needs without the rest.
 *
 * ```
 *  0 lease u64be   8 expires f64le   16 count u16be   18 digests of the entry's tags, 10 bytes each   … entry/codec
 * ```
 *
 * It is in the clear, as the index is, and not covered by a checksum: a reader of the entry compares it with the entry's
 * own metadata.
 */
import { packDigests } from '../../../entry/digests.ts';
import type { EntryMeta } from '../../../entry/entry.ts';
import { metaLimits } from '../../../entry/shape.ts';

const countAt = 16;
const headBytes = countAt + 2;
const digestBytes = 10;
/** Size of the largest front. */
export const frontBytes = headBytes + metaLimits.tags * digestBytes;

/** The front of an entry. */
export interface EntryFront {
  /** The expiry of the entry, in ms since the epoch. */
  readonly expires: number;
  /** Digests of its tags, concatenated. */
  readonly digests: Uint8Array;
}

type FrontMeta = Pick<EntryMeta, 'lease' | 'expires' | 'tagDigests'>;

export function frontOf({ lease, expires, tagDigests = [] }: FrontMeta): Buffer {
  const front = Buffer.allocUnsafe(headBytes + tagDigests.length * digestBytes);
  front.writeBigUInt64BE(BigInt(lease));
  front.writeDoubleLE(expires, 8);
  front.writeUInt16BE(tagDigests.length, countAt);
  front.set(packDigests(tagDigests), headBytes);
  return front;
}

/** Undefined if the value has no front. */
export function readFront(value: Buffer): EntryFront | undefined {
  const end = frontEnd(value);
  return end === undefined
    ? undefined
    : { expires: value.readDoubleLE(8), digests: value.subarray(headBytes, end) };
}

/** The value after its front; undefined if it has none. */
export function afterFront(value: Uint8Array): Uint8Array | undefined {
  const end = frontEnd(value);
  return end === undefined ? undefined : value.subarray(end);
}

/** Whether the value has the front of an entry with this metadata. Runs at every hit, and so builds nothing. */
export function isFrontOf(value: Buffer, { lease, expires, tagDigests = [] }: FrontMeta): boolean {
  const end = frontEnd(value);
  if (end !== headBytes + tagDigests.length * digestBytes) return false;
  if (value.readUInt32BE(0) * 2 ** 32 + value.readUInt32BE(4) !== lease) return false;
  if (value.readDoubleLE(8) !== expires) return false;
  if (value.toString('hex', headBytes, end) === tagDigests.join('')) return true;
  // Digests of another shape than the cache's own are packed before they are compared.
  return packDigests(tagDigests).equals(value.subarray(headBytes, end));
}

function frontEnd(value: Uint8Array): number | undefined {
  if (value.length < headBytes) return undefined;
  const count = (value[countAt] ?? 0) * 256 + (value[countAt + 1] ?? 0);
  const end = headBytes + count * digestBytes;
  return count > metaLimits.tags || end > value.length ? undefined : end;
}
