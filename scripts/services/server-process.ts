/** A server as a child process in a folder of its own, which ends with this process. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Account, Program } from './programs.ts';

export interface ServerProcess {
  /** Of the process that was started: the server, or the client of its container. */
  readonly pid: number | undefined;
  readonly running: boolean;
  /** What the server has printed. */
  readonly log: string;
  /** Resolves when the process has ended. */
  readonly ended: Promise<unknown>;
  signal(name: NodeJS.Signals): void;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

export interface ServerProcessOptions {
  /** Folder to remove once the server has ended. */
  readonly removes?: string | undefined;
  /** The signal that ends it at once. Default: SIGKILL. */
  readonly endsBy?: NodeJS.Signals | undefined;
}

/** Below the ports that systems use for outgoing connections, so that a restarted server finds its own port free. */
const ports = { from: 20_000, to: 32_000 };

export function startServerProcess(
  program: Program,
  args: readonly string[],
  { removes = '', endsBy = 'SIGKILL' }: ServerProcessOptions = {},
): ServerProcess {
  const child = spawn(program.command, [...program.args, ...args], {
    // A process group of its own, so that Ctrl-C reaches only this process, which then stops the server.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...program.account,
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  let running = true;
  const ended = once(child, 'close').then(() => {
    running = false;
  });
  const guard = watchOver(program, program.container ?? String(child.pid), removes, endsBy);
  function signal(name: NodeJS.Signals): void {
    if (program.container === undefined) child.kill(name);
    else spawnSync('docker', ['kill', `--signal=${name}`, program.container], { stdio: 'ignore' });
  }
  return {
    pid: child.pid,
    get log() {
      return Buffer.concat(output).toString();
    },
    get running() {
      return running;
    },
    ended,
    signal,
    async stop() {
      if (running) signal(endsBy);
      await ended;
      guard.stdin.end('ended\n');
      await guard.gone;
    },
  };
}

/**
 * Starts a shell that ends the server and removes its folder once this process is gone, even if it was killed: the
 * shell's standard input ends then.
 */
function watchOver({ container }: Program, target: string, folder: string, signal: NodeJS.Signals) {
  const name = signal.replace('SIG', '');
  const end = container === undefined ? `kill -${name} "$1"` : `docker kill --signal=${name} "$1"`;
  // Where the signal lets it end by itself, its folder is removed once it has.
  const wait = 'for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$1" 2>/dev/null && sleep 0.2; done';
  const script = `read -r word; test "$word" = ended || { ${end} && ${wait}; }; test -z "$2" || rm -rf "$2"`;
  const guard = spawn('sh', ['-c', script, 'sh', target, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.stdin.on('error', () => {});
  return { stdin: guard.stdin, gone: once(guard, 'close') };
}

/** A new folder that the account may write in. */
export function serverFolder(name: string, account?: Account): string {
  const folder = mkdtempSync(join(tmpdir(), `askonce-${name}-`));
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  return folder;
}

/** True once the server has printed this and accepts connections; false if it ends first. */
export async function comesUp(server: ServerProcess, port: number, ready: RegExp): Promise<boolean> {
  while (server.running && !(ready.test(server.log) && (await accepts(port)))) await setTimeout(5);
  return server.running;
}

/** Whether a server on loopback accepts connections on this port. */
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
