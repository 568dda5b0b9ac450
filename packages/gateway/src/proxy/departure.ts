/**
 * What the cache is told of a client beside its request: whether it has left before its reply was whole, and what it is
 * answered where the provider fails.
 */
import type { ServerResponse } from 'node:http';
import type { AskOptions, Fallback } from 'askonce';

/** A signal that is made only once somebody asks for it: most hits are answered without. */
export class Departure implements AskOptions {
  readonly #response: ServerResponse;
  #controller: AbortController | undefined;
  readonly fallback: Fallback | undefined;

  constructor(response: ServerResponse, fallback?: Fallback | undefined) {
    this.#response = response;
    this.fallback = fallback;
  }

  /** Aborted when the connection closes before the response has ended. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      const response = this.#response;
      this.#controller = controller;
      const onClose = (): void => {
        if (!response.writableFinished) controller.abort();
      };
      if (response.closed || response.destroyed) onClose();
      else response.once('close', onClose);
    }
    return this.#controller.signal;
  }
}
