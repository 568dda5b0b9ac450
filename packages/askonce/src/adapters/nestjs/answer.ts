/**
 * What a handler and its interceptors returned, as the platform sends it: bytes, and the headers that say what they are.
 */
import { StreamableFile } from '@nestjs/common';
import { inOnePiece } from '../../body/in-one-piece.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import { fieldsOf, pieces } from '../fetch/upstream.ts';

type Fields = ProviderAnswer['headers'];

/** The platform's own way with values. */
export interface Platform {
  /** Content type of a text whose type nothing says. */
  readonly textType: string;
  /** The text of a value that is neither text nor bytes; undefined if JSON has none. */
  serialize(value: unknown): string | undefined;
  /** Whether other values than objects are texts, too (Express), or JSON (Fastify). */
  readonly sendsText: boolean;
}

interface Content {
  readonly type?: string | undefined;
  readonly headers?: Fields | undefined;
  readonly status?: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The answer of a route, whose status and headers are those of the response and those of what was returned: a `Response`
 * says all itself.
 */
export async function answerFrom(
  returned: unknown,
  { status, headers }: { readonly status: number; readonly headers: Fields },
  platform: Platform,
): Promise<ProviderAnswer> {
  const content = await contentOf(returned, platform);
  const type = content.type !== undefined && headers['content-type'] === undefined;
  return {
    status: content.status ?? status,
    headers: { ...(type && { 'content-type': content.type }), ...headers, ...content.headers },
    body: content.body,
  };
}

async function contentOf(returned: unknown, platform: Platform): Promise<Content> {
  // Null is JSON to Fastify, and nothing to Express.
  if (returned === undefined || (returned === null && platform.sendsText))
    return { body: inOnePiece(new Uint8Array()) };
  if (returned instanceof StreamableFile) return fileContent(returned);
  if (returned instanceof Response) return responseContent(returned);
  if (typeof returned === 'object' && returned !== null) {
    if (isStream(returned)) return await streamContent(returned);
    // Express sends bytes as JSON, as it does all objects.
    if (returned instanceof Uint8Array && !platform.sendsText)
      return { type: 'application/octet-stream', body: inOnePiece(returned) };
  } else if (typeof returned === 'string' || platform.sendsText)
    return { type: platform.textType, body: inOnePiece(Buffer.from(String(returned))) };
  const text = platform.serialize(returned);
  return { type: 'application/json; charset=utf-8', body: inOnePiece(Buffer.from(text ?? '')) };
}

function fileContent(file: StreamableFile): Content {
  const { type, disposition } = file.getHeaders();
  const given = [disposition ?? []].flat().join(', ');
  return {
    type,
    ...(given !== '' && { headers: { 'content-disposition': given } }),
    body: chunks(file.getStream()),
  };
}

function responseContent(response: Response): Content {
  return { status: response.status, headers: fieldsOf(response.headers), body: pieces(response) };
}

/** A stream's type is that of its first chunk: text, bytes, or else lines of JSON. */
async function streamContent(stream: AsyncIterable<unknown>): Promise<Content> {
  const iterator = stream[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return { body: inOnePiece(new Uint8Array()) };
  return {
    type: typeOf(first.value),
    body: chunks({ [Symbol.asyncIterator]: () => continued(first.value, iterator) }),
  };
}

function continued(first: unknown, rest: AsyncIterator<unknown>): AsyncIterator<unknown> {
  let held: readonly unknown[] = [first];
  return {
    async next() {
      const [value] = held;
      if (held.length === 0) return await rest.next();
      held = [];
      return { done: false, value };
    },
    async return(value: unknown) {
      await rest.return?.();
      return { done: true, value };
    },
  };
}

function typeOf(chunk: unknown): string {
  if (typeof chunk === 'string') return 'text/plain; charset=utf-8';
  return ArrayBuffer.isView(chunk) ? 'application/octet-stream' : 'application/x-ndjson';
}

function isStream(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value && !('then' in value);
}

async function* chunks(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, undefined> {
  for await (const chunk of stream) {
    if (typeof chunk === 'string') yield Buffer.from(chunk);
    else if (ArrayBuffer.isView(chunk))
      yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    else yield Buffer.from(`${JSON.stringify(chunk) ?? 'null'}\n`);
  }
  return undefined;
}
