/**
 * The transcript of a flight: one buffer that the provider's bytes go into, and that any number of readers
 * read, each at its own pace, from the first byte on.
 *
 * Readers have no buffers of their own: each has an offset into the one. A reader that is slow is written to
 * again when it says so. Up to `maxBytes` nothing is dropped. Beyond it the transcript is a window: nobody
 * joins any more, the provider is held back to the pace of the fastest reader, and a reader that falls out of
 * the window is cut off.
 */
import { AskonceError } from '../errors.ts';
import type { LiveBody, Sink, Subscription } from './live-body.ts';

/** Pieces above which a new reader first has them joined into one. */
const joinAbovePieces = 16;
/** How far the fastest reader may be behind once the transcript has become a window. */
const windowSlackBytes = 1024 * 1024;

/** A reader's place in a transcript; read once. */
export interface Seat extends LiveBody {
  /** Gives the place up. */
  release(): void;
}

interface Reader {
  /** Undefined until somebody reads. */
  sink: Sink | undefined;
  offset: number;
  paused: boolean;
}

type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly error: Error };

export class Transcript implements LiveBody {
  readonly #maxBytes: number;
  readonly #onCutOff: () => void;
  readonly #readers = new Set<Reader>();
  #pieces: Uint8Array[] = [];
  /** Offset of the first byte of the first piece that is still held. */
  #start = 0;
  #end = 0;
  #state: State = { kind: 'open' };
  #waitingForRoom: (() => void) | undefined;

  constructor(maxBytes: number, onCutOff: () => void = () => {}) {
    this.#maxBytes = maxBytes;
    this.#onCutOff = onCutOff;
  }

  /** Bytes that came so far. */
  get length(): number {
    return this.#end;
  }

  /** Whether bytes were dropped, so that nobody can join and nothing can be kept. */
  get overflowed(): boolean {
    return this.#end > this.#maxBytes;
  }

  append(piece: Uint8Array): void {
    if (piece.length === 0 || this.#state.kind !== 'open') return;
    this.#pieces.push(piece);
    this.#end += piece.length;
    for (const reader of this.#readers) {
      if (!reader.paused && reader.offset === this.#end - piece.length) this.#write(reader, piece);
    }
    if (this.overflowed) this.#dropFromFront();
  }

  /**
   * Resolves at once while everything is held; once bytes are dropped, when the fastest reader has come near
   * the end (or nobody reads).
   */
  async room(): Promise<void> {
    while (this.overflowed && this.#readers.size > 0 && this.#fastestIsFarBehind()) {
      await new Promise<void>((resolve) => {
        this.#waitingForRoom = resolve;
      });
    }
  }

  end(): void {
    this.#finish({ kind: 'ended' });
  }

  fail(error: Error): void {
    this.#finish({ kind: 'failed', error });
  }

  /** Everything in one buffer. Only where nothing was dropped. */
  whole(): Uint8Array {
    this.#joinPieces();
    return this.#pieces[0] ?? new Uint8Array();
  }

  /** A place at the first byte that is kept until somebody reads from it, or it is given up. */
  reserve(): Seat {
    const reader: Reader = { sink: undefined, offset: 0, paused: true };
    this.#readers.add(reader);
    const seat: Seat = {
      subscribe: (sink) => this.#seat(reader, sink),
      release: () => this.#forget(reader),
      [Symbol.asyncIterator]: () => iterate(seat),
    };
    return seat;
  }

  subscribe(sink: Sink): Subscription {
    return this.reserve().subscribe(sink);
  }

  #seat(reader: Reader, sink: Sink): Subscription {
    if (reader.sink !== undefined) throw new AskonceError('closed', 'this reply has a reader already');
    reader.sink = sink;
    const resume = () => {
      reader.paused = false;
      this.#catchUp(reader);
    };
    // Later, so that the sink's owner has the subscription in hand when the first byte comes.
    queueMicrotask(resume);
    return { resume, close: () => this.#forget(reader) };
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return iterate(this);
  }

  #catchUp(reader: Reader): void {
    const behind = reader.offset < this.#end;
    if (behind && this.#pieces.length > joinAbovePieces && !this.overflowed) this.#joinPieces();
    while (this.#readers.has(reader) && !reader.paused) {
      if (reader.offset < this.#start) this.#cutOff(reader);
      else if (reader.offset < this.#end) this.#write(reader, this.#pieceAt(reader.offset));
      else {
        this.#finishReader(reader);
        return;
      }
    }
  }

  #write(reader: Reader, piece: Uint8Array): void {
    reader.offset += piece.length;
    reader.paused = reader.sink?.write(piece) !== true;
    this.#offerRoom();
  }

  #pieceAt(offset: number): Uint8Array {
    let start = this.#start;
    for (const piece of this.#pieces) {
      if (offset < start + piece.length) return offset === start ? piece : piece.subarray(offset - start);
      start += piece.length;
    }
    return new Uint8Array();
  }

  #joinPieces(): void {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)];
  }

  #dropFromFront(): void {
    let dropped = 0;
    for (const piece of this.#pieces) {
      if (this.#end - this.#start - piece.length < this.#maxBytes) break;
      this.#start += piece.length;
      dropped++;
    }
    if (dropped > 0) this.#pieces.splice(0, dropped);
    for (const reader of this.#readers) if (reader.offset < this.#start) this.#cutOff(reader);
  }

  #fastestIsFarBehind(): boolean {
    for (const reader of this.#readers) if (this.#end - reader.offset <= windowSlackBytes) return false;
    return true;
  }

  #offerRoom(): void {
    const waiting = this.#waitingForRoom;
    this.#waitingForRoom = undefined;
    waiting?.();
  }

  #cutOff(reader: Reader): void {
    this.#forget(reader);
    this.#onCutOff();
    reader.sink?.fail(
      new AskonceError(
        'follower_too_slow',
        'the answer outgrew `flightMaxBytes` before this client had read it',
      ),
    );
  }

  #finish(state: State): void {
    if (this.#state.kind !== 'open') return;
    this.#state = state;
    for (const reader of this.#readers) this.#catchUp(reader);
    this.#offerRoom();
  }

  #finishReader(reader: Reader): void {
    const state = this.#state;
    if (state.kind === 'open') return;
    this.#forget(reader);
    if (state.kind === 'failed') reader.sink?.fail(state.error);
    else reader.sink?.end();
  }

  #forget(reader: Reader): void {
    this.#readers.delete(reader);
    this.#offerRoom();
  }
}

/** A live body as an async iterator that holds one piece at most. */
export async function* iterate(body: LiveBody): AsyncGenerator<Uint8Array, void, undefined> {
  const queue: Uint8Array[] = [];
  let finished: { readonly error?: Error } | undefined;
  let wake = () => {};
  const subscription = body.subscribe({
    write(piece) {
      queue.push(piece);
      wake();
      return false;
    },
    end() {
      finished = {};
      wake();
    },
    fail(error) {
      finished = { error };
      wake();
    },
  });
  try {
    while (true) {
      const piece = queue.shift();
      if (piece !== undefined) {
        yield piece;
        subscription.resume();
      } else if (finished !== undefined) {
        if (finished.error !== undefined) throw finished.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    subscription.close();
  }
}
