/**
 * Answers that are there at once: most handlers make their whole body before they send it. Such an answer gets a length,
 * and a validator if it has none; any other is passed on piece by piece, as it is made.
 */
import { inOnePiece } from '../../body/in-one-piece.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import { ownEtag } from '../../protocol/endpoint/own-etag.ts';

/** A body of more bytes is passed on as it comes. */
const largestWhole = 1024 * 1024;

/** @param validates whether a whole answer gets an `ETag` */
export async function wholeAnswer(answer: ProviderAnswer, validates: boolean): Promise<ProviderAnswer> {
  const body = await readAhead(answer.body);
  return body instanceof Uint8Array
    ? { ...answer, headers: described(answer, body, validates), body: inOnePiece(body) }
    : { ...answer, body };
}

/** The bytes of a body that is there at once; else the same body, with what came. */
export async function readAhead(
  body: AsyncIterable<Uint8Array>,
): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = body[Symbol.asyncIterator]();
  while (length <= largestWhole) {
    const coming = reader.next();
    const next = await Promise.race([coming, nextTurn()]);
    if (next === undefined) return continued(pieces, reader, coming);
    if (next.done) return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    pieces.push(next.value);
    length += next.value.length;
  }
  return continued(pieces, reader, undefined);
}

function described(
  { status, headers }: ProviderAnswer,
  body: Uint8Array,
  validates: boolean,
): ProviderAnswer['headers'] {
  const hasBody = status !== 204 && status !== 304;
  const length =
    hasBody && headers['content-length'] === undefined ? { 'content-length': `${body.length}` } : {};
  if (!validates || status !== 200 || headers['etag'] !== undefined) return { ...headers, ...length };
  return { ...headers, ...length, etag: ownEtag(body, String(headers['content-encoding'] ?? '')) };
}

/** The pieces that came, and those that are to come. An early return leaves the handler at once, also while it is silent. */
function continued(
  pieces: readonly Uint8Array[],
  reader: AsyncIterator<Uint8Array>,
  coming: Promise<IteratorResult<Uint8Array>> | undefined,
): AsyncIterable<Uint8Array> {
  const held = [...pieces];
  let awaited = coming;
  // It may never be read.
  awaited?.catch(() => {});
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const value = held.shift();
      if (value !== undefined) return { done: false, value };
      const next = awaited ?? reader.next();
      awaited = undefined;
      return await next;
    },
    async return() {
      held.length = 0;
      await reader.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)));
}
