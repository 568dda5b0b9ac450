/**
 * Aborts a request when its client disconnects before the reply is complete.
 */
import type { ServerResponse } from 'node:http';
import type { AskOptions, BypassReason, Clock, Fallback } from 'askonce';
import { watchHalfClosed } from './half-closed.ts';

/** The options of `ask` for one client. The signal is created only on first use: most hits are answered without it. */
export class ClientSignal implements AskOptions {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  #controller: AbortController | undefined;
  readonly fallback: Fallback | undefined;
  readonly bypass: BypassReason | undefined;

  constructor(response: ServerResponse, clock: Clock, { fallback, bypass }: Omit<AskOptions, 'signal'> = {}) {
    this.#response = response;
    this.#clock = clock;
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
      else {
        response.once('close', onClose);
        watchHalfClosed(response, this.#clock);
      }
    }
    return this.#controller.signal;
  }
}
