/**
 * A TCP proxy on loopback, between a client and a Redis server, that makes trouble on demand.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TroubleProxy {
  readonly port: number;
  readonly url: string;
  /** Open connections. */
  readonly connections: number;
  /** Delays everything that comes after this by so many milliseconds, in both directions; 0 ends it. */
  delay(ms: number): void;
  /** Passes nothing on until `release`, and loses nothing. */
  hold(): void;
  release(): void;
  /**
   * Passes so many further bytes in a direction, over all connections, and then breaks every connection off.
   */
  cutAfter(bytes: number, direction: 'to server' | 'to client'): void;
  /** Breaks every connection off now. */
  cut(): void;
  /** Answers every command with these bytes rather than ask the server, until `heal`. */
  answerWith(garbage: Uint8Array | string): void;
  /** Breaks off open connections, and accepts no new ones until `heal`. */
  refuse(): void;
  /**
   * Whether messages to connections that have subscribed to a channel are dropped, after the answer to the
   * subscription.
   */
  dropMessages(drops: boolean): void;
  /** How many pieces with messages have been dropped so far. */
  readonly dropped: number;
  /** Ends trouble of every kind. */
  heal(): void;
}

interface Trouble {
  delayMs: number;
  held: boolean;
  garbage: Uint8Array | undefined;
  refusing: boolean;
  dropping: boolean;
  left: { 'to server': number; 'to client': number };
}

type Direction = keyof Trouble['left'];

const noTrouble = (): Trouble => ({
  delayMs: 0,
  held: false,
  garbage: undefined,
  refusing: false,
  dropping: false,
  left: { 'to server': Number.POSITIVE_INFINITY, 'to client': Number.POSITIVE_INFINITY },
});

const subscribes = /\r\n(?:p|s)?subscribe\r\n/i;

/** Ends with the test. */
export async function startTroubleProxy(targetPort: number): Promise<TroubleProxy> {
  let trouble = noTrouble();
  let dropped = 0;
  const pairs = new Set<Pair>();
  /** What waits for `release`, in order. */
  let waiting: (() => void)[] = [];

  interface Pair {
    readonly client: Socket;
    readonly server: Socket;
    subscribed: boolean;
  }

  const listener = createServer({ noDelay: true }, (client) => {
    if (trouble.refusing) {
      client.resetAndDestroy();
      return;
    }
    const pair = {
      client,
      server: connect({ port: targetPort, host: '127.0.0.1', noDelay: true }),
      subscribed: false,
    };
    pairs.add(pair);
    const breakOff = () => {
      pairs.delete(pair);
      pair.client.destroy();
      pair.server.destroy();
    };
    for (const socket of [pair.client, pair.server]) socket.on('error', breakOff).on('close', breakOff);
    client.on('data', (bytes) => {
      if (subscribes.test(bytes.toString('latin1'))) pair.subscribed = true;
      if (trouble.garbage === undefined) pass(pair, 'to server', bytes);
      else client.write(trouble.garbage);
    });
    pair.server.on('data', (bytes) => {
      if (trouble.garbage !== undefined) return;
      // Answers to commands on such a connection are few: a piece that begins with a message is dropped
      // whole.
      if (trouble.dropping && pair.subscribed && isMessage(bytes)) dropped += 1;
      else pass(pair, 'to client', bytes);
    });
  });

  function pass(pair: Pair, direction: Direction, bytes: Buffer): void {
    const forward = () => {
      const left = trouble.left[direction];
      trouble.left[direction] = Math.max(0, left - bytes.length);
      const socket = direction === 'to server' ? pair.server : pair.client;
      if (bytes.length < left) socket.write(bytes);
      else socket.write(bytes.subarray(0, left), cut);
    };
    if (trouble.held) waiting.push(forward);
    else if (trouble.delayMs > 0) setTimeout(forward, trouble.delayMs);
    else forward();
  }

  function cut(): void {
    for (const { client, server } of pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  function release(): void {
    trouble.held = false;
    const forwards = waiting;
    waiting = [];
    for (const forward of forwards) forward();
  }

  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  onTestFinished(async () => {
    listener.close();
    cut();
    await once(listener, 'close');
  });
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get connections() {
      return pairs.size;
    },
    delay(ms) {
      trouble.delayMs = ms;
    },
    hold() {
      trouble.held = true;
    },
    release,
    cutAfter(bytes, direction) {
      trouble.left[direction] = bytes;
    },
    cut,
    answerWith(garbage) {
      trouble.garbage = typeof garbage === 'string' ? Buffer.from(garbage) : garbage;
    },
    refuse() {
      trouble.refusing = true;
      cut();
    },
    dropMessages(drops) {
      trouble.dropping = drops;
    },
    get dropped() {
      return dropped;
    },
    heal() {
      release();
      trouble = noTrouble();
    },
  };
}

/** Whether bytes from a server begin with a published message (RESP2 or RESP3). */
function isMessage(bytes: Buffer): boolean {
  return /^[*>]\d+\r\n\$\d+\r\n(?:p|s)?message\r\n/i.test(bytes.toString('latin1', 0, 64));
}
