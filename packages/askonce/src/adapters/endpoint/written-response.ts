/**
 * The answer to a write as a Response. Its head waits until what the write makes outdated is invalidated; and so does the end of a body that
 * comes piece by piece, since the handler may change data until then, and reads meanwhile may store what was there before.
 */
import { pieces } from '../fetch/upstream.ts';
import { readAhead } from './whole-answer.ts';

/**
 * `invalidate` is called once, or twice if the body goes on.
 * @throws what the first call rejects with; the body is cancelled then.
 */
export async function writtenResponse(
  response: Response,
  invalidate: () => Promise<void>,
): Promise<Response> {
  const { body, status, statusText, headers } = response;
  const hasBody = body !== null && !body.locked && status >= 200 && status <= 399;
  const read = hasBody ? await readAhead(pieces(response)).catch(failing) : undefined;
  try {
    await invalidate();
  } catch (error) {
    if (read === undefined) await body?.cancel();
    else if (!(read instanceof Uint8Array)) await read[Symbol.asyncIterator]().return?.();
    throw error;
  }
  if (read === undefined) return response;
  const sent = read instanceof Uint8Array ? new Uint8Array(read) : endingWith(read, invalidate);
  const written = new Response(sent, { status, statusText, headers });
  // The server frames the body itself: with a length if it is whole, else in chunks.
  written.headers.delete('transfer-encoding');
  return written;
}

/**
 * A body whose end waits for `last`, which is called once, however the body ends. If that fails, the body breaks off: its client must not
 * take the write for done.
 */
export function endingWith(
  body: AsyncIterable<Uint8Array>,
  last: () => Promise<void>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body[Symbol.asyncIterator]();
  let called: Promise<void> | undefined;
  /** A client that leaves while a piece is awaited ends the body in both ways. */
  const ended = () => {
    called ??= last();
    return called;
  };
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await reader.next().catch(async (error: unknown) => {
          await ended().catch(() => {});
          throw error;
        });
        if (next.done !== true) {
          controller.enqueue(new Uint8Array(next.value));
          return;
        }
        await ended();
        controller.close();
      },
      async cancel() {
        // No failure can be reported to a client that has left.
        await Promise.allSettled([reader.return?.(), ended()]);
      },
    },
    // Nothing is read ahead of the client.
    { highWaterMark: 0 },
  );
}

/** A body that fails as it did before its first piece. */
function failing(error: unknown): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) };
}
