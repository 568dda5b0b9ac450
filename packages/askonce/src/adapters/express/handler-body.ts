/**
 * The body of a handler's answer: a stream that the handler writes and the cache reads, no faster than it takes it.
 */
import { Writable } from 'node:stream';
import { iterate, type LiveBody, type Sink } from '../../body/live-body.ts';
import { AskonceError } from '../../errors.ts';

export interface HandlerBody {
  /** The handler's side. */
  readonly stream: Writable;
  /** The cache's side. It can be read once. */
  readonly body: LiveBody;
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly taken: () => void;
}

export interface HandlerBodyOptions {
  /** Bytes that may wait before the handler is asked to pause. */
  readonly highWaterMark: number;
  /** The length that the answer's head states; undefined if it states none. Read once the body has ended. */
  readonly statedLength: () => number | undefined;
}

export function handlerBody({ highWaterMark, statedLength }: HandlerBodyOptions): HandlerBody {
  let sink: Sink | undefined;
  let waiting: Piece | undefined;
  /** Lets the handler go on after the reader asked for a pause. */
  let paused: (() => void) | undefined;
  let finish: (() => void) | undefined;
  let failure: Error | undefined;
  let length = 0;

  function deliver(): void {
    if (sink === undefined || waiting === undefined) return;
    const { bytes, taken } = waiting;
    waiting = undefined;
    if (sink.write(bytes)) taken();
    else paused = taken;
  }

  function end(): void {
    if (sink === undefined || finish === undefined) return;
    const finished = finish;
    finish = undefined;
    const stated = statedLength();
    // A client would take it for an answer that broke off, so it must not be stored as a complete one.
    if (stated !== undefined && stated !== length) {
      fail(
        `The handler stated a Content-Length of ${stated} and wrote ${length} bytes; state the right one or none.`,
      );
    } else sink.end();
    finished();
  }

  function fail(message: string, cause?: unknown): void {
    failure ??= new AskonceError('provider_broke_off', message, { cause });
    sink?.fail(failure);
  }

  const stream = new Writable({
    highWaterMark,
    write(bytes: Uint8Array, _encoding, taken) {
      length += bytes.byteLength;
      waiting = { bytes, taken };
      deliver();
    },
    final(finished) {
      finish = finished;
      end();
    },
    destroy(error, closed) {
      if (!stream.writableFinished && failure === undefined)
        fail('The handler destroyed its response before it was complete; see the cause.', error ?? undefined);
      // The handler is not to be stopped by an error event for which it has no listener.
      closed(null);
    },
  });
  // What is written after the end is an error of the handler that a response of Node reports to the writer alone.
  stream.on('error', () => {});

  const body: LiveBody = {
    subscribe(reader) {
      if (sink !== undefined)
        throw new AskonceError('internal', 'The answer of a handler is read twice; report this.');
      sink = reader;
      if (failure === undefined) {
        deliver();
        end();
      } else reader.fail(failure);
      return {
        resume() {
          const taken = paused;
          paused = undefined;
          taken?.();
        },
        close() {
          if (stream.writableFinished) return;
          failure ??= new AskonceError(
            'provider_broke_off',
            'Nothing reads the answer of the handler any more.',
          );
          stream.destroy();
        },
      };
    },
    [Symbol.asyncIterator]: () => iterate(body),
  };
  return { stream, body };
}
