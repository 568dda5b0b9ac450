/**
 * A broadcast: a flight's answer, published for followers in other processes. Nothing is published until
 * one of them asks; then what has come so far, and from then on each piece as it comes.
 *
 * Publishing is a reader of the flight like any other: a failure to publish never affects the flight's own clients.
 */
import type { Sink, Subscription } from '../body/live-body.ts';
import type { Clock } from '../clock.ts';
import { AskonceError } from '../errors.ts';
import type { Head, Landing } from '../flight/plan.ts';
import type { Seat } from '../flight/transcript.ts';
import type { Identity } from '../identity/identify.ts';
import type { Following } from '../store/shared.ts';
import { type Began, bytesFrame, type Control, controlFrame } from './frames.ts';
import { LandedFlight, type Published } from './landed.ts';
import { shareableHeaders } from './shared-answer.ts';

/** A frame of bytes waits for more until it has so many, or for so long. */
const batchBytes = 16 * 1024;
const batchMs = 20;
/** Bytes that wait to be published before the flight's buffer is read on. */
const queueBytes = 16 * batchBytes;
/** A stream expires so long after its last frame; one with nothing new sends a beat in time. */
const expiresMs = 60_000;
const beatMs = expiresMs / 3;

/** A flight that is led here, under a lease. */
export interface Led {
  readonly key: string;
  /** The lease's name. */
  readonly name: string;
  /** The lease's token; names the stream as well, so that two flights never mix. */
  readonly token: string;
  readonly flight: Published;
  readonly began: () => Began;
  /** Decides which headers its followers get. */
  readonly protocol: Identity['protocol'];
  /** Whether the answer is for others, by its head; one that is not is never published. */
  readonly isShared: (head: Head) => boolean;
}

export interface BroadcastOptions {
  readonly following: Following;
  readonly clock: Clock;
  /** Followers elsewhere repeat that they follow; after so long without a word none counts as waiting. */
  readonly interestMs: number;
  readonly onTrouble: (error: unknown) => void;
}

export class Broadcast {
  readonly #options: BroadcastOptions;
  #led: Led;
  #resolveDone = () => {};
  #done: Promise<void> = Promise.resolve();
  #started = false;
  /** The last frame is in the queue, or never will be. */
  #over = false;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #sending = false;
  #pending: Uint8Array[] = [];
  #pendingLength = 0;
  #offset = 0;
  #subscription: Subscription | undefined;
  #seat: Seat | undefined;
  #stopBatch: (() => void) | undefined;
  #stopBeat = () => {};
  #leave: (() => void) | undefined;
  #stopInterest = () => {};

  constructor(led: Led, options: BroadcastOptions) {
    this.#led = led;
    this.#options = options;
  }

  /** Whether another process has asked for it. */
  get started(): boolean {
    return this.#started;
  }

  /** Resolves once nothing is left to be published: at once if no other process has asked. */
  get done(): Promise<void> {
    return this.#done;
  }

  /**
   * The flight has landed. What only a flight in progress needs is released, unless another process follows already: very
   * many are held that have landed.
   */
  landed({ head, recording, stored }: Landing): void {
    if (this.#started || !stored || recording === undefined) return;
    const { key, name, token, protocol, ...led } = this.#led;
    // Called here: either function holds on to the request that it is about.
    const began = led.began();
    const isShared = this.#mayShare(led, head);
    const flight = new LandedFlight({ head, recording, stored });
    this.#led = { key, name, token, flight, began: () => began, protocol, isShared: () => isShared };
  }

  /** False if the protocol, which may be the user's own, cannot say. */
  #mayShare({ isShared }: Pick<Led, 'isShared'>, head: Head): boolean {
    try {
      return isShared(head);
    } catch (error) {
      this.#options.onTrouble(error);
      return false;
    }
  }

  /** Another process asks for it, or repeats that it follows. */
  asked(): void {
    const { clock, interestMs } = this.#options;
    this.#stopInterest();
    this.#leave ??= this.#led.flight.join();
    this.#stopInterest = clock.schedule(() => this.#stopWaiting(), interestMs);
    if (!this.#started) this.#start();
  }

  /** Publishes no more. */
  stop(): void {
    this.#over = true;
    this.#queue = [];
    this.#stopBatch?.();
    this.#stopBeat();
    this.#stopInterest();
    this.#stopWaiting();
    this.#seat?.release();
    this.#resolveDone();
  }

  #stopWaiting(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  #start(): void {
    const { flight, began } = this.#led;
    this.#started = true;
    this.#done = new Promise((resolve) => {
      this.#resolveDone = resolve;
    });
    this.#publishControl(began());
    const outgrown = () => this.#last({ kind: 'left', why: 'outgrown' });
    if (flight.transcript.overflowed) {
      outgrown();
      return;
    }
    const seat = flight.transcript.reserve();
    this.#seat = seat;
    void flight.outgrown.then(outgrown);
    flight.head.then(
      async (head) => {
        await head.sharing?.decided;
        // As if it were too large: followers of any release then call for themselves.
        if (head.sharing?.isRefused() || !this.#led.isShared(head)) {
          outgrown();
          return;
        }
        this.#publishControl({ kind: 'head', status: head.status, headers: this.#headersOf(head) });
        if (!this.#over) this.#subscription = seat.subscribe(this.#sink());
      },
      (error) => this.#fail(error),
    );
  }

  #headersOf(head: Head): Record<string, string | string[]> {
    const headers = Object.entries(shareableHeaders(this.#led, head));
    return Object.fromEntries(
      headers.map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
    );
  }

  #sink(): Sink {
    return {
      write: (piece) => {
        for (let at = 0; at < piece.length; at += batchBytes)
          this.#collect(piece.subarray(at, at + batchBytes));
        return this.#queued < queueBytes;
      },
      end: () => {
        const { flight } = this.#led;
        flight.landing.then(
          ({ stored }) => this.#last({ kind: 'end', length: flight.transcript.length, stored }),
          (error) => this.#fail(error),
        );
      },
      fail: (error) => this.#fail(error),
    };
  }

  #fail(error: unknown): void {
    const { flight } = this.#led;
    if (flight.transcript.overflowed) this.#last({ kind: 'left', why: 'outgrown' });
    // A flight that is ended here is not a failure of the provider.
    else if (flight.cancelled || !AskonceError.isInstance(error))
      this.#last({ kind: 'left', why: 'cancelled' });
    else this.#last({ kind: 'failed', code: error.code, message: error.message.slice(0, 1000) });
  }

  #collect(piece: Uint8Array): void {
    if (this.#over) return;
    if (this.#pendingLength + piece.length > batchBytes) this.#batch();
    this.#pending.push(piece);
    this.#pendingLength += piece.length;
    this.#stopBatch ??= this.#options.clock.schedule(() => {
      this.#batch();
      void this.#send();
    }, batchMs);
    if (this.#queued >= batchBytes) void this.#send();
  }

  /** Makes one frame of the bytes collected so far. */
  #batch(): void {
    this.#stopBatch?.();
    this.#stopBatch = undefined;
    if (this.#pendingLength === 0) return;
    this.#queue.push(bytesFrame(this.#offset, Buffer.concat(this.#pending)));
    this.#queued += this.#pendingLength;
    this.#offset += this.#pendingLength;
    this.#pending = [];
    this.#pendingLength = 0;
  }

  #publishControl(control: Control): void {
    if (this.#over) return;
    this.#batch();
    this.#queue.push(controlFrame(control));
    void this.#send();
  }

  #last(control: Control): void {
    if (this.#over) return;
    this.#publishControl(control);
    this.#over = true;
    this.#stopInterest();
    this.#stopWaiting();
    this.#seat?.release();
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    this.#stopBeat();
    const { key, name, token } = this.#led;
    try {
      while (this.#queue.length > 0) {
        const frames = this.#queue;
        this.#queue = [];
        this.#queued = 0;
        await this.#options.following.publish(key, name, token, frames, expiresMs);
        this.#subscription?.resume();
      }
    } catch (error) {
      // Frames may be missing from now on: followers find out by the offset, or by silence.
      this.#options.onTrouble(error);
      this.stop();
    }
    this.#sending = false;
    if (this.#over) this.#resolveDone();
    else this.#stopBeat = this.#options.clock.schedule(() => this.#publishControl({ kind: 'beat' }), beatMs);
  }
}
