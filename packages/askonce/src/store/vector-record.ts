/**
 * A vector beside its entry as bytes, in stores that have no other form for it. Numbers are little-endian.
 *
 * ```
 *  0 CRC-32 of the key and the rest u32   4 flags u8   5 the lengths of partition, frame, language and embedder u32 each,
 * these texts, and the vector
 * ```
 *
 * If there are keys, everything after the flags is sealed for the entry's key, so that it cannot be opened as the vector of
 * another entry.
 */
import { crc32 } from 'node:zlib';
import type { EntryMeta } from '../entry/entry.ts';
import type { KeyRing, Seal } from '../entry/key-ring.ts';
import { metaLimits } from '../entry/shape.ts';
import { partitionOf } from './filter.ts';
import type { StoredVector } from './vectors.ts';

/** What the bytes hold; key, lease and expiry are the store's to know. */
export type VectorRecord = Pick<StoredVector, 'partition' | 'frame' | 'language' | 'embedder' | 'vector'>;

const flagsAt = 4;
const contentAt = 5;
const lengthsBytes = 16;
/** The version of the layout, and what is special about a record. */
const flag = { version: 16, packed: 1, partitionOfKey: 2 } as const;
/** Characters of each text. */
const longest = [metaLimits.digest, metaLimits.digest, metaLimits.language, metaLimits.name] as const;

export function encodeVectorRecord(key: string, record: VectorRecord, keys: KeyRing | undefined): Buffer {
  const { partition, frame, language, embedder, vector } = record;
  const isOfKey = partition === partitionOf(key);
  const packed = packedVector(vector);
  const flags = flag.version + (packed ? flag.packed : 0) + (isOfKey ? flag.partitionOfKey : 0);
  const texts = [isOfKey ? '' : partition, frame, language, embedder].map((text) => Buffer.from(text));
  const lengths = Buffer.allocUnsafe(lengthsBytes);
  for (const [at, { length }] of texts.entries()) lengths.writeUInt32LE(length, at * 4);
  const plain = Buffer.concat([lengths, ...texts, packed ?? Buffer.from(vector)]);
  const content = keys === undefined ? plain : keys.seal(plain, sealOf(key, flags));
  const bytes = Buffer.allocUnsafe(contentAt + content.length);
  bytes[flagsAt] = flags;
  bytes.set(content, contentAt);
  bytes.writeUInt32LE(checksum(key, bytes), 0);
  return bytes;
}

/** The record of the vector in an entry's metadata; undefined if it has none. */
export function vectorRecordOf(
  key: string,
  { partition, frame, language, embedder, vector }: EntryMeta,
  keys: KeyRing | undefined,
): Buffer | undefined {
  if (embedder === undefined || vector === undefined) return undefined;
  return encodeVectorRecord(key, { partition, frame, language, embedder, vector }, keys);
}

/** The record in `bytes`; undefined if they are damaged, belong to another key, or are sealed where keys are none, or not where they are. */
export function decodeVectorRecord(
  key: string,
  bytes: Uint8Array,
  keys: KeyRing | undefined,
): VectorRecord | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < contentAt || view.readUInt32LE(0) !== checksum(key, view)) return undefined;
  const flags = view.readUInt8(flagsAt);
  if (flags >> 4 !== flag.version >> 4) return undefined;
  const content = view.subarray(contentAt);
  const plain = keys === undefined ? content : keys.open(content, sealOf(key, flags));
  return plain && recordIn(key, plain, flags);
}

function recordIn(key: string, plain: Buffer, flags: number): VectorRecord | undefined {
  if (plain.length < lengthsBytes) return undefined;
  let at = lengthsBytes;
  const texts: string[] = [];
  for (const [place, most] of longest.entries()) {
    const from = at;
    at += plain.readUInt32LE(place * 4);
    if (at > plain.length) return undefined;
    const text = plain.toString('utf8', from, at);
    if (text.length > most) return undefined;
    texts.push(text);
  }
  const [stated = '', frame = '', language = '', embedder = ''] = texts;
  const vector = plain.toString((flags & flag.packed) === 0 ? 'utf8' : 'base64url', at);
  if (vector.length > metaLimits.vector) return undefined;
  const partition = (flags & flag.partitionOfKey) === 0 ? stated : partitionOf(key);
  return { partition, frame, language, embedder, vector };
}

/**
 * Three bytes for four characters of a vector's text, whose alphabet is that of base64url; undefined for a text that these
 * bytes would not bring back.
 */
function packedVector(vector: string): Buffer | undefined {
  const bytes = Buffer.from(vector, 'base64url');
  return bytes.toString('base64url') === vector ? bytes : undefined;
}

function sealOf(key: string, flags: number): Seal {
  return { name: `vector\n${key}`, beside: Buffer.from([flags]) };
}

/** Of everything but the checksum itself. */
function checksum(key: string, bytes: Buffer): number {
  return crc32(bytes.subarray(flagsAt), crc32(key));
}
