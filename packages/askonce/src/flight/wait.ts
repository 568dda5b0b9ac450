/**
 * Waiting for one thing after another until it is given up. A caller that gives up leaves nothing behind: a flight may be open
 * for minutes, while callers come and go.
 */

/**
 * Waits for one of several promises at a time, until it is given up. One listener to an abort serves all the waits, where
 * `unlessAborted` would add one for each, and a race of promises would make twice as many promises.
 */
export class Wait {
  readonly #signal: AbortSignal | undefined;
  #giveUp: (reason: unknown) => void = () => {};

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
      this.#giveUp = (reason) => {
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
    this.#giveUp(reason);
  }
}

/**
 * What is called when each promise settles. A promise holds whatever waits for it by `then` until it settles, so that is done
 * once for each, and calls those that still wait.
 */
const listenersOf = new WeakMap<Promise<unknown>, Set<() => void>>();

/** Calls the listener once the promise has settled, unless the returned function has been called before. */
function onSettled(promise: Promise<unknown>, listener: () => void): () => void {
  const listeners = listenersOf.get(promise) ?? newListeners(promise);
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function newListeners(promise: Promise<unknown>): Set<() => void> {
  const listeners = new Set<() => void>();
  const settled = (): void => {
    listenersOf.delete(promise);
    for (const listener of listeners) listener();
  };
  listenersOf.set(promise, listeners);
  promise.then(settled, settled);
  return listeners;
}
