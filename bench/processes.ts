/** Servers in processes of their own, so that the load does not run on their event loop. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export interface Running {
  readonly url: string;
  /** From the start of the process until it listened. */
  readonly startedInMs: number;
  /** What it has used so far. */
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

const usageSchema = z.object({
  /** All threads, in microseconds. */
  processorTime: z.number(),
  /** The event loop's thread alone, in microseconds; null before Node 23.9. */
  eventLoopTime: z.number().nullable(),
  residentBytes: z.number(),
});

export type Usage = z.output<typeof usageSchema>;

const probe = new URL('./servers/usage-probe.mjs', import.meta.url).href;
const bareEnvironment = {
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  TMPDIR: process.env['TMPDIR'],
};

/** Starts a script of `bench/servers/`, which prints the port that it listens on. */
export async function startServer(name: string, ...args: string[]): Promise<Running> {
  const script = fileURLToPath(new URL(`./servers/${name}.ts`, import.meta.url));
  return started(['--conditions=askonce-source', script, ...args], { cwd: tmpdir() });
}

/** Starts the built gateway, as a user would, on an empty data folder and with no other settings than these; it logs to a file. */
export async function startGateway(
  upstream: string,
  environment: Record<string, string> = {},
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  const launcher = fileURLToPath(new URL('../packages/gateway/bin/askonce.js', import.meta.url));
  const log = openSync(join(folder, 'gateway.log'), 'a');
  const running = await started([launcher, 'serve', '--port', '0'], {
    cwd: folder,
    environment: { ASKONCE_DATA_DIR: folder, OPENAI_BASE_URL: `${upstream}/v1`, ...environment },
    stderr: log,
  });
  closeSync(log);
  return {
    ...running,
    async stop() {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Start {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** File descriptor; default: that of this process. */
  readonly stderr?: number | undefined;
}

async function started(args: readonly string[], { cwd, environment, stderr }: Start): Promise<Running> {
  const start = performance.now();
  const child = spawn(process.execPath, ['--import', probe, ...args], {
    stdio: ['ignore', 'pipe', stderr ?? 'inherit', 'ipc'],
    cwd,
    env: { ...bareEnvironment, ...environment },
  });
  // No server outlives this process, whatever ends it.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const port = await portOf(child);
  return {
    url: `http://127.0.0.1:${port}`,
    startedInMs: performance.now() - start,
    async usage() {
      const answer = once(child, 'message');
      child.send('usage');
      return usageSchema.parse((await answer)[0]);
    },
    stop: () => ended(child),
  };
}

function portOf(child: ChildProcess): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    let printed = '';
    child.once('exit', (code) =>
      reject(new Error(`a server ended with ${code} before it listened: ${printed}`)),
    );
    child.stdout?.on('data', (text: Buffer) => {
      printed += text.toString();
      const found = /127\.0\.0\.1:(\d+)|^(\d+)$/m.exec(printed);
      const number = found?.[1] ?? found?.[2];
      if (number !== undefined) resolve(number);
    });
  });
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

/** The server's usage once it has done what its last requests left to be done. */
export async function usageAtRest(server: Pick<Running, 'usage'>): Promise<Usage> {
  const [looks, apartMs, restMicros] = [50, 100, 3_000];
  let last = await server.usage();
  for (let look = 0; look < looks; look++) {
    await setTimeout(apartMs);
    const now = await server.usage();
    if (now.processorTime - last.processorTime < restMicros) return now;
    last = now;
  }
  return last;
}
