/**
 * A body that is still coming: what was produced so far, then what comes, without gap or double.
 */

/** Takes a live body. Called in order; after `end` or `fail`, or once closed, never again. */
export interface Sink {
  /** False asks to pause; call `resume` of the subscription when there is room again. */
  write(bytes: Uint8Array): boolean;
  end(): void;
  fail(error: Error): void;
}

export interface Subscription {
  resume(): void;
  /** The reader has left: nothing more is written to the sink. */
  close(): void;
}

export interface LiveBody extends AsyncIterable<Uint8Array> {
  subscribe(sink: Sink): Subscription;
}

/* MERGED iterate.ts:
 * A live body as an async iterator that holds one piece at most. Leaving early, also before the first piece or
 * while one is awaited, closes the subscription.
 */
export function iterate(body: LiveBody): AsyncIterableIterator<Uint8Array, undefined> {
  let subscription: Subscription | undefined;
  let held: Uint8Array | undefined;
  let over: { readonly error?: Error } | undefined;
  let wake = () => {};
  let turn: Promise<unknown> = Promise.resolve();

  function finish(how: { readonly error?: Error }): void {
    over ??= how;
    wake();
  }

  function begin(): Subscription {
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
    while (held === undefined && over === undefined) {
      const more = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (subscription === undefined) begin();
      else subscription.resume();
      await more;
    }
    if (held !== undefined) {
      const value = held;
      held = undefined;
      return { done: false, value };
    }
    const { error } = over ?? {};
    over = {};
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  return {
    next() {
      // One after the other, also where a reader asks for several at once.
      const next = turn.then(step, step);
      turn = next;
      return next;
    },
    async return() {
      held = undefined;
      over = {};
      begin().close();
      wake();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
