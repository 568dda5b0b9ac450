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
  const isDone = status >= 200 && status <= 399;
  if (isDone && isPiped(payload)) {
    // It is listened to from here on: a stream that failed during the invalidation would end the process.
    const later = endingLater(payload, invalidate);
    await orElse(invalidate, () => later.destroy());
    return later;
  }
  if (isDone && payload instanceof ReadableStream) {
    await orElse(invalidate, () => payload.cancel());
    return endingWith(pieces({ body: payload }), invalidate);
  }
  await invalidate();
  return payload;
}

/** Ends the stream of a write that cannot invalidate: it is not sent. */
async function orElse(invalidate: () => Promise<void>, end: () => unknown): Promise<void> {
  try {
    await invalidate();
  } catch (error) {
    await end();
    throw error;
  }
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
    // It broke off, or the client has left: there is no answer in which a failure could be reported.
    if (!isLast) last().catch(() => {});
  });
}

/** Streams of other packages are no instances of Node's class. */
function isPiped(payload: unknown): payload is NodeJS.ReadableStream {
  return (
    typeof payload === 'object' &&
    payload !== null &&
    'pipe' in payload &&
    typeof payload.pipe === 'function' &&
    'on' in payload &&
    typeof payload.on === 'function'
  );
}
