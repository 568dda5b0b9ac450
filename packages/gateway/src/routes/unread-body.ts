/**
 * Reads and throws away what is left of a request body once the reply is written. Closing the connection on
 * a client that is still sending would make it see a reset in place of the reply.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from 'askonce';

/** What is more, or takes longer, is cut off. */
const maxBytes = 128 * 1024 * 1024;
const maxMs = 10_000;

export function discardBody(request: IncomingMessage, clock: Clock): void {
  if (request.complete || request.destroyed) return;
  let left = maxBytes;
  const cancel = clock.schedule(cutOff, maxMs);

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
