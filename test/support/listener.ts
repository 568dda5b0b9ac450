/**
 * A client with a connection of its own that reads a body byte by byte and may hang up at any moment.
 */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

export interface Listener {
  /** Resolves with the head; rejects if the connection ends before it. */
  readonly head: Promise<IncomingMessage>;
  /** What has arrived so far. */
  readonly heard: Buffer;
  /** Resolves once that many bytes have arrived; rejects if the body ends before. */
  receives(bytes: number): Promise<void>;
  /** The whole body; rejects if it breaks off. */
  readonly whole: Promise<Buffer>;
  /** Breaks the connection off. */
  hangUp(): void;
}

export function listen(url: string, body: string, headers: Readonly<Record<string, string>> = {}): Listener {
  const sent = request(url, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test', ...headers },
  });
  sent.end(body);
  const pieces: Buffer[] = [];
  let size = 0;
  let over = false;
  let wake = () => {};
  const head = once(sent, 'response').then(([response]: IncomingMessage[]) => {
    if (response === undefined) throw new Error('there was no response');
    return response;
  });
  const whole = head.then(async (response) => {
    try {
      for await (const piece of response) {
        pieces.push(piece);
        size += piece.length;
        wake();
      }
    } finally {
      over = true;
      wake();
    }
    return Buffer.concat(pieces);
  });
  // After hanging up, a client does not ask how the body ended.
  whole.catch(() => {});
  sent.on('error', () => {});
  return {
    head,
    whole,
    get heard() {
      return Buffer.concat(pieces);
    },
    async receives(bytes) {
      while (size < bytes) {
        if (over) throw new Error(`only ${size} of ${bytes} bytes came`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    hangUp() {
      sent.destroy();
    },
  };
}
