/**
 * Content encodings, as the recorded provider makes them.
 */
import { promisify } from 'node:util';
import { brotliCompress, deflate, gzip, zstdCompress } from 'node:zlib';

const encoders = {
  gzip: promisify(gzip),
  br: promisify(brotliCompress),
  deflate: promisify(deflate),
  zstd: promisify(zstdCompress),
} as const;

export function encoded(body: Uint8Array, encoding: keyof typeof encoders): Promise<Buffer> {
  return encoders[encoding](body);
}
