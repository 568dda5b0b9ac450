/** One stream, a thousand followers: what does following cost beside a bare loop of writes, in time and in memory? */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { atMost, type Figure, median } from './measure.ts';
import { type Running, startGateway, startServer } from './processes.ts';
import { chatBody } from './requests.ts';
import { streamBytes } from './stream.ts';

const followers = 1000;
const rounds = 5;

export async function manyFollowers(): Promise<Figure[]> {
  const upstream = await startServer('stream-upstream');
  const gateway = await startGateway(upstream.url);
  const floor = await startServer('broadcast-floor', upstream.url);
  try {
    const ratios: number[] = [];
    const times: { ours: number; floor: number }[] = [];
    const joins: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const bare = await broadcast(floor, upstream, round);
      const ours = await broadcast(gateway, upstream, round);
      ratios.push(ours.seconds / bare.seconds);
      times.push({ ours: ours.seconds, floor: bare.seconds });
      joins.push(ours.lateFirstByteMs);
      memory.push(ours.bytesAFollower);
    }
    const ms = (seconds: number) => `${(seconds * 1000).toFixed(0)} ms`;
    return [
      atMost(1.5, {
        question: `one stream of ${Math.round(streamBytes / 1024)} KB, ${followers} followers`,
        ours: ms(median(times.map((time) => time.ours))),
        beside: `bare loop of writes ${ms(median(times.map((time) => time.floor)))}`,
        ratio: median(ratios),
      }),
      atMost(1, {
        question: 'the same: memory a follower, its socket included',
        ours: `${Math.round(median(memory) / 1024)} KB`,
        beside: '64 KB',
        ratio: median(memory) / 65_536,
      }),
      atMost(1, {
        question: 'the same: first byte of a late joiner (median), beside 5 ms',
        ours: `${median(joins).toFixed(1)} ms`,
        beside: '5 ms',
        ratio: median(joins) / 5,
      }),
    ];
  } finally {
    for (const server of [gateway, floor, upstream]) await server.stop();
  }
}

interface Broadcast {
  readonly seconds: number;
  readonly lateFirstByteMs: number;
  readonly bytesAFollower: number;
}

/** A thousand clients join `server`'s stream; then `releaser` lets it go. Seconds until the last of them has all. */
async function broadcast(server: Running, releaser: Running, round: number): Promise<Broadcast> {
  const before = residentBytes(server.pid);
  const clients: Client[] = [];
  for (let n = 0; n < followers; n++) {
    const client = follow(server, round);
    clients.push(client);
    // The first begins the stream; the others find it under way.
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
  const bytesAFollower = Math.max(0, residentBytes(server.pid) - before) / followers;
  return { seconds, lateFirstByteMs: median(late), bytesAFollower };
}

interface Client {
  readonly begun: Promise<void>;
  readonly done: Promise<void>;
}

/** A client that counts bytes and parses nothing, so that it doesn't become what is measured. */
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

function residentBytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}
