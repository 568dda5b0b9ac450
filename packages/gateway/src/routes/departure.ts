/**
 * Whether a client has left before its reply was whole.
 */
import type { ServerResponse } from 'node:http';

/** A signal that is made only once somebody asks for it: most hits are answered without. */
export class Departure {
  readonly #response: ServerResponse;
  #controller: AbortController | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
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
