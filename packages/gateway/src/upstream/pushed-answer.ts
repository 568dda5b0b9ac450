/**
 * A provider's answer as undici pushes it: no stream and no promise a piece between the socket and the cache.
 */
import type { LiveBody } from 'askonce';
import { pushedBody } from 'askonce/gateway-kit';
import type { Dispatcher } from 'undici';

export interface PushedAnswer {
  readonly status: number;
  /** As received, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As received; fails if the provider broke off. Read once. */
  readonly body: LiveBody;
}

/** Sends a request. Rejects with undici's error, or the signal's reason once it aborts; `asFailure` is the error of a body that broke off. */
export function sendPushed(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal | undefined,
  asFailure: (error: Error) => Error,
): Promise<PushedAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    const abort = () => controller?.abort(reasonOf(signal));
    const body = pushedBody({
      pause: () => controller?.pause(),
      resume: () => controller?.resume(),
      left: () => controller?.abort(new Error('the answer is not read any more')),
    });
    const over = () => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort, { once: true });
    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        if (signal?.aborted) abort();
      },
      onResponseStart(_, status, headers) {
        // Informational responses (RFC 9110, section 15.2) come before the answer.
        if (status >= 200) resolve({ status, headers, body: body.live });
      },
      onResponseData: (_, piece) => body.write(piece),
      onResponseEnd() {
        over();
        body.end();
      },
      onResponseError(_, error) {
        over();
        reject(error);
        body.fail(signal?.aborted ? error : asFailure(error));
      },
    });
  });
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('the call was aborted', { cause: reason });
}
