/**
 * The transcript of a flight: one buffer that the provider's bytes go into, and that any number of readers
 * read, each at its own pace, from the first byte on.
 *
 * Readers have no buffers of their own: each has an offset into the one. Up to `maxBytes` nothing is dropped.
 * Beyond it the transcript is a window: no reader joins any more, the provider is held back to the pace of the
 * fastest reader, and a reader that falls out of the window is cut off. The fastest never does.
 */
import { setImmediate } from 'node:timers/promises';
import { iterate, type LiveBody, type Sink, type Subscription } from '../body/live-body.ts';
import { Outlet } from '../body/outlet.ts';
import { AskonceError } from '../errors.ts';
import { Blocks } from './blocks.ts';

/** How far the fastest reader may be behind once there is a window, as a share of `maxBytes`. */
const slack = 1 / 8;

/** A reader's place in a transcript; read once. */
export interface Seat extends LiveBody {
  /** Gives the place up; a reader that reads from it fails with `reason`, if there is one. */
  release(reason?: Error): void;
}

interface Reader {
  /** Undefined until it is read from. */
  outlet: Outlet | undefined;
  offset: number;
  /** Called once, when the reader is gone. */
  readonly gone: () => void;
  /** Why there is nothing left to read, for a reader that comes too late. */
  refusal: Error | undefined;
}

type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly error: Error };

export class Transcript {
  readonly #maxBytes: number;
  readonly #onCutOff: () => void;
  readonly #readers = new Set<Reader>();
  readonly #blocks = new Blocks();
  #state: State = { kind: 'open' };
  #waitingForRoom: (() => void) | undefined;

  constructor(maxBytes: number, onCutOff: () => void = () => {}) {
    this.#maxBytes = maxBytes;
    this.#onCutOff = onCutOff;
  }

  /** Bytes that came so far. */
  get length(): number {
    return this.#blocks.end;
  }

  /** Bytes of memory that it takes now. */
  get heldBytes(): number {
    return this.#blocks.heldBytes;
  }

  /** Whether bytes may have been dropped, so that no reader can join and nothing can be stored. */
  get overflowed(): boolean {
    return this.#blocks.end > this.#maxBytes;
  }

  append(piece: Uint8Array): void {
    if (piece.length === 0 || this.#state.kind !== 'open') return;
    this.#blocks.append(piece);
    for (const reader of this.#readers) this.#catchUp(reader);
    if (this.overflowed) this.#dropFromFront();
  }

  /**
   * Resolves at once while everything is held; once bytes are dropped, when the fastest reader has come near
   * the end (or there is no reader), and one that may soon be cut off has had a turn of the event loop.
   */
  async room(): Promise<void> {
    while (this.#state.kind === 'open' && this.overflowed && this.#fastestIsFarBehind()) {
      await new Promise<void>((resolve) => {
        this.#waitingForRoom = resolve;
      });
    }
    // The fastest may take everything within one turn, before another that is as quick can write at all.
    if (this.#state.kind === 'open' && this.overflowed && this.#someoneMayFallOut()) await setImmediate();
  }

  end(): void {
    this.#finish({ kind: 'ended' });
  }

  fail(error: Error): void {
    this.#finish({ kind: 'failed', error });
  }

  /** Everything in one buffer; call it only if nothing was dropped. */
  whole(): Uint8Array {
    return this.#blocks.whole();
  }

  /**
   * A place at the first byte, held until a reader reads from it, or it is given up. `gone` is called once:
   * when its reader has read all, has failed or has left, or when it is given up.
   */
  reserve(gone: () => void = () => {}): Seat {
    const reader: Reader = { outlet: undefined, offset: 0, gone, refusal: undefined };
    this.#readers.add(reader);
    const seat: Seat = {
      subscribe: (sink) => this.#seat(reader, sink),
      release: (reason) => this.#dismiss(reader, reason),
      [Symbol.asyncIterator]: () => iterate(seat),
    };
    return seat;
  }

  #seat(reader: Reader, sink: Sink): Subscription {
    if (reader.outlet !== undefined)
      throw new AskonceError('closed', 'The body of this reply has a reader already; read a body once.');
    const outlet = new Outlet(sink, {
      resumed: () => this.#catchUp(reader),
      gone: () => this.#forget(reader),
    });
    reader.outlet = outlet;
    // Later, so that the sink's owner has the subscription when the first byte comes.
    queueMicrotask(() => {
      if (this.#readers.has(reader)) this.#catchUp(reader);
      else
        outlet.fail(
          reader.refusal ??
            new AskonceError('closed', 'The body of this reply has been cancelled; ask again.'),
        );
    });
    return outlet;
  }

  #catchUp(reader: Reader): void {
    const { outlet } = reader;
    while (outlet?.ready && this.#readers.has(reader)) {
      if (reader.offset === this.#blocks.end) {
        if (this.#state.kind === 'ended') outlet.end();
        else if (this.#state.kind === 'failed') outlet.fail(this.#state.error);
        break;
      }
      const bytes = this.#blocks.from(reader.offset);
      reader.offset += bytes.length;
      outlet.write(bytes);
    }
    this.#offerRoom();
  }

  #dropFromFront(): void {
    const fastest = this.#fastestOffset();
    this.#blocks.dropBefore(Math.min(this.#blocks.end - this.#maxBytes, fastest ?? this.#blocks.end));
    for (const reader of this.#readers) if (reader.offset < this.#blocks.start) this.#cutOff(reader);
  }

  #fastestOffset(): number | undefined {
    let fastest: number | undefined;
    for (const { offset } of this.#readers) fastest = Math.max(offset, fastest ?? 0);
    return fastest;
  }

  #fastestIsFarBehind(): boolean {
    const fastest = this.#fastestOffset();
    return fastest !== undefined && this.#blocks.end - fastest > this.#maxBytes * slack;
  }

  #someoneMayFallOut(): boolean {
    const safe = this.#blocks.end - this.#maxBytes * (1 - slack);
    for (const { offset } of this.#readers) if (offset < safe) return true;
    return false;
  }

  #offerRoom(): void {
    const waiting = this.#waitingForRoom;
    this.#waitingForRoom = undefined;
    waiting?.();
  }

  #cutOff(reader: Reader): void {
    this.#onCutOff();
    this.#dismiss(
      reader,
      new AskonceError(
        'follower_too_slow',
        'The client read too slowly: the answer outgrew `flightMaxBytes` first; read faster, or raise the limit.',
      ),
    );
  }

  #finish(state: State): void {
    if (this.#state.kind !== 'open') return;
    this.#state = state;
    for (const reader of this.#readers) this.#catchUp(reader);
    this.#offerRoom();
  }

  #dismiss(reader: Reader, reason: Error | undefined): void {
    if (!this.#readers.has(reader)) return;
    reader.refusal = reason;
    if (reader.outlet === undefined) this.#forget(reader);
    else if (reason === undefined) reader.outlet.close();
    else reader.outlet.fail(reason);
  }

  #forget(reader: Reader): void {
    if (!this.#readers.delete(reader)) return;
    reader.gone();
    this.#offerRoom();
  }
}
