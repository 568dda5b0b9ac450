/**
 * Writes a body that is still coming to a client's socket, no faster than the client reads.
 */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LiveBody } from 'askonce';

export interface LiveReply {
  readonly body: LiveBody;
  /** The protocol's error event, where the reply is a stream of events; undefined where nothing can tell an error. */
  readonly errorEvent: ((error: Error) => string) | undefined;
  /** Called once, when nothing more will be written; with the error that cut the body short, if one did. */
  readonly ended: (error?: Error) => void;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The head must have been written. */
export function writeLive(response: ServerResponse, { body, errorEvent, ended }: LiveReply): void {
  let begun = false;
  let open = true;
  let tail: readonly number[] = [];

  function close(error?: Error): void {
    if (!open) return;
    open = false;
    response.off('drain', resume).off('close', left);
    ended(error);
  }

  // Head, body and end of a short answer often come in one turn of the event loop, and then leave in one write.
  response.cork();
  const subscription = body.subscribe({
    write(bytes) {
      begun = true;
      if (errorEvent !== undefined) tail = lastBytes(tail, bytes);
      return response.write(bytes);
    },
    end() {
      close();
      end('');
    },
    fail(error) {
      close(error);
      // A client that reads events understands one more only where the last one was whole; any other must
      // see the connection break, or it would take what it has for the whole.
      if (errorEvent !== undefined && endsEvent(tail)) end(errorEvent(error));
      else response.destroy();
    },
  });

  /** Node (24, for one) sends the end of a chunked body before the pieces that are still corked. */
  function end(last: string): void {
    const { socket } = response;
    // Ending a response uncorks its socket, with all that has been written to it.
    if (response.writableCorked > 0) {
      socket?.cork();
      response.uncork();
    }
    response.end(last);
  }

  function resume(): void {
    subscription.resume();
  }

  function left(): void {
    subscription.close();
    close();
  }

  if (!open) return;
  if (response.destroyed) {
    left();
    return;
  }
  response.on('drain', resume).on('close', left);
  setImmediate(() => {
    if (!open) return;
    response.uncork();
    // The client may want to see the head long before the first byte of the body is there.
    if (!begun) response.flushHeaders();
  });
}

function lastBytes(before: readonly number[], bytes: Uint8Array): readonly number[] {
  return bytes.length >= 4 ? [...bytes.subarray(-4)] : [...before, ...bytes].slice(-4);
}

/** Whether a stream that ends so has no unfinished event: nothing at all, or a blank line. */
function endsEvent(tail: readonly number[]): boolean {
  if (tail.length === 0) return true;
  const [third, second, last] = [tail.at(-3), tail.at(-2), tail.at(-1)];
  if (last === carriageReturn) return second === carriageReturn;
  if (last !== lineFeed) return false;
  return (
    second === lineFeed || (second === carriageReturn && (third === lineFeed || third === carriageReturn))
  );
}

/* MERGED busy-socket.ts:
 * The sockets on which a response has begun that is not yet whole: anything else written there would corrupt it.
 */
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
