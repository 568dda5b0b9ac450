/**
 * Encodes an entry as one binary value, for tiers that store bytes, and decodes it.
 *
 * A value that cannot be read decodes to undefined, never to an error: the store counts it, removes it and treats it as
 * a miss. With keys, a value that is not encrypted, or under none of them, cannot be read; without keys, one that is.
 */
import { crc32 } from 'node:zlib';
import {
  type Compression,
  type CompressionSettings,
  compress,
  compressionDefaults,
  decompress,
  isCompressible,
} from './compression.ts';
import type { Entry, Recording } from './entry.ts';
import type { KeyRing, Seal } from './key-ring.ts';
import {
  checked,
  type Encryption,
  largestPayloadBytes,
  type Prefix,
  prefixBytes,
  readPrefix,
  writePrefix,
} from './layout.ts';
import { OwnEntry } from './own-entry.ts';
import { checkedHeaders, checkedMeta } from './shape.ts';
import { hasRightEvents, SoundEntry } from './sound-entry.ts';

export interface EncodingSettings extends CompressionSettings {
  /** Present if entries are encrypted, after they are compressed. */
  readonly keys?: KeyRing | undefined;
  /**
   * The vector is stored beside the entry: the metadata are encoded without it, and still name its embedder. Default: the
   * entry holds it.
   */
  readonly vectorApart?: boolean | undefined;
}

/**
 * The entry as bytes of its own, or undefined if it could not be decoded again (metadata out of shape, a payload of
 * more than 64 MiB, a stream without its events). A promise only if the payload is compressed. An `OwnEntry` is encoded
 * once, and shares memory with the result.
 */
export function encodeEntry(
  entry: Entry,
  settings: EncodingSettings = compressionDefaults,
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  const encoded = encode(entry, settings);
  if (!(entry instanceof OwnEntry)) return encoded;
  if (!(encoded instanceof Promise)) return sized(entry, encoded);
  return encoded.then((bytes) => sized(entry, bytes));
}

function sized(entry: OwnEntry, encoded: Uint8Array | undefined): Uint8Array | undefined {
  if (encoded !== undefined) entry.wasEncoded(encoded.length);
  return encoded;
}

function encode(
  entry: Entry,
  settings: EncodingSettings,
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  const { recording } = entry;
  const payload = (recording.events?.ends.length ?? 0) * 8 + recording.body.length;
  const isPlain = settings.keys === undefined && !isCompressible(payload, settings);
  const { vectorApart = false } = settings;
  const already = isPlain && entry instanceof OwnEntry ? entry.encodedAs(vectorApart) : undefined;
  if (already !== undefined) return already;
  const meta = checkedMeta(entry.meta);
  const headers = checkedHeaders(recording.headers);
  if (meta === undefined || headers === undefined || !hasRightEvents(recording) || !fits(entry))
    return undefined;
  const hasVector = meta.vector !== undefined;
  const stored = vectorApart && hasVector ? { ...meta, vector: undefined } : meta;
  const head = { meta: JSON.stringify(stored), headers: JSON.stringify(headers) };
  const encryption = settings.keys === undefined ? 'none' : 'aes-256-gcm';
  if (!isCompressible(payload, settings)) {
    const bytes = allocate(entry, head, payload, { compression: 'none', encryption });
    writePayload(recording, bytes, bytes.length - payload);
    const encoded = finished(entry.key, bytes, settings.keys);
    if (isPlain && entry instanceof OwnEntry) {
      const from = prefixBytes + Buffer.byteLength(entry.key);
      const to = from + Buffer.byteLength(head.meta);
      entry.adopt(bytes, from, to, hasVector ? vectorApart : undefined);
    }
    return encoded;
  }
  const plain = Buffer.allocUnsafeSlow(payload);
  writePayload(recording, plain, 0);
  return compress(plain, settings).then((packed) => {
    const { compression } = packed;
    const bytes = allocate(entry, head, packed.bytes.length, { compression, encryption });
    bytes.set(packed.bytes, bytes.length - packed.bytes.length);
    return finished(entry.key, bytes, settings.keys);
  });
}

/**
 * The entry in `bytes`, checked from the first byte to the last, if it is the entry of `key`. It shares memory with
 * `bytes` unless they are compressed or encrypted, or part of a much larger buffer. A promise only if they are compressed.
 */
export function decodeEntry(
  key: string,
  bytes: Uint8Array,
  keys?: KeyRing,
): Entry | undefined | Promise<Entry | undefined> {
  const sound = openEntry(key, bytes, keys);
  return sound instanceof Promise ? sound.then((unpacked) => unpacked?.check()) : sound?.check();
}

/**
 * As {@link decodeEntry}, but only prefix, checksum and key are checked, and the rest is decoded on demand.
 *
 * A local file answers in a few microseconds, and parsing and checking the metadata takes nearly as long. The checksum
 * proves that the bytes are those that {@link encodeEntry} wrote, which never writes metadata out of shape. So only
 * for values that this machine wrote itself.
 */
export function openEntry(
  key: string,
  bytes: Uint8Array,
  keys?: KeyRing,
): SoundEntry | undefined | Promise<SoundEntry | undefined> {
  const view = viewOf(bytes);
  const prefix = readPrefix(view);
  if (prefix === undefined || view.readUInt32LE(4) !== crc32(checked(view))) return undefined;
  const afterKey = prefixBytes + prefix.keyBytes;
  if (view.toString('utf8', prefixBytes, afterKey) !== key) return undefined;
  // Neither a value that the keys do not vouch for, nor one that needs keys.
  if ((prefix.encryption === 'none') !== (keys === undefined)) return undefined;
  if (keys === undefined) return unpacked(key, prefix, view, afterKey);
  const plain = keys.open(view.subarray(afterKey), sealOf(key, view));
  return plain && unpacked(key, prefix, plain, 0);
}

/** The entry in bytes in the clear, with the metadata at `from`. */
function unpacked(
  key: string,
  prefix: Prefix,
  plain: Buffer,
  from: number,
): SoundEntry | Promise<SoundEntry | undefined> {
  if (prefix.compression === 'none') return new SoundEntry(key, prefix, plain, from, plain);
  const packed = plain.subarray(plain.length - prefix.payloadBytes);
  return decompress(packed, prefix.compression, prefix.marks * 8 + prefix.bodyBytes).then(
    (payload) => payload && new SoundEntry(key, prefix, plain, from, viewOf(payload)),
  );
}

function fits({ key, recording }: Entry): boolean {
  const { status, body, events } = recording;
  if (!Number.isInteger(status) || status < 0 || status > 0xffff) return false;
  return (
    body.length + (events?.ends.length ?? 0) * 8 <= largestPayloadBytes && Buffer.byteLength(key) <= 0xffff
  );
}

/** Memory for the whole value in the clear, with everything written except payload and checksum. */
function allocate(
  entry: Entry,
  head: { readonly meta: string; readonly headers: string },
  payloadBytes: number,
  how: { readonly compression: Compression; readonly encryption: Encryption },
): Buffer {
  const { recording } = entry;
  const keyBytes = Buffer.byteLength(entry.key);
  const metaBytes = Buffer.byteLength(head.meta);
  const headersBytes = Buffer.byteLength(head.headers);
  const bytes = Buffer.allocUnsafeSlow(prefixBytes + keyBytes + metaBytes + headersBytes + payloadBytes);
  writePrefix(bytes, {
    ...how,
    form: recording.form,
    status: recording.status,
    keyBytes,
    metaBytes,
    headersBytes,
    marks: recording.events?.ends.length ?? 0,
    bodyBytes: recording.body.length,
    payloadBytes,
    expires: entry.meta.expires,
  });
  bytes.write(entry.key, prefixBytes);
  bytes.write(head.meta, prefixBytes + keyBytes);
  bytes.write(head.headers, prefixBytes + keyBytes + metaBytes);
  return bytes;
}

function writePayload(recording: Recording, into: Buffer, from: number): void {
  let offset = from;
  for (const marks of [recording.events?.ends, recording.events?.at]) {
    for (const mark of marks ?? []) offset = into.writeUInt32LE(mark, offset);
  }
  into.set(recording.body, offset);
}

/** The value as it is stored: sealed after its key if there are keys, and with its checksum. */
function finished(key: string, plain: Buffer, keys: KeyRing | undefined): Uint8Array {
  const bytes = keys === undefined ? plain : sealed(key, plain, keys);
  bytes.writeUInt32LE(crc32(checked(bytes)), 4);
  return bytes;
}

function sealed(key: string, plain: Buffer, keys: KeyRing): Buffer {
  const afterKey = prefixBytes + Buffer.byteLength(key);
  const seal = keys.seal(plain.subarray(afterKey), sealOf(key, plain));
  const bytes = Buffer.allocUnsafeSlow(afterKey + seal.length);
  bytes.set(plain.subarray(0, afterKey));
  bytes.set(seal, afterKey);
  return bytes;
}

/** A value that is stored under another key, or with another prefix (a later expiry, say), cannot be opened. */
function sealOf(key: string, bytes: Buffer): Seal {
  return { name: `entry\n${key}`, beside: checked(bytes.subarray(0, prefixBytes + Buffer.byteLength(key))) };
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
