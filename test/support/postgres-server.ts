/**
 * Real PostgreSQL servers for tests: databases of a test's own on the shared one, and servers that a test may harm.
 */
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import { startPgbouncerProcess } from '../../scripts/services/pgbouncer-process.ts';
import {
  type PostgresProcess,
  type PostgresProcessOptions,
  postgresUser,
  startPostgresProcess,
} from '../../scripts/services/postgres-process.ts';

export interface PostgresDatabase {
  readonly url: string;
  readonly port: number;
  /** Runs one statement over a connection of its own, as the superuser. */
  query(statement: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

export interface PostgresServer extends PostgresDatabase {
  /** It keeps its connections and answers nothing. */
  pause(): void;
  resume(): void;
  /** Ends it as a crash does, with all its connections. */
  kill(): Promise<void>;
  /** Ends it as a crash does if it runs, and starts it again on the same port with what was committed. */
  restart(): Promise<void>;
}

/** An empty database on the server that all test files share, dropped when the test is over. */
export async function freshDatabase(): Promise<PostgresDatabase> {
  const response = await fetch(inject('postgresStarter'));
  const answer = await response.text();
  if (!response.ok) throw new Error(answer);
  const port = Number(answer);
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`;
  const shared = databaseAt(port, 'postgres');
  await shared.query(`CREATE DATABASE ${name}`);
  onTestFinished(async () => {
    await shared.query(`DROP DATABASE ${name} WITH (FORCE)`);
  });
  return databaseAt(port, name);
}

/** A server of this test's own, which ends with the test. */
export async function startPostgres(
  options: Omit<PostgresProcessOptions, 'port' | 'folder'> = {},
): Promise<PostgresServer> {
  const first = await startPostgresProcess(options);
  let server: PostgresProcess = first;
  const { port, folder } = first;
  async function kill(): Promise<void> {
    server.resume();
    server.signal('SIGQUIT');
    await server.ended;
  }
  onTestFinished(async () => {
    if (server !== first) await server.stop();
    // Its guard removes the folder of both.
    await first.stop();
  });
  return {
    ...databaseAt(port, 'postgres', options.password),
    pause: () => server.pause(),
    resume: () => server.resume(),
    kill,
    async restart() {
      await kill();
      if (server !== first) await server.stop();
      server = await startPostgresProcess({ ...options, port, folder });
    },
  };
}

/** The same database through a PgBouncer in transaction mode, which ends with the test. */
export async function throughPgbouncer(
  { url, port }: PostgresDatabase,
  poolSize: number,
): Promise<PostgresDatabase> {
  const pooler = await startPgbouncerProcess({ serverPort: port, poolSize });
  onTestFinished(() => pooler.stop());
  return databaseOf(url.replace(`:${port}`, `:${pooler.port}`), pooler.port);
}

function databaseAt(port: number, name: string, password?: string): PostgresDatabase {
  const credentials =
    password === undefined ? postgresUser : `${postgresUser}:${encodeURIComponent(password)}`;
  return databaseOf(`postgresql://${credentials}@127.0.0.1:${port}/${name}`, port);
}

function databaseOf(url: string, port: number): PostgresDatabase {
  return {
    url,
    port,
    async query(statement, values = []) {
      const client = new pg.Client({ connectionString: url });
      // What breaks rejects the statement.
      client.on('error', () => {});
      await client.connect();
      try {
        return (await client.query(statement, [...values])).rows;
      } finally {
        await client.end();
      }
    },
  };
}
