/**
 * Signals that come before the gateway listens.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** A process name space makes its first process what a container's is. */
const unshare = ['unshare', '-Urpf', '--mount-proc', '--kill-child'];
const mayUnshare = spawnSync('unshare', [...unshare.slice(1), 'true']).status === 0;

/** A Redis that never answers, so that a start waits for it; `asked` resolves with the first connection. */
async function silentRedis() {
  const sockets = new Set<Socket>();
  const asked = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    asked.resolve();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `redis://127.0.0.1:${port}`, asked: asked.promise };
}

/** Starts a gateway that waits for its Redis. */
async function starting(before: readonly string[] = []) {
  const redis = await silentRedis();
  const [command = '', ...words] = [
    ...before,
    ...[process.execPath, '--conditions=askonce-source', '--disable-warning=ExperimentalWarning'],
    ...[main, 'serve', '--port', '0'],
  ];
  const child = spawn(command, words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      ASKONCE_DATA_DIR: temporaryFolder(),
      ASKONCE_SECRET: 'a-secret-of-sixteen',
      REDIS_URL: redis.url,
    },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const out = text(child.stdout);
  const end = once(child, 'exit');
  await redis.asked;
  return { child, out, end };
}

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s before the gateway listens ends it by that signal',
  async (signal) => {
    const { child, out, end } = await starting();
    child.kill(signal);
    expect(await end).toEqual([null, signal]);
    expect(await out).toBe('');
  },
);

it.runIf(mayUnshare).each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)(
  '%s before the gateway listens ends it with code %i where it is the first process of a container',
  async (signal, code) => {
    const { child, out, end } = await starting(unshare);
    const first = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    // A signal to 0 would go to the test runner.
    expect(Number(first)).toBeGreaterThan(1);
    process.kill(Number(first), signal);
    expect(await out).toBe('');
    expect(await end).toEqual([code, null]);
  },
  30_000,
);
