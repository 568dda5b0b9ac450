/**
 * Live bodies: a body that is read while it is produced. A reader gets what exists already, then what follows, without a
 * gap and without a repetition.
 */

/** Receives a live body. Its methods are called in order, and never after `end` or `fail`, or once the subscription is closed. */
export interface Sink {
  /** Returns false to ask for a pause, until the subscription's `resume` is called. */
  write(bytes: Uint8Array): boolean;
  end(): void;
  fail(error: Error): void;
}

export interface Subscription {
  resume(): void;
  /** Ends the subscription: nothing more is written to the sink. */
  close(): void;
}

export interface LiveBody extends AsyncIterable<Uint8Array> {
  subscribe(sink: Sink): Subscription;
}

/**
 * Reads a live body as an async iterator that holds one piece at most. An early return closes the subscription, also
 * before the first piece and while a piece is awaited.
 */
export function iterate(body: LiveBody): AsyncIterableIterator<Uint8Array, undefined> {
  let subscription: Subscription | undefined;
  let held: Uint8Array | undefined;
  let ended: { readonly error?: Error } | undefined;
  let wake = () => {};
  let turn: Promise<unknown> = Promise.resolve();

  function finish(outcome: { readonly error?: Error }): void {
    ended ??= outcome;
    wake();
  }

  function subscribed(): Subscription {
    subscription ??= body.subscribe({
      write(piece) {
        held = piece;
        wake();
        return false;
      },
      end: () => finish({}),
      fail: (error) => finish({ error }),
    });
    return subscription;
  }

  async function step(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (held === undefined && ended === undefined) {
      const more = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (subscription === undefined) subscribed();
      else subscription.resume();
      await more;
    }
    if (held !== undefined) {
      const value = held;
      held = undefined;
      return { done: false, value };
    }
    const { error } = ended ?? {};
    ended = {};
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  return {
    next() {
      // One after the other, even if a reader asks for several pieces at once.
      const next = turn.then(step, step);
      turn = next;
      return next;
    },
    async return() {
      held = undefined;
      ended = {};
      subscribed().close();
      wake();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
