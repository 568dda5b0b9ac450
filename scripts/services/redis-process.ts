/** Redis servers as child processes, on free loopback ports and in folders of their own, that end with this process. */
import { setTimeout } from 'node:timers/promises';
import { findProgram, type Program } from './programs.ts';
import { comesUp, freePort, type ServerProcess, serverFolder, startServerProcess } from './server-process.ts';

export interface RedisProcess extends ServerProcess {
  readonly port: number;
  readonly folder: string;
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
const ready = /Ready to accept connections|Sentinel ID is/;

/** Starts a server and waits until it accepts connections. @throws Error that says what to install. */
export async function startRedisProcess(options: RedisProcessOptions = {}): Promise<RedisProcess> {
  let log = '';
  for (let attempt = 0; attempt < attempts; attempt++) {
    const found = findProgram('redis', 'redis-server');
    if (typeof found === 'string') throw new Error(found);
    const server = launch(found, options, options.port ?? (await freePort()));
    if (await comesUp(server, server.port, ready)) return server;
    log = server.log;
    await server.stop();
    if (options.port !== undefined) await setTimeout(20);
  }
  throw new Error(`redis-server did not start; it printed: ${log}`);
}

function launch(program: Program, options: RedisProcessOptions, port: number): RedisProcess {
  const folder = options.folder ?? serverFolder('redis');
  const listens =
    options.tls === true ? ['--port', '0', '--tls-port', String(port)] : ['--port', String(port)];
  const server = startServerProcess(
    program,
    [
      ...(options.configuration === undefined ? [] : [options.configuration]),
      ...listens,
      ...['--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'volatile-lru'],
      ...['--repl-diskless-sync-delay', '0'],
      ...['--dir', folder],
      ...(options.args ?? []),
    ],
    { removes: options.folder === undefined ? folder : undefined },
  );
  return Object.assign(server, { port, folder });
}
