/** The servers that tests and bench start, and where their programs are on this machine. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/** A command, to which the program's arguments are appended. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** The container's name, if the program runs in one: signals must go to it. */
  readonly container?: string | undefined;
  /** The user that it must run as, where this process is root and the program refuses to be. */
  readonly account?: Account | undefined;
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Service {
  /** Found in one folder together, or not at all. */
  readonly programs: readonly string[];
  /** Folders to look in after those of the PATH. */
  readonly folders: () => readonly string[];
  readonly debianPackage: string;
  /** Of Docker; absent where there is none to rely on. */
  readonly image?: string | undefined;
  readonly refusesRoot: boolean;
  /** The line for a user whose machine lacks it. */
  readonly needed: string;
}

export const services = {
  redis: {
    programs: ['redis-server'],
    folders: () => [],
    debianPackage: 'redis-server',
    image: 'redis:7.4-alpine',
    refusesRoot: false,
    needed:
      'A Redis server is needed: install redis-server 7 or newer (apt-get install redis-server, brew install redis), or Docker.',
  },
  postgres: {
    programs: ['postgres', 'initdb'],
    // Debian puts them beside the PATH, a folder for each version.
    folders: () => versionsIn('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`),
    debianPackage: 'postgresql',
    image: 'postgres:17-alpine',
    refusesRoot: true,
    needed:
      'A PostgreSQL server is needed: install PostgreSQL 13 or newer (apt-get install postgresql, brew install postgresql), or Docker.',
  },
  pgbouncer: {
    programs: ['pgbouncer'],
    folders: () => ['/usr/sbin'],
    debianPackage: 'pgbouncer',
    refusesRoot: true,
    needed: 'PgBouncer is needed: install it (apt-get install pgbouncer, brew install pgbouncer).',
  },
  prometheus: {
    programs: ['prometheus', 'promtool'],
    folders: () => [],
    debianPackage: 'prometheus',
    image: 'prom/prometheus:v2.55.1',
    refusesRoot: false,
    needed:
      'Prometheus and promtool are needed: install them (apt-get install prometheus, brew install prometheus), or Docker.',
  },
} as const satisfies Readonly<Record<string, Service>>;

export type ServiceName = keyof typeof services;

/** One of the service's programs, or a line that says what to install. */
export function findProgram<Name extends ServiceName>(
  name: Name,
  program: (typeof services)[Name]['programs'][number],
): Program | string {
  const service: Service = services[name];
  const account = service.refusesRoot && isRoot() ? unprivileged() : undefined;
  if (service.refusesRoot && isRoot() && account === undefined)
    return `${program} must not run as root, and this machine has no user for it: run as another user, or add the user postgres.`;
  const folder = folderOf(service);
  if (folder !== undefined) return { command: join(folder, program), args: [], account };
  const { image } = service;
  if (image !== undefined && hasImage(image)) return inContainer(image, program, account);
  return service.needed;
}

/** The line that says what to install, if the service cannot be started on this machine. */
export function missingService(name: ServiceName): string | undefined {
  const found = findProgram(name, services[name].programs[0]);
  return typeof found === 'string' ? found : undefined;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

export function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

function folderOf({ programs, folders }: Service): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...path, ...folders()].find((folder) =>
    programs.every((program) => isExecutable(join(folder, program))),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The newest first. */
function versionsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort((one, other) => Number(other) - Number(one));
  } catch {
    return [];
  }
}

/** The user that Debian's package makes, else the one that owns nothing. */
function unprivileged(): Account | undefined {
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const found =
    users.find((line) => line.startsWith('postgres:')) ?? users.find((line) => line.includes(':65534:'));
  const [, , uid, gid] = found?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function hasImage(image: string): boolean {
  return succeeds('docker', ['image', 'inspect', image]);
}

function inContainer(image: string, program: string, account: Account | undefined): Program {
  const container = `askonce-${program}-${process.pid}-${Math.random().toString(36).slice(2, 10)}`;
  const uid = account?.uid ?? process.getuid?.();
  const gid = account?.gid ?? process.getgid?.();
  const args = [
    ...['run', '--rm', '--interactive', '--network', 'host', '--name', container],
    // Temporary folders and certificates have the same paths inside and outside, and users the same names.
    ...['--volume', `${tmpdir()}:${tmpdir()}`, '--volume', '/etc/passwd:/etc/passwd:ro'],
    ...['--user', `${uid}:${gid}`, '--entrypoint', program, image],
  ];
  return { command: 'docker', args, container };
}
