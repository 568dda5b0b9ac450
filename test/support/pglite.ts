/**
 * PostgreSQL with a real pgvector, in this process: PGlite on a loopback port, so that the driver itself talks to it. It runs
 * one statement at a time, and a transaction of one connection makes the others wait.
 */
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import pg from 'pg';
import { afterAll } from 'vitest';

export interface PgliteDatabase {
  /** With a schema of its own, which is not there yet. */
  url(schema: string): string;
  query(statement: string): Promise<readonly Record<string, unknown>[]>;
  /** Ends all connections, and takes none until it is started again. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** One database for a test file. It ends with the file. */
export async function startPglite(): Promise<PgliteDatabase> {
  const db = await PGlite.create({ extensions: { vector } });
  let server = serverOf(db, 0);
  await server.start();
  const port = Number(server.getServerConn().split(':')[1]);
  afterAll(async () => {
    await server.stop();
    await db.close();
  });
  return {
    url: (schema) => `postgresql://postgres@127.0.0.1:${port}/postgres?schema=${schema}`,
    async query(statement) {
      // Over a connection: what PGlite is asked directly would be part of whatever transaction is under way.
      const client = new pg.Client({ connectionString: `postgresql://postgres@127.0.0.1:${port}/postgres` });
      await client.connect();
      try {
        return (await client.query(statement)).rows;
      } finally {
        await client.end();
      }
    },
    stop: () => server.stop(),
    async start() {
      server = serverOf(db, port);
      await server.start();
    },
  };
}

function serverOf(db: PGlite, port: number): PGLiteSocketServer {
  return new PGLiteSocketServer({ db, port, host: '127.0.0.1', maxConnections: 32 });
}
