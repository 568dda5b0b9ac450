/**
 * A provider's body for a single reader, without a buffer: one piece is held at most, and the provider waits while the
 * reader pauses.
 */
import { iterate, type LiveBody } from './live-body.ts';
import { Outlet } from './outlet.ts';

export interface PassThroughEvents {
  /** Called when the reader leaves before the end: the provider call should be aborted. */
  readonly left: () => void;
  /** Called once when reading stops: at the end, at a failure, or when the reader leaves. */
  readonly over: () => void;
  /** The error that the reader gets for what the provider threw. */
  readonly asError: (thrown: unknown) => Error;
}

/** A live body of the pieces that a provider yields. It can be read once. */
export function passThrough(pieces: AsyncIterable<Uint8Array>, events: PassThroughEvents): LiveBody {
  const live: LiveBody = {
    subscribe(sink) {
      let ended = false;
      let wake = () => {};
      const outlet = new Outlet(sink, {
        resumed: () => wake(),
        gone() {
          events.over();
          if (!ended) events.left();
          wake();
        },
      });
      const pump = async () => {
        for await (const piece of pieces) {
          if (outlet.open) outlet.write(piece);
          while (outlet.open && !outlet.ready) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          if (!outlet.open) return;
        }
      };
      pump().then(
        () => {
          ended = true;
          outlet.end();
        },
        (error) => {
          ended = true;
          outlet.fail(events.asError(error));
        },
      );
      return outlet;
    },
    [Symbol.asyncIterator]: () => iterate(live),
  };
  return live;
}
