/** How a Redis server is started on this machine; what is missing is installed where that is allowed. */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import process from 'node:process';

/** A command that the server's own arguments are added to. */
export interface RedisProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Present where the server runs in a container: signals go there, by its name. */
  readonly container?: string | undefined;
}

const image = 'redis:7.4-alpine';
const nothingFound =
  'These tests need a Redis server: install redis-server 7 or newer (apt-get install redis-server, brew install redis), or Docker.';

/** The program, or the line that says what to install. */
export function findRedis(): RedisProgram | string {
  if (succeeds('redis-server', ['--version'])) return { command: 'redis-server', args: [] };
  if (succeeds('docker', ['image', 'inspect', image])) return inContainer();
  return nothingFound;
}

/** Sees to it that {@link findRedis} finds one, if that can be done here. Returns what to tell the user, or nothing. */
export function installRedis(): string | undefined {
  if (typeof findRedis() !== 'string') return undefined;
  if (isRoot() && succeeds('apt-get', ['--version'])) installByApt();
  else if (succeeds('docker', ['info'])) run('docker', ['pull', '--quiet', image]);
  const found = findRedis();
  return typeof found === 'string' ? found : undefined;
}

/** Debian starts a server of its own on port 6379; it is told not to, and ended if it was started all the same. */
function installByApt(): void {
  process.stderr.write('services: installing redis-server by apt-get …\n');
  const noninteractive = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  run('apt-get', ['update', '--quiet'], noninteractive);
  run('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', 'redis-server'], noninteractive);
  run('service', ['redis-server', 'stop']);
}

function inContainer(): RedisProgram {
  const container = `askonce-redis-${process.pid}-${Math.random().toString(36).slice(2, 10)}`;
  // Folders and certificates lie where temporary files do, under the same names inside and outside.
  const files = [
    '--volume',
    `${tmpdir()}:${tmpdir()}`,
    '--user',
    `${process.getuid?.()}:${process.getgid?.()}`,
  ];
  const args = ['run', '--rm', '--network', 'host', ...files, '--name', container, image, 'redis-server'];
  return { command: 'docker', args, container };
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

/** What fails here shows when the program is looked for again. */
function run(command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...environment };
  const done = spawnSync(command, args, { encoding: 'utf8', env, timeout: 300_000 });
  if (done.status !== 0 && done.stderr) process.stderr.write(done.stderr);
}
