/**
 * Reads along with a body that is still arriving, without a place of its own in the flight.
 */
import type { LiveBody } from 'askonce';

export interface Tap {
  piece(bytes: Uint8Array): void;
  /** The body is complete. */
  end(): void;
  /** The body broke off, or its reader left. */
  left(): void;
}

/** The same body; its first subscriber is read along with. */
export function tapped(body: LiveBody, tap: Tap): LiveBody {
  let open = true;
  const close = (how: () => void): void => {
    if (!open) return;
    open = false;
    how();
  };
  return {
    subscribe(sink) {
      const subscription = body.subscribe({
        write(bytes) {
          if (open) tap.piece(bytes);
          return sink.write(bytes);
        },
        end() {
          close(tap.end);
          sink.end();
        },
        fail(error) {
          close(tap.left);
          sink.fail(error);
        },
      });
      return {
        resume: () => subscription.resume(),
        close() {
          close(tap.left);
          subscription.close();
        },
      };
    },
    [Symbol.asyncIterator]: () => body[Symbol.asyncIterator](),
  };
}
