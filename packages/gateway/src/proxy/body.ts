/**
 * Reads a request body as one buffer, within limits of size and time; discards one that is left unread.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AskonceError, type Clock } from 'askonce';

export interface BodyLimits {
  readonly bodyLimit: number;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

/**
 * Calls `done` once, with the body or with the error; never if the client has disconnected.
 * A callback and not a promise, because every hit passes here.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limits: BodyLimits,
  done: (body: Buffer | AskonceError) => void,
): void {
  const length = Number(request.headers['content-length']);
  if (length > limits.bodyLimit) {
    done(tooLarge(limits.bodyLimit));
    return;
  }
  if (request.headers.expect !== undefined) response.writeContinue();

  const chunks: Buffer[] = [];
  let received = 0;
  let finished = false;
  let cancelTimeout = (): void => {};

  function limitTime(): void {
    if (finished || request.complete) return;
    cancelTimeout = limits.clock.schedule(
      () =>
        finish(
          new AskonceError(
            'request_timeout',
            'The request body did not arrive in time (requestTimeoutMs); send it faster, or raise the limit.',
          ),
        ),
      limits.requestTimeoutMs,
    );
  }

  function onData(chunk: Buffer): void {
    received += chunk.length;
    if (received > limits.bodyLimit) finish(tooLarge(limits.bodyLimit));
    else chunks.push(chunk);
  }

  function onEnd(): void {
    const [first] = chunks;
    finish(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, received));
  }

  function onClose(): void {
    stop();
  }

  function stop(): void {
    finished = true;
    cancelTimeout();
  }

  // A request that has ended emits nothing that must not be heard, so its listeners need not be removed.
  function finish(outcome: Buffer | AskonceError): void {
    if (finished) return;
    stop();
    if (!Buffer.isBuffer(outcome))
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose).pause();
    done(outcome);
  }

  // Most bodies arrive together with their headers; they are complete by then and need no timer.
  process.nextTick(limitTime);
  request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
}

/** Whether the content type is JSON in UTF-8. */
export function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  return contentType !== undefined && jsonType.test(contentType);
}

const jsonType = /^application\/json[\t ]*(?:;[\t ]*(?:charset="?utf-?8"?[\t ]*)?)*$/i;

/**
 * Whether a body of any other content type holds JSON all the same, in the charset that the type names or else in UTF-8,
 * with or without a byte order mark.
 */
export function holdsJson(body: Uint8Array, contentType = ''): boolean {
  const [, charset = 'utf-8'] = /;[\t ]*charset="?([^";\t ]+)/i.exec(contentType) ?? [];
  try {
    JSON.parse(new TextDecoder(charset, { fatal: true }).decode(body));
    return true;
  } catch {
    return false;
  }
}

function tooLarge(limit: number): AskonceError {
  return new AskonceError(
    'body_too_large',
    `The request body is larger than ${limit} bytes (bodyLimit); send less, or raise the limit.`,
  );
}

/** Limits for an unread body: the connection is cut beyond either. */
const maxUnreadBytes = 128 * 1024 * 1024;
const maxUnreadMs = 10_000;

/**
 * Reads and discards the rest of a request body after the reply. Closing the connection on a client that is still
 * sending would make it see a reset instead of the reply.
 */
export function discardBody(request: IncomingMessage, clock: Clock): void {
  if (request.complete || request.destroyed) return;
  let left = maxUnreadBytes;
  const cancel = clock.schedule(cutOff, maxUnreadMs);

  function cutOff(): void {
    request.destroy();
  }

  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) cutOff();
  });
  request.on('error', () => {});
  request.on('close', cancel).on('end', cancel);
  request.resume();
}
