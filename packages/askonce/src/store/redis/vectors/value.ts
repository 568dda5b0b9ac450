/**
 * The value under `KEY:vec`: the vector of the entry `KEY`, and where it may be looked for.
 *
 * ```
 *  0 lease u64be   8 expires f64le   16 version u8   17 flags u8   18 CRC-32 of what follows, from that of the key on u32le
 * 22 lengths of embedder, partition, frame and language u16le each, these texts, and the vector
 * ```
 *
 * The first 16 bytes are those of the entry's own value, which scripts copy: a refresh of the entry replaces them and leaves
 * the rest. So they are in the clear and not covered by the checksum. If entries are encrypted, everything from offset 22
 * on is sealed (`entry/key-ring.ts`) for this key alone.
 */
import { crc32 } from 'node:zlib';
import type { KeyRing, Seal } from '../../../entry/key-ring.ts';
import { metaLimits } from '../../../entry/shape.ts';
import { partitionOf } from '../../filter.ts';
import type { StoredVector } from '../../vectors.ts';

/** Bytes that the script adds in front of what {@link encodeVectorBody} returns. */
const headBytes = 16;
const bodyVersion = 1;
const crcAt = 2;
const contentAt = 6;
const lengthsBytes = 8;

const flag = { sealed: 1, packed: 2, partitionOfKey: 4 } as const;

/** What the value of a vector states besides the lease and the expiry of its entry. */
export type VectorBody = Omit<StoredVector, 'lease' | 'expires'>;

/** The value from offset 16 on; undefined if it could not be decoded again. */
export function encodeVectorBody(body: VectorBody, keys: KeyRing | undefined): Buffer | undefined {
  const { key, embedder, partition, frame, language, vector } = body;
  const isOfKey = partition === partitionOf(key);
  const texts = [embedder, isOfKey ? '' : partition, frame, language].map((text) => Buffer.from(text));
  if (texts.some(({ length }) => length > 0xffff) || vector.length > metaLimits.vector) return undefined;
  const packed = packedVector(vector);
  const lengths = Buffer.allocUnsafe(lengthsBytes);
  for (const [at, { length }] of texts.entries()) lengths.writeUInt16LE(length, at * 2);
  const plain = Buffer.concat([lengths, ...texts, packed ?? Buffer.from(vector)]);
  const flags =
    (keys === undefined ? 0 : flag.sealed) +
    (packed === undefined ? 0 : flag.packed) +
    (isOfKey ? flag.partitionOfKey : 0);
  const content = keys === undefined ? plain : keys.seal(plain, sealOf(key, flags));
  const front = Buffer.from([bodyVersion, flags, 0, 0, 0, 0]);
  front.writeUInt32LE(checksum(key, content), crcAt);
  return Buffer.concat([front, content]);
}

/** The vector in a stored value, if it can be read and belongs to `key`. */
export function decodeVectorValue(
  key: string,
  value: Buffer,
  keys: KeyRing | undefined,
): StoredVector | undefined {
  const body = value.subarray(headBytes);
  if (body.length < contentAt || body[0] !== bodyVersion) return undefined;
  const flags = body.readUInt8(1);
  const content = body.subarray(contentAt);
  if (body.readUInt32LE(crcAt) !== checksum(key, content)) return undefined;
  // Neither a value that the keys do not vouch for, nor one that needs keys.
  if (hasFlag(flags, flag.sealed) !== (keys !== undefined)) return undefined;
  const plain = keys === undefined ? content : keys.open(content, sealOf(key, flags));
  if (plain === undefined || plain.length < lengthsBytes) return undefined;
  let at = lengthsBytes;
  const text = (index: number): string => {
    const from = at;
    at += plain.readUInt16LE(index * 2);
    return plain.toString('utf8', from, at);
  };
  const [embedder, stated, frame, language] = [text(0), text(1), text(2), text(3)];
  if (at > plain.length) return undefined;
  return {
    key,
    lease: value.readUInt32BE(0) * 2 ** 32 + value.readUInt32BE(4),
    expires: value.readDoubleLE(8),
    partition: hasFlag(flags, flag.partitionOfKey) ? partitionOf(key) : stated,
    frame,
    language,
    embedder,
    vector: plain.toString(hasFlag(flags, flag.packed) ? 'base64url' : 'utf8', at),
  };
}

/**
 * Three bytes for four characters of a vector's text, whose alphabet is that of base64url; undefined for a text that these
 * bytes would not bring back.
 */
function packedVector(vector: string): Buffer | undefined {
  const bytes = Buffer.from(vector, 'base64url');
  return bytes.toString('base64url') === vector ? bytes : undefined;
}

function hasFlag(flags: number, wanted: number): boolean {
  return (flags & wanted) !== 0;
}

function sealOf(key: string, flags: number): Seal {
  return { name: `vector\n${key}`, beside: Buffer.from(`${flags}\n${key}`) };
}

function checksum(key: string, content: Buffer): number {
  return crc32(content, crc32(key));
}
