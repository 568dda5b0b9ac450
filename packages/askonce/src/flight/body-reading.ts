/**
 * Reading a provider's body to the end of the answer, which may come before the end of the body: from an end mark on the
 * connection may stay open, be reset or go silent, and nothing waits for it.
 *
 * What follows an end mark is read for a moment and dropped. Nearly always it is the end of the body, and then the connection
 * can be used again; a connection that has more to say, or nothing, is closed.
 */
import type { LiveBody, Subscription } from '../body/live-body.ts';
import type { Clock } from '../clock.ts';

/** How long, and for how many bytes, a body is read beyond the end of its answer. */
const drainMs = 1000;
const drainBytes = 64 * 1024;
/** How long an answer that is complete unless one more byte comes (the LF of a CR LF) waits for that byte. */
const lastByteMs = 100;

/** What is to follow a piece. */
export type Wanted =
  /** The next one. */
  | 'more'
  /** The next one, once there is room. */
  | 'room'
  /** One more byte, if it comes soon: the answer seems to have ended. */
  | 'last-byte'
  /** The end of the body, if it comes soon: the answer has ended, and its source is still to report what it was stored as. */
  | 'end'
  /** Nothing: the answer has ended. */
  | 'nothing';

export interface BodyReader {
  readonly clock: Clock;
  take(piece: Uint8Array): Wanted;
  /** Resolves when there is room. */
  room(): Promise<void>;
  /** Waits for one thing at a time, but no longer than until the reading is cancelled. */
  unlessCancelled<T>(pending: Promise<T>): Promise<T>;
  /** Called if the body does not end soon after its answer: what makes it should stop. */
  leave(): void;
}

/** Resolves when the answer has ended, or its body has. Rejects with what the body fails with before that. */
export function readBody(body: AsyncIterable<Uint8Array>, reader: BodyReader): Promise<void> {
  return isLive(body) ? readPushed(body, reader) : readPulled(body, reader);
}

function isLive(body: AsyncIterable<Uint8Array> | LiveBody): body is LiveBody {
  return 'subscribe' in body && typeof body.subscribe === 'function';
}

/** Milliseconds for which the body is waited for; undefined if the answer goes on. */
function patienceFor(wanted: Wanted): number | undefined {
  if (wanted === 'last-byte') return lastByteMs;
  return wanted === 'end' ? drainMs : undefined;
}

/** Lets the provider push: a body that comes in one piece then costs one promise, and not two for each piece. */
async function readPushed(body: LiveBody, reader: BodyReader): Promise<void> {
  const { clock } = reader;
  let subscription: Subscription | undefined;
  let state: 'reading' | 'ending' | 'draining' = 'reading';
  let drained = 0;
  let stopTimer = () => {};

  const ended = new Promise<void>((resolve, reject) => {
    function leave(): void {
      stopTimer();
      subscription?.close();
      reader.leave();
    }

    function finish(): void {
      state = 'draining';
      stopTimer();
      stopTimer = clock.schedule(leave, drainMs);
      resolve();
    }

    function drain(piece: Uint8Array): boolean {
      drained += piece.length;
      if (drained > drainBytes) leave();
      return true;
    }

    function take(piece: Uint8Array): boolean {
      const wanted = reader.take(piece);
      const patience = patienceFor(wanted);
      stopTimer();
      state = patience === undefined ? 'reading' : 'ending';
      if (patience !== undefined) stopTimer = clock.schedule(finish, patience);
      if (wanted === 'nothing') finish();
      if (wanted !== 'room') return true;
      void reader.room().then(() => subscription?.resume());
      return false;
    }

    subscription = body.subscribe({
      write(piece) {
        try {
          return state === 'draining' ? drain(piece) : take(piece);
        } catch (error) {
          // The provider must not see what a caller's framing throws: the flight fails, as with a body that is pulled.
          reject(error);
          return false;
        }
      },
      end() {
        stopTimer();
        resolve();
      },
      fail(error) {
        stopTimer();
        if (state === 'reading') reject(error);
        else resolve();
      },
    });
  });
  try {
    await reader.unlessCancelled(ended);
  } catch (error) {
    stopTimer();
    subscription?.close();
    throw error;
  }
}

async function readPulled(body: AsyncIterable<Uint8Array>, reader: BodyReader): Promise<void> {
  const pieces = body[Symbol.asyncIterator]();
  let patience: Patience | undefined;
  try {
    while (true) {
      const next = pieces.next();
      const come = await reader.unlessCancelled(patience === undefined ? next : patience.over(next));
      if (come === 'late') {
        void drainPulled(pieces, next, reader);
        return;
      }
      if (come === 'failed' || come.done === true) return;
      const wanted = reader.take(come.value);
      const patienceMs = patienceFor(wanted);
      patience?.stop();
      patience = patienceMs === undefined ? undefined : patienceOf(reader.clock, patienceMs);
      if (wanted === 'nothing') {
        void drainPulled(pieces, pieces.next(), reader);
        return;
      }
      if (wanted === 'room') await reader.unlessCancelled(reader.room());
    }
  } catch (error) {
    // A provider that hangs would hang here, too: it is asked to stop, and not waited for.
    pieces.return?.().catch(() => {});
    throw error;
  } finally {
    patience?.stop();
  }
}

type Piece = IteratorResult<Uint8Array>;

interface Patience {
  /** What comes in time. Once the answer seems to have ended, a failure is an end. */
  over(next: Promise<Piece>): Promise<Piece | 'late' | 'failed'>;
  stop(): void;
}

function patienceOf(clock: Clock, ms: number): Patience {
  let stop = () => {};
  const late = new Promise<'late'>((resolve) => {
    stop = clock.schedule(() => resolve('late'), ms);
  });
  return {
    over: (next) => Promise.race([next.catch(() => 'failed' as const), late]),
    stop: () => stop(),
  };
}

/** Reads on for a moment after the answer has ended. Never rejects. */
async function drainPulled(
  pieces: AsyncIterator<Uint8Array>,
  first: Promise<Piece>,
  reader: BodyReader,
): Promise<void> {
  let drained = 0;
  let next = first;
  const patience = patienceOf(reader.clock, drainMs);
  while (drained <= drainBytes) {
    const come = await patience.over(next);
    if (come === 'failed' || (come !== 'late' && come.done === true)) {
      patience.stop();
      return;
    }
    if (come === 'late') {
      // What is left of it may fail after all.
      next.catch(() => {});
      break;
    }
    drained += come.value.length;
    next = pieces.next();
  }
  patience.stop();
  next.catch(() => {});
  reader.leave();
  pieces.return?.().catch(() => {});
}
