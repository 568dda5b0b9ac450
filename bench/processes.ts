/** Servers in processes of their own, so that the load does not run on their event loop. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Running {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a script of `bench/servers/`, which prints the port that it listens on. */
export async function startServer(name: string, ...args: string[]): Promise<Running> {
  const script = fileURLToPath(new URL(`./servers/${name}.ts`, import.meta.url));
  return started(
    spawn(process.execPath, ['--conditions=askonce-source', script, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
}

/** Starts the built gateway, as a user would, on an empty data folder. */
export async function startGateway(
  upstream: string,
  environment: Record<string, string> = {},
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'askonce-bench-'));
  const launcher = fileURLToPath(new URL('../packages/gateway/bin/askonce.js', import.meta.url));
  const child = spawn(process.execPath, [launcher, 'serve', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ASKONCE_DATA_DIR: folder,
      OPENAI_BASE_URL: `${upstream}/v1`,
      LOG_LEVEL: 'warn',
      ...environment,
    },
  });
  const running = await started(child);
  return {
    ...running,
    async stop() {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function started(child: ChildProcess): Promise<Running> {
  const port = await new Promise<string>((resolve, reject) => {
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
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
