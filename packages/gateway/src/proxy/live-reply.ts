/**
 * Writes a body that is still coming to a client's socket, no faster than the client reads.
 */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LiveBody, StreamEnding } from 'askonce';

export interface LiveReply {
  readonly body: LiveBody;
  /** Set where the reply is a stream of events, whose protocol can report an error as its last one. */
  readonly stream?: StreamOfEvents | undefined;
  /** Called once, when nothing more will be written; with the error that cut the body short, if one did. */
  readonly ended: (error?: Error) => void;
}

export interface StreamOfEvents {
  readonly ending: StreamEnding;
  readonly errorEvent: (error: Error) => string;
}

/** The head must have been written. */
export function writeLive(response: ServerResponse, { body, stream, ended }: LiveReply): void {
  let begun = false;
  let open = true;

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
      stream?.ending.push(bytes);
      return response.write(bytes);
    },
    end() {
      close();
      end('');
    },
    fail(error) {
      close(error);
      // A client that reads events understands one more only behind a whole event; any other client must see the
      // connection break, or it would take what it has for the whole answer.
      const last = stream?.ending.last(stream.errorEvent(error));
      if (last === undefined) response.destroy();
      else end(last);
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
