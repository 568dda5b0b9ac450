/** Redis servers as child processes, on free loopback ports and in folders of their own, that end with this process. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { findRedis, type RedisProgram } from './redis-program.ts';

export interface RedisProcess {
  readonly port: number;
  readonly folder: string;
  readonly running: boolean;
  /** What the server has printed. */
  readonly log: string;
  /** Resolves when the process has ended. */
  readonly ended: Promise<unknown>;
  signal(name: NodeJS.Signals): void;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

export interface RedisProcessOptions {
  /** Arguments of this server, after those that every server here gets. */
  readonly args?: readonly string[] | undefined;
  /** A configuration file, passed before the arguments; a Sentinel needs one. */
  readonly configuration?: string | undefined;
  /** The port speaks TLS only; the arguments then name the certificates. */
  readonly tls?: boolean | undefined;
  /** Default: a free port. */
  readonly port?: number | undefined;
  /** Folder of the server's files, which stays when the server stops. Default: a new one, removed with the server. */
  readonly folder?: string | undefined;
}

const attempts = 10;
/** Below the ports that systems use for outgoing connections, so that a restarted server finds its own port free. */
const ports = { from: 20_000, to: 32_000 };

/** Starts a server and waits until it accepts connections. @throws Error that says what to install. */
export async function startRedisProcess(options: RedisProcessOptions = {}): Promise<RedisProcess> {
  let log = '';
  for (let attempt = 0; attempt < attempts; attempt++) {
    const found = findRedis();
    if (typeof found === 'string') throw new Error(found);
    const server = launch(found, options, options.port ?? (await freePort()));
    if (await comesUp(server)) return server;
    log = server.log;
    await server.stop();
    if (options.port !== undefined) await setTimeout(20);
  }
  throw new Error(`redis-server did not start; it printed: ${log}`);
}

function launch(program: RedisProgram, options: RedisProcessOptions, port: number): RedisProcess {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'askonce-redis-'));
  const listens =
    options.tls === true ? ['--port', '0', '--tls-port', String(port)] : ['--port', String(port)];
  const child = spawn(
    program.command,
    [
      ...program.args,
      ...(options.configuration === undefined ? [] : [options.configuration]),
      ...listens,
      ...['--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'volatile-lru'],
      ...['--repl-diskless-sync-delay', '0'],
      ...['--dir', folder],
      ...(options.args ?? []),
    ],
    // A process group of its own, so that Ctrl-C reaches only this process, which then stops the server.
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  let running = true;
  const ended = once(child, 'close').then(() => {
    running = false;
  });
  const target = program.container ?? String(child.pid);
  const guard = watchOver(program, target, options.folder === undefined ? folder : '');
  const server = {
    port,
    folder,
    get log() {
      return Buffer.concat(output).toString();
    },
    get running() {
      return running;
    },
    ended,
    signal(name: NodeJS.Signals) {
      if (program.container === undefined) child.kill(name);
      else spawnSync('docker', ['kill', `--signal=${name}`, program.container], { stdio: 'ignore' });
    },
    async stop() {
      if (running) server.signal('SIGKILL');
      await ended;
      guard.stdin.end();
      await guard.gone;
    },
  };
  return server;
}

/**
 * Starts a shell that ends the server and removes its folder once this process is gone, even if it was killed: the
 * shell's standard input ends then.
 */
function watchOver({ container }: RedisProgram, target: string, folder: string) {
  const end = container === undefined ? 'kill -9 "$1"' : 'docker kill "$1"';
  const script = `read -r _; ${end} 2>/dev/null; test -z "$2" || rm -rf "$2"`;
  const guard = spawn('sh', ['-c', script, 'sh', target, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return { stdin: guard.stdin, gone: once(guard, 'close') };
}

/** True once the server accepts connections; false if it ends first. */
async function comesUp(server: RedisProcess): Promise<boolean> {
  const isReady = /Ready to accept connections|Sentinel ID is/;
  while (server.running && !(isReady.test(server.log) && (await accepts(server.port)))) await setTimeout(5);
  return server.running;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** A free port, chosen at random, so that processes that look at the same time find different ones. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = ports.from + Math.floor(Math.random() * (ports.to - ports.from));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().on('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
