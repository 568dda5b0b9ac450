/**
 * A provider's body for one reader, unbuffered: one piece is held at most, and the provider waits while the
 * reader does.
 */

import type { LiveBody } from './live-body.ts';
import { iterate } from './live-body.ts';
import { Outlet } from './outlet.ts';

export interface PassThroughEvents {
  /** The reader has left before the end: the provider's call is to be ended. */
  readonly left: () => void;
  /** Told once, when nothing more is read: at the end, a failure, or when the reader has left. */
  readonly over: () => void;
  /** The error that the reader is to see. */
  readonly asError: (thrown: unknown) => Error;
}

/** A live body over what a provider yields. Read once. */
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
