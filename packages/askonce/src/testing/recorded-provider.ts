/**
 * A provider that answers with given bytes, cut into pieces and encoded as the test asks.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, deflate, gzip, zstdCompress } from 'node:zlib';
import { RequestLog, type SeenRequest, startLoopback } from './loopback.ts';
import type { ProviderRecording } from './recordings.ts';

const encoders = {
  identity: (body: Uint8Array) => Promise.resolve(Buffer.from(body)),
  gzip: promisify(gzip),
  br: promisify(brotliCompress),
  deflate: promisify(deflate),
  zstd: promisify(zstdCompress),
} as const;

export interface RecordedAnswer {
  /** Before content encoding. */
  readonly body: Uint8Array;
  /** Default 200. */
  readonly status?: number;
  /** Default: `content-type: application/json`. Encoding and length are added. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Where the encoded body is cut into pieces, in bytes from its start. Each piece is on the wire before the next. Default: nowhere. */
  readonly cuts?: readonly number[];
  /** Default `identity`, which sends no content-encoding. */
  readonly encoding?: keyof typeof encoders;
  /** Chunked transfer (the default), or a content-length. */
  readonly framing?: 'chunked' | 'length';
  /** Awaited before the head is sent. */
  readonly pauseBefore?: Promise<void>;
  /** Awaited before the piece of this index is sent; once more, with the number of pieces, before the answer ends. */
  readonly pauseBeforePiece?: (index: number) => Promise<void> | undefined;
}

export type AnswerRequest = (request: SeenRequest) => RecordedAnswer | Promise<RecordedAnswer>;

export interface RecordedProviderOptions {
  /** Default: status 501, until {@link RecordedProvider.answerWith} is called. */
  readonly answer?: AnswerRequest;
  /** Default: any free port. */
  readonly port?: number;
}

export interface RecordedProvider {
  readonly url: string;
  /** The number of requests that were received completely. */
  readonly calls: number;
  /** How many of them the caller left before their answer ended. */
  readonly abandoned: number;
  /** The latest requests, oldest first: at most 1 000, and 64 MB of bodies. */
  readonly requests: readonly SeenRequest[];
  /** Changes the answer to requests that arrive from now on. */
  answerWith(answer: AnswerRequest): void;
  close(): Promise<void>;
}

/** Starts a recorded provider on 127.0.0.1. */
export async function startRecordedProvider(
  options: RecordedProviderOptions = {},
): Promise<RecordedProvider> {
  const log = new RequestLog();
  let answer = options.answer ?? noAnswer;
  let calls = 0;
  let abandoned = 0;
  const server = await startLoopback(async (request, response) => {
    calls += 1;
    log.add(request);
    response.once('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    await send(await answer(request), response);
  }, options.port);
  return {
    url: server.url,
    get calls() {
      return calls;
    },
    get abandoned() {
      return abandoned;
    },
    get requests() {
      return log.list();
    },
    answerWith(next) {
      answer = next;
    },
    close: server.close,
  };
}

/** A recording as an answer, with the content type of its form. */
export function answerOf(
  { body, form }: Pick<ProviderRecording, 'body' | 'form'>,
  more: Omit<RecordedAnswer, 'body'> = {},
): RecordedAnswer {
  const type = form === 'stream' ? 'text/event-stream; charset=utf-8' : 'application/json';
  return { body, ...more, headers: { 'content-type': type, ...more.headers } };
}

/** Cuts after every `step` bytes. */
export function cutsEvery(step: number, length: number): number[] {
  return Array.from({ length: Math.max(0, Math.ceil(length / step) - 1) }, (_, index) => (index + 1) * step);
}

function noAnswer(): RecordedAnswer {
  const error = {
    type: 'no_answer',
    message: 'The recorded provider has no answer. Call answerWith().',
  };
  return { status: 501, body: Buffer.from(JSON.stringify({ error })) };
}

async function send(answer: RecordedAnswer, response: ServerResponse): Promise<void> {
  const { status = 200, headers = {}, cuts = [], encoding = 'identity', framing = 'chunked' } = answer;
  const body = await encoders[encoding](answer.body);
  await answer.pauseBefore;
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (encoding !== 'identity') response.setHeader('content-encoding', encoding);
  if (framing === 'length') response.setHeader('content-length', body.length);
  response.flushHeaders();
  const pieces = piecesOf(body, cuts);
  for (const [index, piece] of pieces.entries()) {
    await answer.pauseBeforePiece?.(index);
    if (response.destroyed) return;
    await written(response, piece);
  }
  await answer.pauseBeforePiece?.(pieces.length);
  response.end();
}

function piecesOf(body: Buffer, cuts: readonly number[]): Buffer[] {
  const inside = cuts.filter((cut) => cut > 0 && cut < body.length).toSorted((one, other) => one - other);
  const ends = [...new Set([...inside, body.length])];
  return ends
    .map((end, index) => body.subarray(ends[index - 1] ?? 0, end))
    .filter(({ length }) => length > 0);
}

/** Resolves once the kernel has the bytes and other work has had its turn, or once the peer has left. */
async function written(response: ServerResponse, piece: Buffer): Promise<void> {
  const gone = new AbortController();
  await Promise.race([
    new Promise<void>((resolve) => response.write(piece, () => resolve())),
    once(response, 'close', { signal: gone.signal }).catch(() => undefined),
  ]);
  gone.abort();
  await new Promise<void>((resolve) => setImmediate(resolve));
}
