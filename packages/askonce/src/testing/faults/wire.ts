/**
 * What all faults share: the call that they answer, and writes that wait for the wire.
 */
import type { ServerResponse } from 'node:http';
import type { SeenRequest } from '../loopback.ts';

export interface FaultCall {
  readonly request: SeenRequest;
  readonly response: ServerResponse;
  /** The origin that redirects point to. */
  readonly redirectTo: string;
  /** The most that an endless fault writes, in bytes. */
  readonly endlessBytes: number;
  /** Wall time in milliseconds since the epoch. */
  readonly now: number;
}

export type FaultAct = (call: FaultCall) => Promise<void>;

/** Writes a piece. Resolves once the kernel has it and other work has had its turn, or once the peer has left. */
export async function deliver(response: ServerResponse, piece: string | Uint8Array): Promise<void> {
  if (!response.destroyed) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = () => resolve();
    response.once('close', done);
    response.write(piece, done);
    await promise;
    response.off('close', done);
  }
  await nextTurn();
}

/** Sends the head before there is a body. */
export async function deliverHead(response: ServerResponse): Promise<void> {
  response.flushHeaders();
  await nextTurn();
}

/** Resolves when the client leaves or the server is closed. */
export function peerGone(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => response.once('close', () => resolve()));
}

/** Ends the connection in an orderly way (FIN), whatever length the head announced. */
export function hangUp(response: ServerResponse): void {
  response.socket?.end();
}

/** Ends the connection with a reset (RST). */
export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** Writes bytes to the connection in place of an HTTP answer, then ends it. */
export function writeRaw(response: ServerResponse, bytes: string): void {
  response.socket?.end(bytes, 'latin1');
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
