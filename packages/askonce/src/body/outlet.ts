/**
 * A sink, seen from the side that writes to it: one that may pause, go on or leave in the middle of a write,
 * and may throw. What it does is its own matter and never troubles whoever writes, or the others that read.
 */
import type { Sink, Subscription } from './live-body.ts';

export interface OutletEvents {
  /** There is room again. Not called within a write: whoever writes asks `ready` before the next. */
  readonly resumed: () => void;
  /** Nothing can be written any more: it was ended or failed, has left, or threw. Called once. */
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

  /** Whether it takes a write now. */
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
      const goesOn = this.#sink.write(bytes);
      this.#paused = !goesOn && !this.#resumedWithin;
    } catch {
      // Whoever cannot take a write has left.
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

  // Both can be handed on without the outlet, as what listens to events.
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

  #finish(tell: (sink: Sink) => void): void {
    if (!this.#open) return;
    this.close();
    try {
      tell(this.#sink);
    } catch {
      // Nothing more was to come.
    }
  }
}
