/**
 * A TCP proxy on loopback, between a client and a Redis server, that counts round trips: whatever the client sends before
 * it has received an answer is one of them.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

export interface CountingProxy {
  readonly url: string;
  /** Round trips since the last call, on the connection that was opened first. */
  counted(): number;
  /** Resolves once no answer is on its way on that connection, and no command follows the last of them. */
  idle(): Promise<void>;
}

const checkMs = 5;
const checks = 4;
/** Answers are held for so long: what a client sends in one turn never comes after the answer to a part of it. */
const heldMs = 30;

export async function startCountingProxy(port: number): Promise<CountingProxy> {
  const sockets = new Set<Socket>();
  let first: Socket | undefined;
  let trips = 0;
  let isAwaited = false;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    first ??= client;
    const isFirst = client === first;
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (piece) => {
      if (isFirst && !isAwaited) trips += 1;
      if (isFirst) isAwaited = true;
      upstream.write(piece);
    });
    upstream.on('data', (piece) => {
      setTimeout(() => {
        if (isFirst) isAwaited = false;
        client.write(piece);
      }, heldMs);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `redis://127.0.0.1:${address.port}`,
    async idle() {
      for (let quiet = 0; quiet < checks; quiet = isAwaited ? 0 : quiet + 1) await wait(checkMs);
    },
    counted() {
      const counted = trips;
      trips = 0;
      return counted;
    },
  };
}
