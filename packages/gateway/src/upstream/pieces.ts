/**
 * The pieces of a readable stream, as they come.
 *
 * Node's own async iterator of streams does the same with a dozen listeners more, which is felt where every
 * answer of a provider passes.
 */
import type { Readable } from 'node:stream';

/** Ends with the stream; throws its error, also where it closes before its end. Leaving early destroys the stream. */
export async function* pieces(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  let ended = false;
  let failure: Error | undefined;
  let wake = () => {};
  const onReadable = () => wake();
  const onEnd = () => {
    ended = true;
    wake();
  };
  const onError = (error: Error) => {
    failure ??= error;
    wake();
  };
  const onClose = () => {
    if (!ended) onError(new Error('the stream closed before its end'));
  };
  stream.on('readable', onReadable).on('end', onEnd).on('error', onError).on('close', onClose);
  try {
    while (true) {
      const piece: unknown = stream.destroyed ? null : stream.read();
      if (piece instanceof Uint8Array) yield piece;
      else if (failure !== undefined) throw failure;
      else if (ended) return;
      else if (stream.closed && !stream.readableEnded) onClose();
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    stream.off('readable', onReadable).off('end', onEnd).off('close', onClose);
    // The listener for errors stays: an error that comes after all was read must not end the process.
    stream.destroy();
  }
}
