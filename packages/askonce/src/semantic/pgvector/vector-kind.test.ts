import { expect, it } from 'vitest';
import { AskonceError } from '../../errors.ts';
import type { Connections, Row } from '../../postgres/connections.ts';
import { findPgvector } from './vector-kind.ts';

/** A server that answers statements with these words in them. */
function server(answers: Readonly<Record<string, readonly Row[] | Error>>) {
  const asked: string[] = [];
  const connections: Connections = {
    transaction: (_timeoutMs, work) =>
      work(async (statement) => {
        asked.push(statement);
        const [, answer = []] = Object.entries(answers).find(([words]) => statement.includes(words)) ?? [];
        if (answer instanceof Error) throw answer;
        return answer;
      }),
    alone: async () => {},
    close: async () => {},
  };
  return { asked, found: () => findPgvector(connections, 'public', 1_000) };
}

it('an extension that is there is used where it is, and nothing is created', async () => {
  const { asked, found } = server({ pg_extension: [['0.8.0', 'ext"ras']] });
  const kind = await found();
  expect(kind.type(3)).toBe('"ext""ras".halfvec(3)');
  expect(kind.distance('a', 'b')).toBe('(a OPERATOR("ext""ras".<=>) b)');
  expect(kind.index('a', 4_000)).toBe('USING hnsw (a "ext""ras".halfvec_cosine_ops)');
  expect(kind.index('a', 4_001)).toBe(undefined);
  expect(asked.filter((statement) => statement.includes('CREATE'))).toEqual([]);
});

it.each(['0.7.4', '0.5.1'])('pgvector %s is too old, and the error says what to do', async (version) => {
  await expect(server({ pg_extension: [[version, 'public']] }).found()).rejects.toThrow(
    /needs 0\.8 or newer\. .*ALTER EXTENSION vector UPDATE/,
  );
});

it.each(['0.10.0', '1.0.0'])('pgvector %s is new enough', async (version) => {
  await expect(server({ pg_extension: [[version, 'public']] }).found()).resolves.toBeDefined();
});

it('a server without the extension is named with the package to install', async () => {
  await expect(server({ server_version_num: [[16]] }).found()).rejects.toMatchObject({
    code: 'store_failed',
    message: expect.stringContaining('postgresql-16-pgvector'),
  });
});

it('a role that may not create it is answered with what another role has to run', async () => {
  const denied = new AskonceError(
    'store_failed',
    'PostgreSQL at db failed: permission denied to create extension "vector" (42501). Grant the role what it lacks.',
  );
  const { found } = server({ pg_available_extensions: [[1]], 'CREATE EXTENSION': denied });
  await expect(found()).rejects.toMatchObject({
    message: expect.stringMatching(/may not create the extension vector .* run CREATE EXTENSION vector/),
    cause: denied,
  });
});

it('any other failure to create it stays what it is', async () => {
  const full = new AskonceError('store_failed', 'PostgreSQL at db failed: no space (53100).');
  const { found } = server({ pg_available_extensions: [[1]], 'CREATE EXTENSION': full });
  await expect(found()).rejects.toBe(full);
});
