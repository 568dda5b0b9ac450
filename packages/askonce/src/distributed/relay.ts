/**
 * A relay: the frames of another process's flight, read one by one and checked: from the first on, in order, without a
 * gap or a repetition.
 */
import type { Clock } from '../clock.ts';
import { tooSlow, within } from '../clock.ts';
import type { Following } from '../store/shared.ts';
import { type Frame, readFrame } from './frames.ts';

export type Received =
  | Exclude<Frame, { kind: 'beat' }>
  /** Nothing has come for a while. */
  | { readonly kind: 'idle' }
  /** A frame is missing or out of order, or nothing more can be read: the flight can't be followed any more. */
  | { readonly kind: 'broken'; readonly why: unknown };

interface RelayOptions {
  readonly following: Following;
  readonly key: string;
  readonly name: string;
  /** The token of the lease that the flight is led under. */
  readonly token: string;
  /** After so long without a frame, `next` answers `idle`. */
  readonly idleMs: number;
  /** Milliseconds on top of that after which it answers `idle` whatever the store does. */
  readonly budgetMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export class Relay {
  readonly #options: RelayOptions;
  #batches: AsyncIterator<readonly Uint8Array[]> | undefined;
  readonly #leaving = new AbortController();
  readonly #stopListening: () => void;
  /** The batch that was asked of the store and has not come yet. */
  #coming: Promise<IteratorResult<readonly Uint8Array[]>> | undefined;
  #batch: readonly Uint8Array[] = [];
  #next = 0;
  /** The kind of the frame before; what may come next depends on it. */
  #last: Frame['kind'] | undefined;
  #offset = 0;

  constructor(options: RelayOptions) {
    const { signal } = options;
    this.#options = options;
    const leave = () => this.#leaving.abort(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    this.#stopListening = () => signal.removeEventListener('abort', leave);
    if (signal.aborted) leave();
  }

  /** Bytes of the answer that were received so far. */
  get offset(): number {
    return this.#offset;
  }

  /** What comes next. Never rejects. */
  async next(): Promise<Received> {
    try {
      while (true) {
        const raw = this.#batch[this.#next++];
        if (raw !== undefined) {
          const received = this.#checked(readFrame(raw));
          if (received.kind !== 'beat') return received;
          continue;
        }
        this.#batches ??= this.#follow();
        this.#coming ??= this.#batches.next();
        const { clock, idleMs, budgetMs } = this.#options;
        const more = await within(clock, idleMs + budgetMs, this.#coming);
        if (more === tooSlow) return { kind: 'idle' };
        this.#coming = undefined;
        if (more.done) return { kind: 'broken', why: new Error('the stream has ended') };
        this.#batch = more.value;
        this.#next = 0;
        if (more.value.length === 0) return { kind: 'idle' };
      }
    } catch (error) {
      return { kind: 'broken', why: error };
    }
  }

  /** Nothing more is read. */
  close(): void {
    this.#stopListening();
    this.#leaving.abort();
    this.#batches?.return?.()?.catch(() => {});
  }

  #follow(): AsyncIterator<readonly Uint8Array[]> {
    const { following, key, name, token, idleMs } = this.#options;
    return following.follow(key, name, token, idleMs, this.#leaving.signal)[Symbol.asyncIterator]();
  }

  #checked(frame: Frame | undefined): Received | { readonly kind: 'beat' } {
    if (frame === undefined || !this.#mayCome(frame))
      return { kind: 'broken', why: new Error('a frame is missing, came twice or is none') };
    if (frame.kind === 'beat') return frame;
    this.#last = frame.kind;
    if (frame.kind === 'bytes') this.#offset += frame.bytes.length;
    return frame;
  }

  #mayCome(frame: Frame): boolean {
    const last = this.#last;
    const inBody = last === 'head' || last === 'bytes';
    switch (frame.kind) {
      case 'began':
        return last === undefined;
      case 'head':
        return last === 'began';
      case 'bytes':
        return inBody && frame.offset === this.#offset;
      case 'end':
        return inBody && frame.length === this.#offset;
      case 'beat':
      case 'failed':
      case 'left':
        return last !== undefined && (inBody || last === 'began');
    }
  }
}
