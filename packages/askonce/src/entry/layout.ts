/**
 * The layout of an encoded entry. Numbers are little-endian.
 *
 * ```
 *  0 magic u32            16 bytes of the metadata u32   32 expiry f64
 *  4 CRC-32 of [8 …) u32  20 bytes of the headers u32    40 bytes of the body u32
 *  8 codec version u8     24 number of event marks u32   44 key (UTF-8)
 *  9 compression u8       28 bytes of the payload           metadata (JSON)
 * 10 encryption u8           as it is stored u32            headers (JSON)
 * 11 form u8                                                payload: ends u32…, at u32…, body
 * 12 status u16                                                (compressed as one)
 * 14 bytes of the key u16
 * ```
 *
 * If the number at offset 10 is not 0, everything after the key is sealed (`key-ring.ts`): 36 bytes of the seal, then
 * metadata, headers and payload at their own lengths. The associated data are the first 44 bytes except magic number and
 * checksum, and the key. A codec that does not know the number reads nothing.
 */
import { type Compression, compressions } from './compression.ts';
import { type Form, forms } from './entry.ts';
import { sealBytes } from './key-ring.ts';

const magic = 0x45_4b_4f_41;
const codecVersion = 1;
export const prefixBytes = 44;
/** Maximum size of a payload (marks and body) that is read or written, in bytes when decompressed. */
export const largestPayloadBytes = 67_108_864;
const checksumFrom = 8;
const keyBytesAt = 14;
const expiryAt = 32;

/** How everything after the key is stored. */
export type Encryption = 'none' | 'aes-256-gcm';

/** In the order of their numbers in an encoded entry: may be appended to, never reordered. */
const encryptions = ['none', 'aes-256-gcm'] as const satisfies readonly Encryption[];

export interface Prefix {
  readonly encryption: Encryption;
  readonly compression: Compression;
  readonly form: Form;
  readonly status: number;
  readonly keyBytes: number;
  readonly metaBytes: number;
  readonly headersBytes: number;
  readonly marks: number;
  readonly bodyBytes: number;
  readonly payloadBytes: number;
  readonly expires: number;
}

/** The prefix, if magic number, version and sizes are right; what follows it is not checked. */
export function readPrefix(bytes: Buffer): Prefix | undefined {
  if (bytes.length < prefixBytes || bytes.readUInt32LE(0) !== magic) return undefined;
  if (bytes[8] !== codecVersion) return undefined;
  const encryption = encryptions[bytes.readUInt8(10)];
  const compression = compressions[bytes.readUInt8(9)];
  const form = forms[bytes.readUInt8(11)];
  const keyBytes = bytes.readUInt16LE(keyBytesAt);
  const metaBytes = bytes.readUInt32LE(16);
  const headersBytes = bytes.readUInt32LE(20);
  const marks = bytes.readUInt32LE(24);
  const payloadBytes = bytes.readUInt32LE(28);
  const bodyBytes = bytes.readUInt32LE(40);
  const unpacked = marks * 8 + bodyBytes;
  if (encryption === undefined || compression === undefined || form === undefined) return undefined;
  const seal = encryption === 'none' ? 0 : sealBytes;
  if (prefixBytes + keyBytes + seal + metaBytes + headersBytes + payloadBytes !== bytes.length)
    return undefined;
  if (unpacked > largestPayloadBytes) return undefined;
  if (compression === 'none' && unpacked !== payloadBytes) return undefined;
  return {
    encryption,
    compression,
    form,
    status: bytes.readUInt16LE(12),
    keyBytes,
    metaBytes,
    headersBytes,
    marks,
    bodyBytes,
    payloadBytes,
    expires: encodedExpiry(bytes),
  };
}

/** The key of an entry in its encoded form, which must be sound. */
export function encodedKey(bytes: Buffer): string {
  return bytes.toString('utf8', prefixBytes, prefixBytes + bytes.readUInt16LE(keyBytesAt));
}

/** The instant in ms since the epoch at which an entry in its encoded form expires. */
export function encodedExpiry(bytes: Buffer): number {
  return bytes.readDoubleLE(expiryAt);
}

export function writePrefix(into: Buffer, prefix: Prefix): void {
  into.writeUInt32LE(magic, 0);
  into[8] = codecVersion;
  into[9] = compressions.indexOf(prefix.compression);
  into[10] = encryptions.indexOf(prefix.encryption);
  into[11] = forms.indexOf(prefix.form);
  into.writeUInt16LE(prefix.status, 12);
  into.writeUInt16LE(prefix.keyBytes, keyBytesAt);
  into.writeUInt32LE(prefix.metaBytes, 16);
  into.writeUInt32LE(prefix.headersBytes, 20);
  into.writeUInt32LE(prefix.marks, 24);
  into.writeUInt32LE(prefix.payloadBytes, 28);
  into.writeDoubleLE(prefix.expires, expiryAt);
  into.writeUInt32LE(prefix.bodyBytes, 40);
}

/** The bytes that the checksum covers: all except the magic number and the checksum itself. */
export function checked(bytes: Buffer): Buffer {
  return bytes.subarray(checksumFrom);
}
