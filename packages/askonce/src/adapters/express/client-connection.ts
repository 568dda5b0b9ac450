/**
 * The connection as a handler sees it whose answer is shared: open for as long as anything waits for the answer, whether
 * the handler's own client has left or not.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** Events by which a handler learns that its client has left. */
const endings: ReadonlySet<unknown> = new Set(['close', 'end', 'error']);

const listening: ReadonlySet<string | symbol> = new Set([
  'on',
  'once',
  'addListener',
  'prependListener',
  'prependOnceListener',
  'off',
  'removeListener',
]);

export interface ClientConnection {
  /** The client's socket, but for what concerns its end. */
  readonly socket: Socket;
  /** Reports that the connection has ended, once the handler's answer has. */
  close(): void;
}

/** `answer`: what the handler writes. A handler that destroys its connection breaks its answer off. */
export function clientConnection(real: Socket, answer: Writable): ClientConnection {
  const ends = new EventEmitter();

  const socket = new Proxy(real, {
    get(target, name) {
      if (name === 'writable' || name === 'readable') return !answer.destroyed;
      if (name === 'destroy' || name === 'destroySoon') return (error?: Error) => void answer.destroy(error);
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        const on: object = listening.has(name) && endings.has(given[0]) ? ends : target;
        const result: unknown = Reflect.apply(on === ends ? Reflect.get(ends, name) : value, on, given);
        return result === on ? socket : result;
      };
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });

  return {
    socket,
    close() {
      ends.emit('close', false);
      ends.removeAllListeners();
    },
  };
}
