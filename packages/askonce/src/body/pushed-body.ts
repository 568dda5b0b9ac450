/**
 * A live body into which its maker pushes pieces: no iterator and no promise a piece between a socket and its reader.
 */
import { iterate, type LiveBody } from './live-body.ts';
import { Outlet } from './outlet.ts';

/** Bytes that are held for a reader that has not come yet, before the maker is asked to pause. */
const maxHeldBytes = 64 * 1024;

export interface PushedBodyEvents {
  /** The reader pauses, or has not come and much is held: nothing more should be pushed for now. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** The reader left before the end. */
  readonly left: () => void;
}

export interface PushedBody {
  /** The body for its one reader. */
  readonly live: LiveBody;
  write(piece: Uint8Array): void;
  end(): void;
  fail(error: Error): void;
}

/** A live body of what is pushed into it. Pieces that come before the reader, or while it pauses, are held. */
export function pushedBody({ pause, resume, left }: PushedBodyEvents): PushedBody {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let isPaused = false;
  let ended: { readonly error?: Error } | undefined;
  let outlet: Outlet | undefined;

  function pump(): void {
    if (outlet === undefined) return;
    while (outlet.ready && held.length > 0) {
      const [piece, ...rest] = held;
      held = rest;
      heldBytes -= piece?.length ?? 0;
      if (piece !== undefined) outlet.write(piece);
    }
    if (!outlet.ready) return;
    if (ended === undefined) {
      if (isPaused) resume();
      isPaused = false;
    } else if (ended.error === undefined) outlet.end();
    else outlet.fail(ended.error);
  }

  const live: LiveBody = {
    subscribe(sink) {
      outlet = new Outlet(sink, {
        resumed: pump,
        gone() {
          if (ended === undefined) left();
        },
      });
      pump();
      return outlet;
    },
    [Symbol.asyncIterator]: () => iterate(live),
  };
  return {
    live,
    write(piece: Uint8Array): void {
      if (held.length === 0 && outlet?.ready) {
        outlet.write(piece);
        if (outlet.ready || !outlet.open) return;
      } else {
        held.push(piece);
        heldBytes += piece.length;
        if (outlet === undefined && heldBytes <= maxHeldBytes) return;
      }
      if (isPaused) return;
      isPaused = true;
      pause();
    },
    end(): void {
      ended = {};
      pump();
    },
    fail(error: Error): void {
      ended ??= { error };
      pump();
    },
  };
}
