/** Finds the program that starts a Redis server on this machine, and installs it where that is allowed. */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import process from 'node:process';

/** A command, to which the server's arguments are appended. */
export interface RedisProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** The container's name, if the server runs in one: signals must go to it. */
  readonly container?: string | undefined;
}

const image = 'redis:7.4-alpine';
const nothingFound =
  'A Redis server is needed: install redis-server 7 or newer (apt-get install redis-server, brew install redis), or Docker.';

/** The program, or a line that says what to install. */
export function findRedis(): RedisProgram | string {
  if (succeeds('redis-server', ['--version'])) return { command: 'redis-server', args: [] };
  if (succeeds('docker', ['image', 'inspect', image])) return inContainer();
  return nothingFound;
}

/** Installs what {@link findRedis} looks for, where this machine allows it. Returns the line for the user if it could not. */
export function installRedis(): string | undefined {
  for (const install of [installByApt, pullImage]) {
    if (typeof findRedis() !== 'string') return undefined;
    install();
  }
  const found = findRedis();
  return typeof found === 'string' ? found : undefined;
}

/** On Debian, the package's own server on port 6379 is kept from starting, and stopped if it started all the same. */
function installByApt(): void {
  if (!isRoot() || !succeeds('apt-get', ['--version'])) return;
  process.stderr.write('services: installing redis-server by apt-get …\n');
  const noninteractive = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  run('apt-get', ['update', '--quiet'], noninteractive);
  run('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', 'redis-server'], noninteractive);
  run('service', ['redis-server', 'stop']);
}

function pullImage(): void {
  if (!succeeds('docker', ['info'])) return;
  process.stderr.write(`services: pulling the image ${image} …\n`);
  run('docker', ['pull', '--quiet', image]);
}

function inContainer(): RedisProgram {
  const container = `askonce-redis-${process.pid}-${Math.random().toString(36).slice(2, 10)}`;
  // Temporary folders and certificates have the same paths inside and outside.
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

/** A failure shows when the caller looks for the program again. */
function run(command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...environment };
  const done = spawnSync(command, args, { encoding: 'utf8', env, timeout: 300_000 });
  if (done.status !== 0 && done.stderr) process.stderr.write(done.stderr);
}
