/** PgBouncer as a child process on a free loopback port, before a PostgreSQL server, that ends with this process. */
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { postgresUser } from './postgres-process.ts';
import { findProgram } from './programs.ts';
import { comesUp, freePort, type ServerProcess, serverFolder, startServerProcess } from './server-process.ts';

export interface PgbouncerProcess extends ServerProcess {
  readonly port: number;
}

export interface PgbouncerProcessOptions {
  /** Port of the server on loopback. */
  readonly serverPort: number;
  /** Connections to the server, for each database. */
  readonly poolSize: number;
}

const attempts = 10;
const ready = /process up/;

/** Starts it in transaction mode and waits until it accepts connections. @throws Error that says what to install. */
export async function startPgbouncerProcess(options: PgbouncerProcessOptions): Promise<PgbouncerProcess> {
  const program = findProgram('pgbouncer', 'pgbouncer');
  if (typeof program === 'string') throw new Error(program);
  const folder = serverFolder('pgbouncer', program.account);
  const file = join(folder, 'pgbouncer.ini');
  let log = '';
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = await freePort();
    writeFileSync(file, configurationOf(options, port));
    if (program.account !== undefined) chownSync(file, program.account.uid, program.account.gid);
    const server = startServerProcess(program, [file], { removes: folder });
    if (await comesUp(server, port, ready)) return Object.assign(server, { port });
    log = server.log;
    if (attempt + 1 < attempts) await setTimeout(20);
  }
  throw new Error(`pgbouncer did not start; it printed: ${log}`);
}

function configurationOf({ serverPort, poolSize }: PgbouncerProcessOptions, port: number): string {
  return `[databases]
* = host=127.0.0.1 port=${serverPort} user=${postgresUser}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
`;
}
