/**
 * The front part of a value in Redis: what a script, or a look at very many entries, needs of it without the rest.
 *
 * ```
 *  0 lease u64be   8 expires f64le   16 count u16be   18 digests of the entry's tags, 10 bytes each   … entry/codec
 * ```
 *
 * It is in the clear, as the index is, and no checksum is over it: whoever reads the entry compares it with what the
 * entry says of itself.
 */

import { packDigests } from '../../../entry/digests.ts';
import type { EntryMeta } from '../../../entry/entry.ts';
import { metaLimits } from '../../../entry/shape.ts';

const countAt = 16;
const headBytes = countAt + 2;
const digestBytes = 10;
/** So many bytes hold every front part. */
export const frontBytes = headBytes + metaLimits.tags * digestBytes;

/** What a front part says of its entry. */
export interface EntryFront {
  /** When the entry expires, in ms since the epoch. */
  readonly expires: number;
  /** Digests of its tags, one behind the other. */
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

/** Undefined where it is none. */
export function readFront(value: Buffer): EntryFront | undefined {
  const end = frontEnd(value);
  return end === undefined
    ? undefined
    : { expires: value.readDoubleLE(8), digests: value.subarray(headBytes, end) };
}

/** What is behind the front part; undefined where there is none. */
export function behindFront(value: Uint8Array): Uint8Array | undefined {
  const end = frontEnd(value);
  return end === undefined ? undefined : value.subarray(end);
}

/** Whether the value begins as that of an entry with this metadata does. On the way of every hit: nothing is built. */
export function isFrontOf(value: Buffer, { lease, expires, tagDigests = [] }: FrontMeta): boolean {
  const end = frontEnd(value);
  if (end !== headBytes + tagDigests.length * digestBytes) return false;
  if (value.readUInt32BE(0) * 2 ** 32 + value.readUInt32BE(4) !== lease) return false;
  if (value.readDoubleLE(8) !== expires) return false;
  if (value.toString('hex', headBytes, end) === tagDigests.join('')) return true;
  // Digests of another shape than the cache's own are digested again.
  return packDigests(tagDigests).equals(value.subarray(headBytes, end));
}

function frontEnd(value: Uint8Array): number | undefined {
  if (value.length < headBytes) return undefined;
  const count = (value[countAt] ?? 0) * 256 + (value[countAt + 1] ?? 0);
  const end = headBytes + count * digestBytes;
  return count > metaLimits.tags || end > value.length ? undefined : end;
}
