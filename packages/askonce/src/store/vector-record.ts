/**
 * A vector beside its entry as bytes, for stores that have no other form for it.
 *
 * ```
 *  0 CRC-32 of the rest u32   4 JSON: [partition, frame, language, embedder, vector], sealed if there are keys
 * ```
 *
 * It is sealed under the entry's key, so that it cannot be opened as the vector of another entry.
 */
import { crc32 } from 'node:zlib';
import type { EntryMeta } from '../entry/entry.ts';
import type { KeyRing, Seal } from '../entry/key-ring.ts';
import { metaLimits } from '../entry/shape.ts';
import { isJsonArray, tryParseJson } from '../json.ts';
import type { StoredVector } from './vectors.ts';

/** What the bytes hold; key, lease and expiry are the store's to know. */
export type VectorRecord = Pick<StoredVector, 'partition' | 'frame' | 'language' | 'embedder' | 'vector'>;

const checksumBytes = 4;
const nothing = new Uint8Array();
/** Characters of each text. */
const longest = [
  metaLimits.digest,
  metaLimits.digest,
  metaLimits.language,
  metaLimits.name,
  metaLimits.vector,
] as const;

export function encodeVectorRecord(key: string, record: VectorRecord, keys: KeyRing | undefined): Uint8Array {
  const { partition, frame, language, embedder, vector } = record;
  const plain = Buffer.from(JSON.stringify([partition, frame, language, embedder, vector]));
  const stored = keys === undefined ? plain : keys.seal(plain, sealOf(key));
  const bytes = Buffer.allocUnsafe(checksumBytes + stored.length);
  bytes.set(stored, checksumBytes);
  bytes.writeUInt32LE(crc32(stored), 0);
  return bytes;
}

/** The record of the vector in an entry's metadata; undefined if it has none. */
export function vectorRecordOf(
  key: string,
  { partition, frame, language, embedder, vector }: EntryMeta,
  keys: KeyRing | undefined,
): Uint8Array | undefined {
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
  if (view.length < checksumBytes) return undefined;
  const stored = view.subarray(checksumBytes);
  if (view.readUInt32LE(0) !== crc32(stored)) return undefined;
  const plain = keys === undefined ? stored : keys.open(stored, sealOf(key));
  return plain && recordIn(tryParseJson(plain.toString()));
}

function recordIn(value: unknown): VectorRecord | undefined {
  if (!isJsonArray(value) || value.length !== longest.length) return undefined;
  const texts = value.flatMap((text, at) =>
    typeof text === 'string' && text.length <= (longest[at] ?? 0) ? [text] : [],
  );
  const [partition, frame, language, embedder, vector] = texts;
  if (partition === undefined || frame === undefined || language === undefined) return undefined;
  if (embedder === undefined || vector === undefined) return undefined;
  return { partition, frame, language, embedder, vector };
}

function sealOf(key: string): Seal {
  return { name: `vector\n${key}`, beside: nothing };
}
