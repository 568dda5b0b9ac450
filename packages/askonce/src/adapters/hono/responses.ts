/**
 * Responses of the Fetch standard as answers of a run, and the cache's replies as responses.
 */
import type { LiveBody } from '../../body/live-body.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import type { EndpointReply } from '../endpoint/contract.ts';

/** Header fields as the cache reads them; cookies stay apart. */
export function headersOf(headers: Headers): Record<string, string | readonly string[]> {
  const cookies = headers.getSetCookie();
  const fields: Record<string, string | readonly string[]> = Object.fromEntries(headers);
  if (cookies.length > 0) fields['set-cookie'] = cookies;
  return fields;
}

/** @param ended called once the body has ended, failed or been left */
export function answerOf(response: Response, method: string, ended: () => void): ProviderAnswer {
  const { status, headers, body } = response;
  // Hono runs the handler of GET for HEAD, and leaves the body away afterwards.
  const isHead = method === 'HEAD';
  if (isHead) body?.cancel().catch(() => {});
  return { status, headers: headersOf(headers), body: piecesOf(isHead ? null : body, ended) };
}

/** A body piece by piece. Returning early cancels it at once, also while a piece is awaited. */
function piecesOf(body: Response['body'], ended: () => void): AsyncIterable<Uint8Array> {
  const reader = body?.getReader();
  const over = { done: true, value: undefined } as const;
  const iterator: AsyncIterator<Uint8Array, undefined> = {
    async next() {
      try {
        const read = await reader?.read();
        if (read !== undefined && !read.done) return { done: false, value: read.value };
      } catch (error) {
        ended();
        throw error;
      }
      ended();
      return over;
    },
    async return() {
      ended();
      await reader?.cancel();
      return over;
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** The reply as a response, with those headers from `before` the cache that it does not have itself. */
export function responseOf(
  { status, headers, body }: EndpointReply,
  before: Readonly<Record<string, string | readonly string[]>>,
): Response {
  const { 'set-cookie': cookies = [], ...fields } = headers;
  const { 'set-cookie': cookiesBefore = [], ...fieldsBefore } = before;
  const all = new Headers();
  for (const [name, value] of Object.entries({ ...fieldsBefore, ...fields })) all.set(name, String(value));
  for (const cookie of new Set([cookiesBefore, cookies].flat())) all.append('set-cookie', cookie);
  return new Response(body === null ? null : body instanceof Uint8Array ? ownBytes(body) : streamOf(body), {
    status,
    headers: all,
  });
}

function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(bytes);
}

function streamOf(body: LiveBody): ReadableStream<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await pieces.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
