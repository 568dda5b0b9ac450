/**
 * A provider's body for one reader, unbuffered: one piece is held at most, and the provider waits while the
 * reader does.
 */
import type { LiveBody } from './live-body.ts';

/** A live body over what a provider yields; `leave` ends the provider's call when the reader leaves early. Read once. */
export function passThrough(pieces: AsyncIterable<Uint8Array>, leave: () => void): LiveBody {
  return {
    subscribe(sink) {
      let open = true;
      let resume = () => {};
      const pump = async () => {
        for await (const piece of pieces) {
          if (!open) return;
          if (!sink.write(piece)) {
            await new Promise<void>((resolve) => {
              resume = resolve;
            });
          }
          if (!open) return;
        }
      };
      pump().then(
        () => open && sink.end(),
        (error) =>
          open &&
          sink.fail(error instanceof Error ? error : new Error('the provider broke off', { cause: error })),
      );
      return {
        resume: () => resume(),
        close() {
          if (!open) return;
          open = false;
          leave();
          resume();
        },
      };
    },
    [Symbol.asyncIterator]: () => pieces[Symbol.asyncIterator](),
  };
}
