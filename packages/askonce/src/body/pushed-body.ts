/**
 * A live body into which its maker pushes pieces: no iterator and no promise a piece between a socket and its reader.
 */
import { AskonceError } from '../errors.ts';
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

/**
 * A live body of what is pushed into it. Pieces that come in one turn are written as one: a thousand followers of a
 * stream then cost one write each for what one read of the socket has returned, and not one for each chunk in it. Pieces
 * that come before the reader, or while it pauses, are held.
 */
export function pushedBody({ pause, resume, left }: PushedBodyEvents): PushedBody {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let isPaused = false;
  let isScheduled = false;
  let ended: { readonly error?: Error } | undefined;
  let outlet: Outlet | undefined;

  function pauseOnce(): void {
    if (isPaused || ended !== undefined) return;
    isPaused = true;
    pause();
  }

  function pump(): void {
    isScheduled = false;
    if (outlet === undefined) return;
    if (outlet.ready && heldBytes > 0) {
      const [first, ...others] = held;
      const piece = first === undefined || others.length > 0 ? Buffer.concat(held) : first;
      held = [];
      heldBytes = 0;
      outlet.write(piece);
    }
    if (!outlet.ready) {
      if (outlet.open) pauseOnce();
    } else if (ended === undefined) {
      if (isPaused) resume();
      isPaused = false;
    } else if (ended.error === undefined) outlet.end();
    else outlet.fail(ended.error);
  }

  function pumpSoon(): void {
    if (isScheduled || outlet === undefined) return;
    isScheduled = true;
    queueMicrotask(pump);
  }

  const live: LiveBody = {
    subscribe(sink) {
      if (outlet !== undefined) throw new AskonceError('closed', 'This body has a reader already.');
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
      held.push(piece);
      heldBytes += piece.length;
      if (outlet?.ready) pumpSoon();
      else if (outlet !== undefined || heldBytes > maxHeldBytes) pauseOnce();
    },
    end(): void {
      ended ??= {};
      pumpSoon();
    },
    fail(error: Error): void {
      ended ??= { error };
      pumpSoon();
    },
  };
}
