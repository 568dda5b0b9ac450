/**
 * Waiting for one thing after another until it is given up. What gives up leaves nothing behind: a flight may be open for
 * minutes, while callers come and go.
 */

/**
 * For what waits several times: one listener serves all of it, where `unlessAborted` adds one each time, and a race of
 * promises would make twice as many promises.
 */
export class Wait {
  readonly #signal: AbortSignal | undefined;
  #end: (reason: unknown) => void = () => {};

  /** `signal`: once it is aborted nothing is waited for any more. What waits then is ended by {@link giveUp}. */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Resolves or rejects as the first of these does; rejects with the reason if it is given up. */
  until<T>(...awaited: readonly Promise<T>[]): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#signal?.aborted) {
        reject(this.#signal.reason);
        // If they fail, it is too late to matter.
        for (const one of awaited) one.catch(() => {});
        return;
      }
      const stops: (() => void)[] = [];
      const stop = (): void => {
        for (const one of stops) one();
      };
      this.#end = (reason) => {
        stop();
        reject(reason);
      };
      for (const one of awaited)
        stops.push(
          onSettled(one, () => {
            stop();
            one.then(resolve, reject);
          }),
        );
    });
  }

  /** Ends what is waited for now. */
  giveUp(reason: unknown): void {
    this.#end(reason);
  }
}

/** A promise cannot be left: it would hold each listener until it settles. So it has one, which calls those that are left. */
const listenersOf = new WeakMap<Promise<unknown>, Set<() => void>>();

/** Calls the listener once the promise has settled, unless the returned function has been called before. */
function onSettled(promise: Promise<unknown>, listener: () => void): () => void {
  const listeners = listenersOf.get(promise) ?? listened(promise);
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function listened(promise: Promise<unknown>): Set<() => void> {
  const listeners = new Set<() => void>();
  const settled = (): void => {
    listenersOf.delete(promise);
    for (const listener of listeners) listener();
  };
  listenersOf.set(promise, listeners);
  promise.then(settled, settled);
  return listeners;
}
