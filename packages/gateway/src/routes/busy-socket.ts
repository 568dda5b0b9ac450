/**
 * The sockets on which a response has begun that is not yet whole: anything else written there would corrupt it.
 */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const busy = new WeakSet<Duplex>();

/** To be called once the head of a response is written whose body is still coming. */
export function markBusy(response: ServerResponse): void {
  const { socket } = response;
  if (socket === null) return;
  busy.add(socket);
  response.once('close', () => busy.delete(socket));
}

export function isBusy(socket: Duplex): boolean {
  return busy.has(socket);
}
