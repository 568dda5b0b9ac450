/**
 * Compresses and decompresses an entry's payload: on the thread pool, never on the event loop, and never beyond the
 * size that is expected of the result.
 */
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

/** How a payload is stored; the codec records which. */
export type Compression = 'none' | 'gzip' | 'zstd';

/** In the order of their numbers in an encoded entry: may be appended to, never reordered. */
export const compressions = ['none', 'gzip', 'zstd'] as const satisfies readonly Compression[];

export interface CompressionSettings {
  /** Payloads of more bytes than this are compressed. Default 65 536. */
  readonly threshold: number;
  /** Default `zstd`; `gzip` takes its place if the runtime's zlib has no zstd. */
  readonly compression: Compression;
  /** 1 (fast) to 22 for zstd, 1 to 9 for gzip; clamped. Default 3. */
  readonly level: number;
}

export const compressionDefaults: CompressionSettings = { threshold: 65_536, compression: 'zstd', level: 3 };

const hasZstd = typeof zlib.zstdCompress === 'function';
const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);
const gunzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gunzip);

/** A payload as it is stored: uncompressed if compression does not make it smaller. */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly compression: Compression;
}

/** Whether the settings compress a payload of so many bytes. */
export function isCompressible(bytes: number, settings: CompressionSettings): boolean {
  return settings.compression !== 'none' && bytes > settings.threshold;
}

export async function compress(payload: Uint8Array, settings: CompressionSettings): Promise<Packed> {
  const compression = settings.compression === 'zstd' && !hasZstd ? 'gzip' : settings.compression;
  if (compression === 'none') return { bytes: payload, compression };
  const bytes =
    compression === 'zstd'
      ? await zstd(payload, clamp(settings.level, 22))
      : await gzip(payload, { level: clamp(settings.level, 9) });
  return bytes.length < payload.length ? { bytes, compression } : { bytes: payload, compression: 'none' };
}

/** The payload, or undefined if it does not decompress to exactly `expected` bytes. */
export async function decompress(
  bytes: Uint8Array,
  compression: Exclude<Compression, 'none'>,
  expected: number,
): Promise<Uint8Array | undefined> {
  if (compression === 'zstd' && !hasZstd) return undefined;
  try {
    const limit = { maxOutputLength: Math.max(1, expected) };
    const payload = compression === 'zstd' ? await unzstd(bytes, limit) : await gunzip(bytes, limit);
    return payload.length === expected ? payload : undefined;
  } catch {
    return undefined;
  }
}

// Promisified on each call, since a runtime may have neither function.
function zstd(payload: Uint8Array, level: number): Promise<Buffer> {
  const pack = promisify<zlib.InputType, zlib.ZstdOptions, Buffer>(zlib.zstdCompress);
  return pack(payload, { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } });
}

function unzstd(bytes: Uint8Array, limit: zlib.ZstdOptions): Promise<Buffer> {
  return promisify<zlib.InputType, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)(bytes, limit);
}

function clamp(level: number, highest: number): number {
  return Math.min(highest, Math.max(1, Math.trunc(level)));
}
