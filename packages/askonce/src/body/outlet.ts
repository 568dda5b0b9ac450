/**
 * An outlet writes to one sink. The sink may pause, resume or leave in the middle of a write, and it may throw; none of
 * that reaches the writer or the other readers.
 */
import type { Sink, Subscription } from './live-body.ts';

export interface OutletEvents {
  /** The sink has room again. Not called during a write: the writer checks `ready` before the next one. */
  readonly resumed: () => void;
  /** Nothing can be written any more: the body ended or failed, or the sink left or threw. Called once. */
  readonly gone: () => void;
}

export class Outlet implements Subscription {
  readonly #sink: Sink;
  readonly #events: OutletEvents;
  #open = true;
  #paused = false;
  #writing = false;
  #resumedWithin = false;

  constructor(sink: Sink, events: OutletEvents) {
    this.#sink = sink;
    this.#events = events;
  }

  /** Whether the sink accepts a write now. */
  get ready(): boolean {
    return this.#open && !this.#paused && !this.#writing;
  }

  get open(): boolean {
    return this.#open;
  }

  write(bytes: Uint8Array): void {
    if (!this.ready) return;
    this.#writing = true;
    this.#resumedWithin = false;
    try {
      const hasRoom = this.#sink.write(bytes);
      this.#paused = !hasRoom && !this.#resumedWithin;
    } catch {
      // A sink that cannot accept a write has left.
      this.close();
    } finally {
      this.#writing = false;
    }
  }

  end(): void {
    this.#finish((sink) => sink.end());
  }

  fail(error: Error): void {
    this.#finish((sink) => sink.fail(error));
  }

  // Bound, so that both can be passed on as listeners.
  readonly resume = (): void => {
    if (!this.#open) return;
    this.#paused = false;
    this.#resumedWithin = true;
    if (!this.#writing) this.#events.resumed();
  };

  readonly close = (): void => {
    if (!this.#open) return;
    this.#open = false;
    this.#events.gone();
  };

  #finish(last: (sink: Sink) => void): void {
    if (!this.#open) return;
    this.close();
    try {
      last(this.#sink);
    } catch {
      // Nothing more was to be written.
    }
  }
}
