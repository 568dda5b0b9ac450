/**
 * Vitest's set-up: the PostgreSQL server that all test files share. It starts when the first test asks for it, since most
 * runs need none.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { type PostgresProcess, startPostgresProcess } from '../../scripts/services/postgres-process.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresStarter: string;
  }
}

/** Called by Vitest. Provides a URL that answers with the server's port. Returns what ends the server. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let server: Promise<PostgresProcess> | undefined;
  const starter = createServer(async (_request, response) => {
    try {
      server ??= startPostgresProcess({ settings: { max_connections: '200' } });
      response.end(String((await server).port));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  starter.listen(0, '127.0.0.1');
  await once(starter, 'listening');
  const address = starter.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  project.provide('postgresStarter', `http://127.0.0.1:${port}`);
  return async () => {
    starter.close();
    starter.closeAllConnections();
    await server?.then(
      ({ stop }) => stop(),
      () => {},
    );
  };
}
