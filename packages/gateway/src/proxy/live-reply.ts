/**
 * Writes a body that is still arriving to a client's socket, no faster than the client reads.
 */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LiveBody } from 'askonce';
import type { StreamEnding } from 'askonce/gateway-kit';

export interface LiveReply {
  readonly body: LiveBody;
  /** Set if the reply is a stream of events, whose protocol can report an error as its last event. */
  readonly stream?: StreamOfEvents | undefined;
  /** Called once after the last write, with the error that cut the body short, if one did. */
  readonly ended: (error?: Error) => void;
}

interface StreamOfEvents {
  readonly ending: StreamEnding;
  readonly errorEvent: (error: Error) => string;
}

/** Writes the body; the head must have been written. */
export function writeLive(response: ServerResponse, { body, stream, ended }: LiveReply): void {
  let begun = false;
  let open = true;

  function close(error?: Error): void {
    if (!open) return;
    open = false;
    response.off('drain', resume).off('close', left);
    ended(error);
  }

  // Head, body and end of a short answer often arrive in one turn of the event loop; corked, they leave in one write.
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
      // A client understands one more event only after a complete one. Any other client must see the connection
      // break, or it would take the part for the whole answer.
      const last = stream?.ending.last(stream.errorEvent(error));
      if (last === undefined) response.destroy();
      else end(last);
    },
  });

  /** Node 24 sends the end of a chunked body before the pieces that are still corked. */
  function end(last: string): void {
    const { socket } = response;
    // Ending a response uncorks its socket, and flushes what has been written to it.
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
    // The client may need the head long before the first byte of the body arrives.
    if (!begun) response.flushHeaders();
  });
}

/** Sockets with a response that has begun and is not complete: writing anything else there would corrupt it. */
const busy = new WeakSet<Duplex>();

/** Call this once the head is written of a response whose body is still arriving. */
export function markBusy(response: ServerResponse): void {
  const { socket } = response;
  if (socket === null) return;
  busy.add(socket);
  response.once('close', () => busy.delete(socket));
}

export function isBusy(socket: Duplex): boolean {
  return busy.has(socket);
}
