/**
 * PostgreSQL servers as child processes, on free loopback ports and in folders of their own, that end with this process.
 * They write nothing through to the disk: they survive a kill, not a power cut.
 */
import { execFile, spawnSync } from 'node:child_process';
import { chownSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findProgram, type Program } from './programs.ts';
import { comesUp, freePort, type ServerProcess, serverFolder, startServerProcess } from './server-process.ts';

export interface PostgresProcess extends ServerProcess {
  readonly port: number;
  /** Has the folder `data`. */
  readonly folder: string;
  /** It and its backends keep their connections and answer nothing. */
  pause(): void;
  resume(): void;
}

export interface PostgresProcessOptions {
  /** Settings beside those that every server here gets, such as `max_connections`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Asked of every connection. Default: none is. */
  readonly password?: string | undefined;
  /** Key and certificate, in PEM: the server then speaks TLS as well. */
  readonly tls?: { readonly key: string; readonly certificate: string } | undefined;
  /** Default: a free port. */
  readonly port?: number | undefined;
  /** Of a server that ran before and has ended; stays when this one stops. Default: a new one, removed with the server. */
  readonly folder?: string | undefined;
}

/** The superuser of every server here. */
export const postgresUser = 'askonce';

const attempts = 10;
const ready = /database system is ready to accept connections/;
const settingsOfAll = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  shared_buffers: '16MB',
  dynamic_shared_memory_type: 'mmap',
  jit: 'off',
} as const;

/** Starts a server and waits until it accepts connections. @throws Error that says what to install. */
export async function startPostgresProcess(options: PostgresProcessOptions = {}): Promise<PostgresProcess> {
  const program = programOf('postgres');
  const folder = options.folder ?? (await newFolder(options));
  let log = '';
  for (let attempt = 0; attempt < attempts; attempt++) {
    const server = launch(program, folder, options, options.port ?? (await freePort()));
    if (await comesUp(server, server.port, ready)) return server;
    log = server.log;
    await server.stop();
    await setTimeout(20);
  }
  throw new Error(`postgres did not start; it printed: ${log}`);
}

function programOf(name: 'postgres' | 'initdb'): Program {
  const found = findProgram('postgres', name);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

/** A folder with the data of an empty server, and the files that the options ask for. */
async function newFolder({ password, tls }: PostgresProcessOptions): Promise<string> {
  const { command, args, account } = programOf('initdb');
  const folder = serverFolder('postgres', account);
  const write = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    if (account !== undefined) chownSync(path, account.uid, account.gid);
    return path;
  };
  if (tls !== undefined) {
    write('key.pem', tls.key);
    write('certificate.pem', tls.certificate);
  }
  const authentication =
    password === undefined
      ? ['--auth', 'trust']
      : ['--auth', 'scram-sha-256', '--pwfile', write('password', password)];
  const database = ['--username', postgresUser, '--encoding', 'UTF8', '--locale', 'C', '--no-sync'];
  await promisify(execFile)(
    command,
    [...args, '--pgdata', join(folder, 'data'), ...database, ...authentication],
    account,
  );
  return folder;
}

function launch(
  program: Program,
  folder: string,
  options: PostgresProcessOptions,
  port: number,
): PostgresProcess {
  const tls =
    options.tls === undefined
      ? {}
      : {
          ssl: 'on',
          ssl_key_file: join(folder, 'key.pem'),
          ssl_cert_file: join(folder, 'certificate.pem'),
        };
  const settings = Object.entries({ ...settingsOfAll, ...tls, ...options.settings });
  const server = startServerProcess(
    program,
    [
      ...['-D', join(folder, 'data'), '-p', String(port)],
      ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    // An immediate shutdown: the server ends as in a crash, and takes its backends along.
    { removes: options.folder === undefined ? folder : undefined, endsBy: 'SIGQUIT' },
  );
  const freeze = (name: 'SIGSTOP' | 'SIGCONT') => {
    if (program.container === undefined) {
      server.signal(name);
      for (const pid of childrenOf(server.pid)) signalIfThere(pid, name);
    } else
      spawnSync('docker', [name === 'SIGSTOP' ? 'pause' : 'unpause', program.container], { stdio: 'ignore' });
  };
  let paused = false;
  const resume = () => {
    if (paused && server.running) freeze('SIGCONT');
    paused = false;
  };
  const { stop } = server;
  return Object.assign(server, {
    port,
    folder,
    pause() {
      paused = true;
      freeze('SIGSTOP');
    },
    resume,
    async stop() {
      resume();
      await stop();
    },
  });
}

function signalIfThere(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** As the Linux kernel lists them. */
function childrenOf(parent: number | undefined): readonly number[] {
  const children: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [, rest] = readFileSync(`/proc/${name}/stat`, 'utf8').split(/\) (?=\w \d)/);
      if (Number(rest?.split(' ')[1]) === parent) children.push(Number(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  return children;
}
