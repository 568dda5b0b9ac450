/**
 * Aborts a request when its client disconnects before the reply is complete.
 */
import type { ServerResponse } from 'node:http';
import type { AskOptions, BypassReason, Fallback } from 'askonce';

/** The options of `ask` for one client. The signal is created only on first use: most hits are answered without it. */
export class ClientSignal implements AskOptions {
  readonly #response: ServerResponse;
  #controller: AbortController | undefined;
  readonly fallback: Fallback | undefined;
  readonly bypass: BypassReason | undefined;

  constructor(response: ServerResponse, fallback?: Fallback | undefined, bypass?: BypassReason | undefined) {
    this.#response = response;
    this.fallback = fallback;
    this.bypass = bypass;
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
