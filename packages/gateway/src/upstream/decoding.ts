/**
 * Decodes the content encoding of a provider's answer, each event as it arrives.
 */
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type BrotliDecompress,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  type Gunzip,
  type Inflate,
  type InflateRaw,
  type ZstdDecompress,
} from 'node:zlib';
import { AskonceError } from 'askonce';

type Decoder = BrotliDecompress | Gunzip | Inflate | InflateRaw | ZstdDecompress;

const maxEncodings = 3;

/** An answer above both limits, in decoded bytes and in times its encoded size, is a decompression bomb. */
const bombBytes = 32 * 1024 * 1024;
const bombRatio = 200;

/**
 * The encodings of a `content-encoding` header, outermost first: empty if there are none, undefined if this gateway
 * can't decode one of them.
 */
export function encodingsOf(header: string | readonly string[] | undefined): readonly string[] | undefined {
  const text = header === undefined || typeof header === 'string' ? (header ?? '') : header.join(',');
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > maxEncodings || names.some((name) => !known.has(name))) return undefined;
  return names.toReversed();
}

const known: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'zstd']);

/**
 * Yields the decoded body. An encoded body that is cut, damaged or a bomb ends with an error, never cleanly;
 * one without a single byte is an empty body.
 */
export async function* decoded(
  encoded: Readable,
  encodings: readonly string[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const raw = encodings[0] === 'deflate' && (await beginsBareDeflate(encoded));
  const decoders = encodings.map((name, index) => decoder(name, raw && index === 0));
  const output = decoders.at(-1);
  if (output === undefined) return;
  const size = { encoded: 0, decoded: 0 };
  const running = pipeline([encoded, meter(size), ...decoders]);
  // Every failure also reaches the reader of `output`; without this it would be an unhandled rejection as well.
  running.catch(ignore);
  try {
    for await (const chunk of output.iterator()) {
      if (!(chunk instanceof Uint8Array)) continue;
      size.decoded += chunk.length;
      if (size.decoded > bombBytes && size.decoded > bombRatio * size.encoded) throw bomb();
      yield chunk;
    }
  } catch (error) {
    const empty = size.encoded === 0 && encoded.errored === null;
    if (!empty) throw error;
  } finally {
    encoded.destroy();
  }
}

function meter(size: { encoded: number }): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      size.encoded += chunk.length;
      done(null, chunk);
    },
  });
}

function decoder(name: string, bareDeflate: boolean): Decoder {
  const flush = constants.Z_SYNC_FLUSH;
  if (name === 'br') return createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH });
  if (name === 'zstd') return createZstdDecompress({ flush: constants.ZSTD_e_flush });
  if (name === 'deflate') return bareDeflate ? createInflateRaw({ flush }) : createInflate({ flush });
  return createGunzip({ flush });
}

// "deflate" is the zlib format, but some servers send the raw one (RFC 9110, section 8.4.1.2).
async function beginsBareDeflate(encoded: Readable): Promise<boolean> {
  const first = await peek(encoded);
  return first !== undefined && (first & 0x0f) !== 8;
}

function peek(stream: Readable): Promise<number | undefined> {
  return new Promise((resolve) => {
    const look = (): void => {
      stream.off('readable', look).off('end', look).off('error', look);
      const chunk: unknown = stream.readableEnded || stream.errored !== null ? null : stream.read();
      const bytes = chunk instanceof Uint8Array ? chunk : undefined;
      if (bytes !== undefined) stream.unshift(bytes);
      resolve(bytes?.[0]);
    };
    stream.on('readable', look).on('end', look).on('error', look);
  });
}

function bomb(): AskonceError {
  return new AskonceError(
    'provider_broke_off',
    `The provider's answer was cut off: it decodes to more than ${bombRatio} times its size.`,
  );
}

function ignore(): void {}
