/** Digests of tags as stores hold them: 10 bytes each. */
import { hash } from 'node:crypto';

export const digestBytes = 10;
const digestShape = /^[0-9a-f]{20}$/;

/** The digests, one after the other. */
export function packDigests(digests: readonly string[]): Buffer {
  const packed = Buffer.allocUnsafe(digests.length * digestBytes);
  writeDigests(digests, packed, 0);
  return packed;
}

/** Writes digests one after the other into a buffer from `at` on; returns where they end. */
export function writeDigests(digests: readonly string[], into: Buffer, at: number): number {
  let end = at;
  for (const digest of digests) {
    // A digest of another shape than the cache's own is digested again, into this shape.
    const hex = digestShape.test(digest) ? digest : hash('sha256', digest, 'hex').slice(0, 2 * digestBytes);
    into.write(hex, end, 'hex');
    end += digestBytes;
  }
  return end;
}

/** Each digest as a string of its 10 bytes in Latin-1. */
export function unpackDigests(packed: Uint8Array): readonly string[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const digests: string[] = [];
  for (let from = 0; from < bytes.length; from += digestBytes)
    digests.push(bytes.toString('latin1', from, from + digestBytes));
  return digests;
}

/** Each digest as bytes of its own. */
export function* eachDigest(packed: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < packed.length; from += digestBytes)
    yield packed.subarray(from, from + digestBytes);
}
