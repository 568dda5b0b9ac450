/**
 * A provider's body for a single reader, without a buffer: one piece is held at most, and the provider waits while the
 * reader pauses.
 */
import { iterate, type LiveBody } from './live-body.ts';
import { Outlet } from './outlet.ts';

/** Why a body is read no more. */
type PassedThrough =
  | { readonly kind: 'ended' | 'left' }
  /** `error` is the one that the reader gets. */
  | { readonly kind: 'failed'; readonly error: Error };

export interface PassThroughEvents {
  /** Called with each piece that the reader is given, before it. */
  readonly passed?: ((piece: Uint8Array) => void) | undefined;
  /** Called when the reader leaves before the end: the provider call should be aborted. */
  readonly left: () => void;
  /** Called once when reading stops: at the end, at a failure, or when the reader leaves. */
  readonly over: (how: PassedThrough) => void;
  /** The error that the reader gets for what the provider threw. */
  readonly asError: (thrown: unknown) => Error;
}

/** A live body of the pieces that a provider yields. It can be read once. */
export function passThrough(pieces: AsyncIterable<Uint8Array>, events: PassThroughEvents): LiveBody {
  const live: LiveBody = {
    subscribe(sink) {
      let how: PassedThrough = { kind: 'left' };
      let wake = () => {};
      const outlet = new Outlet(sink, {
        resumed: () => wake(),
        gone() {
          events.over(how);
          if (how.kind === 'left') events.left();
          wake();
        },
      });
      const pump = async () => {
        for await (const piece of pieces) {
          if (outlet.open) {
            events.passed?.(piece);
            outlet.write(piece);
          }
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
          how = { kind: 'ended' };
          outlet.end();
        },
        (error) => {
          how = { kind: 'failed', error: events.asError(error) };
          outlet.fail(how.error);
        },
      );
      return outlet;
    },
    [Symbol.asyncIterator]: () => iterate(live),
  };
  return live;
}
