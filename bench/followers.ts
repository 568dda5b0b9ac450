/** One stream, a thousand followers: what does following cost beside a bare loop of writes, in time and in memory? */
import { connect, type Socket } from 'node:net';
import { median } from './measure.ts';
import { type Running, startGateway, startServer } from './processes.ts';
import { chatBody } from './requests.ts';
import type { Measured } from './rows.ts';
import { streamBytes } from './stream.ts';

const followers = 1000;
const rounds = 5;

export async function* measure(): AsyncIterable<Measured> {
  const upstream = await startServer('stream-upstream');
  const gateway = await startGateway(upstream.url);
  const floor = await startServer('broadcast-floor', upstream.url);
  const taken: { ours: Broadcast; bare: Broadcast }[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const bare = await broadcast(floor, upstream, round);
      taken.push({ bare, ours: await broadcast(gateway, upstream, round) });
    }
  } finally {
    for (const server of [gateway, floor, upstream]) await server.stop();
  }
  yield {
    row: 'followers-time',
    ours: median(taken.map(({ ours }) => ours.seconds)) * 1000,
    beside: median(taken.map(({ bare }) => bare.seconds)) * 1000,
    ratio: median(taken.map(({ ours, bare }) => ours.seconds / bare.seconds)),
  };
  yield { row: 'followers-memory', ours: median(taken.map(({ ours }) => ours.bytesAFollower)) / 1024 };
  yield { row: 'followers-late-join', ours: median(taken.map(({ ours }) => ours.lateFirstByteMs)) };
}

interface Broadcast {
  readonly seconds: number;
  readonly lateFirstByteMs: number;
  readonly bytesAFollower: number;
}

/** A thousand clients join the server's stream; then the releaser lets it go. `seconds` end when the last client has all. */
async function broadcast(server: Running, releaser: Running, round: number): Promise<Broadcast> {
  const before = await residentBytes(server);
  const clients: Client[] = [];
  for (let n = 0; n < followers; n++) {
    const client = follow(server, round);
    clients.push(client);
    // The first begins the stream; the others find it in progress.
    if (n === 0) await client.begun;
  }
  await Promise.all(clients.map((client) => client.begun));
  const late: number[] = [];
  for (let n = 0; n < 21; n++) {
    const start = performance.now();
    const client = follow(server, round);
    await client.begun;
    late.push(performance.now() - start);
    clients.push(client);
  }
  const start = performance.now();
  await fetch(`${releaser.url}/release`, { method: 'POST' });
  await Promise.all(clients.map((client) => client.done));
  const seconds = (performance.now() - start) / 1000;
  const bytesAFollower = Math.max(0, (await residentBytes(server)) - before) / followers;
  return { seconds, lateFirstByteMs: median(late), bytesAFollower };
}

interface Client {
  readonly begun: Promise<void>;
  readonly done: Promise<void>;
}

/** A client that counts bytes and parses nothing, so that the clients are not what is measured. */
function follow(server: Running, round: number): Client {
  const body = JSON.stringify({ ...chatBody(round), stream: true });
  const socket: Socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.setNoDelay(true);
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nauthorization: Bearer sk-bench\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  let bytes = 0;
  const begun = new Promise<void>((resolve, reject) => {
    socket.on('data', (piece) => {
      bytes += piece.length;
      if (piece.includes(': begun')) resolve();
    });
    socket.once('error', reject);
  });
  const done = new Promise<void>((resolve, reject) => {
    socket.once('close', () =>
      bytes > streamBytes ? resolve() : reject(new Error(`a follower got ${bytes} of ${streamBytes} bytes`)),
    );
  });
  return { begun, done };
}

async function residentBytes(server: Running): Promise<number> {
  return (await server.usage()).residentBytes;
}
