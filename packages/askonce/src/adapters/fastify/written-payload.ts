/**
 * The payload of a write: it is passed on once what the write makes outdated is invalidated. The end of a stream waits for that once more,
 * since the handler may change data until then.
 */
import { pipeline, type Readable, Transform } from 'node:stream';
import { endingWith, writtenResponse } from '../endpoint/written-response.ts';
import { pieces } from '../fetch/upstream.ts';

export async function writtenPayload(
  payload: unknown,
  status: number,
  invalidate: () => Promise<void>,
): Promise<unknown> {
  if (payload instanceof Response) return await writtenResponse(payload, invalidate);
  await invalidate();
  if (status < 200 || status > 399) return payload;
  if (isPiped(payload)) return endingLater(payload, invalidate);
  if (payload instanceof ReadableStream) return endingWith(pieces({ body: payload }), invalidate);
  return payload;
}

/** The same stream, whose end waits for `last`, which is called once, however the stream ends. */
function endingLater(stream: NodeJS.ReadableStream, last: () => Promise<void>): Readable {
  let isLast = false;
  const later = new Transform({
    transform(piece, _encoding, done) {
      done(null, piece);
    },
    flush(done) {
      isLast = true;
      last().then(
        () => done(),
        (error: Error) => done(error),
      );
    },
  });
  return pipeline(stream, later, () => {
    // It broke off, or the client has left: there is no answer in which a failure could be said.
    if (!isLast) last().catch(() => {});
  });
}

/** Streams of other packages are no instances of Node's class. */
function isPiped(payload: unknown): payload is NodeJS.ReadableStream {
  return (
    typeof payload === 'object' && payload !== null && 'pipe' in payload && typeof payload.pipe === 'function'
  );
}
