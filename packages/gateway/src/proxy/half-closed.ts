/**
 * Clients that have ended their side of the connection and still wait for the answer. A closed connection looks the
 * same from here (a FIN), until something is sent: then it is answered with a reset. So a client that might be gone is
 * sent what means nothing to one that is there, and the next write finds the reset.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from 'askonce';

/** Time for an answer before the client is first asked for a sign of life; then it doubles. */
const firstProbeMs = 1000;
const maxProbeMs = 30_000;
/** Time for a reset to come back. */
const returnMs = 250;
/** A client that ends its side does it right behind its request; later, with an answer on its way, it has left. */
const behindRequestMs = 250;
/** How long an answer that has begun may be silent before a client that might be gone counts as gone. */
const maxSilenceMs = 5000;

const nothing = new Uint8Array(0);

/**
 * Closes the response if its client turns out to be gone. Call it when the request is complete; what it holds is
 * released when the response closes.
 */
export function watchHalfClosed(response: ServerResponse, clock: Clock): void {
  const { socket } = response.req;
  const since = clock.monotonic();
  let cancel = (): void => {};
  let interval = firstProbeMs;
  let sentBefore = 0;
  let silentSince = 0;

  function onEnd(): void {
    silentSince = clock.monotonic();
    sentBefore = socket.bytesWritten;
    if (response.headersSent && silentSince - since > behindRequestMs) {
      response.destroy();
      return;
    }
    // The system asks a peer of which no process knows any more, too, but only after about a minute.
    socket.setKeepAlive(true, firstProbeMs);
    cancel = clock.schedule(probe, interval);
  }

  function probe(): void {
    if (response.headersSent) {
      check();
      return;
    }
    // Any client of HTTP/1.1 skips it (RFC 9110, section 15.2); one of HTTP/1.0 need not know it.
    if (response.req.httpVersionMinor > 0) response.writeContinue();
    cancel = clock.schedule(check, returnMs);
  }

  function check(): void {
    // Writes no byte, and fails if a reset has come.
    socket.write(nothing);
    if (response.headersSent && isSilent()) {
      response.destroy();
      return;
    }
    interval = response.headersSent ? firstProbeMs : Math.min(2 * interval, maxProbeMs);
    cancel = clock.schedule(probe, interval);
  }

  function isSilent(): boolean {
    const now = clock.monotonic();
    if (socket.bytesWritten !== sentBefore) {
      sentBefore = socket.bytesWritten;
      silentSince = now;
    }
    return now - silentSince >= maxSilenceMs;
  }

  socket.once('end', onEnd);
  response.once('close', () => {
    cancel();
    socket.off('end', onEnd);
  });
  if (socket.readableEnded) onEnd();
}
