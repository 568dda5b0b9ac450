import { PassThrough, Readable } from 'node:stream';
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decoded, encodingsOf } from './decoding.ts';

const text = `data: ${JSON.stringify({ content: 'Grüße, 世界 🎉 '.repeat(400) })}\n\n`;

const encoders: readonly (readonly [name: string, header: string, encode: (bytes: Buffer) => Buffer])[] = [
  ['gzip', 'gzip', gzipSync],
  ['deflate', 'deflate', deflateSync],
  ['bare deflate', 'deflate', deflateRawSync],
  ['brotli', 'br', brotliCompressSync],
  ['zstd', 'zstd', zstdCompressSync],
  ['gzip in brotli', 'gzip, br', (bytes) => brotliCompressSync(gzipSync(bytes))],
];

async function whole(encoded: Readable, header: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of decoded(encoded, encodingsOf(header) ?? [])) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function* inPieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe.each(encoders)('%s', (_, header, encode) => {
  const encoded = encode(Buffer.from(text));

  it.each([1, 7, 100_000])('an encoded body is decoded however the network cuts it (%i)', async (size) => {
    expect(await whole(Readable.from(inPieces(encoded, size)), header)).toBe(text);
  });

  it.each([1, 4, 10, 40])(
    'an encoded body that is cut %i bytes early ends with an error',
    async (missing) => {
      const cut = encoded.subarray(0, encoded.length - missing);
      await expect(whole(Readable.from([cut]), header)).rejects.toThrow();
    },
  );

  it('an empty encoded body stays empty', async () => {
    expect(await whole(Readable.from([]), header)).toBe('');
  });

  it('an error of the connection is passed on, also before the first byte', async () => {
    const broken = new Readable({ read() {} });
    const reading = whole(broken, header);
    broken.destroy(new Error('connection lost'));
    await expect(reading).rejects.toThrow('connection lost');
  });
});

it.each([
  ['gzip', () => createGzip({ flush: constants.Z_SYNC_FLUSH })],
  ['br', () => createBrotliCompress({ flush: constants.BROTLI_OPERATION_FLUSH })],
  ['zstd', () => createZstdCompress({ flush: constants.ZSTD_e_flush })],
])('each event of a %s stream is decoded before the next arrives', async (header, create) => {
  const compressor = create();
  const body = compressor.pipe(new PassThrough());
  const events = decoded(body, [header]);
  for (const event of ['data: one\n\n', 'data: two\n\n', 'data: three\n\n']) {
    compressor.write(event);
    const next = await events.next();
    expect(Buffer.from(next.value ?? []).toString()).toBe(event);
  }
  compressor.end();
  expect(await events.next()).toEqual({ done: true, value: undefined });
});

it('a damaged encoded body ends with an error', async () => {
  const bytes = gzipSync(Buffer.from(text));
  bytes[20] = (bytes[20] ?? 0) ^ 0xff;
  await expect(whole(Readable.from([bytes]), 'gzip')).rejects.toThrow();
});

it('a decompression bomb is cut off long before it fills the memory', async () => {
  const bomb = zstdCompressSync(Buffer.alloc(256 * 1024 * 1024));
  let size = 0;
  const unpack = async () => {
    for await (const chunk of decoded(Readable.from([bomb]), ['zstd'])) size += chunk.length;
  };
  await expect(unpack()).rejects.toMatchObject({ code: 'provider_broke_off' });
  expect(size).toBeLessThan(64 * 1024 * 1024);
});

it('a reader that stops early closes the connection', async () => {
  const body = new PassThrough();
  body.write(gzipSync(Buffer.from(text)).subarray(0, 300));
  const events = decoded(body, ['gzip']);
  await events.next();
  await events.return();
  expect(body.destroyed).toBe(true);
});

it.each([
  [undefined, []],
  ['', []],
  ['identity', []],
  ['GZip', ['gzip']],
  ['gzip, br', ['br', 'gzip']],
  [
    ['gzip', 'zstd'],
    ['zstd', 'gzip'],
  ],
  ['compress', undefined],
  ['gzip, gzip, gzip, gzip', undefined],
])('the content-encoding %j is decoded as %j', (header, expected) => {
  expect(encodingsOf(header)).toEqual(expected);
});
