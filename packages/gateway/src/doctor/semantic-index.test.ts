import { expect, it } from 'vitest';
import { startPglite } from '../../../../test/support/pglite.ts';
import { freshDatabase } from '../../../../test/support/postgres-server.ts';
import { startProvider } from '../../../../test/support/remembering-provider.ts';
import { describeWithService } from '../../../../test/support/service-suites.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { diagnose } from './diagnose.ts';

const pglite = await startPglite();

async function checkOf(url: string, environment: Record<string, string> = {}) {
  const provider = await startProvider((_, response) => response.end());
  const folder = temporaryFolder();
  const checks = await diagnose({
    workingDirectory: folder,
    environment: {
      ASKONCE_DATA_DIR: folder,
      OPENAI_BASE_URL: `${provider}/v1`,
      ANTHROPIC_BASE_URL: provider,
      ENABLE_LEDGER: 'off',
      ENABLE_SEMANTIC_CACHE: 'on',
      SEMANTIC_INDEX: 'pgvector',
      DATABASE_URL: url,
      ...environment,
    },
  });
  return checks.find(({ what }) => what === 'semantic index');
}

it('an index that can be made is well, and is not made by the check', async () => {
  const url = pglite.url('looked_at');
  expect(await checkOf(url)).toMatchObject({
    state: 'ok',
    message: expect.stringContaining('the first gateway creates it'),
  });
  await pglite.query('CREATE EXTENSION vector');
  expect(await checkOf(url)).toMatchObject({
    state: 'ok',
    message: expect.stringMatching(/^pgvector 0\.\d+\.\d+, vectors of 0 embedders, \d+ ms$/),
  });
  expect(await pglite.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'looked_at'`)).toEqual([]);
});

it('no index is checked where the tier is off, or the index is in memory', async () => {
  const url = pglite.url('unused');
  expect(await checkOf(url, { ENABLE_SEMANTIC_CACHE: 'off' })).toBe(undefined);
  expect(await checkOf(url, { SEMANTIC_INDEX: 'memory' })).toBe(undefined);
});

it('a database that cannot be reached fails the check without the password', async () => {
  const check = await checkOf('postgresql://me:hunter2@127.0.0.1:1/cache');
  expect(check).toMatchObject({ state: 'fail', message: expect.stringContaining('127.0.0.1:1') });
  expect(JSON.stringify(check)).not.toContain('hunter2');
});

describeWithService('postgres', 'a server without pgvector', () => {
  it('fails the check, which says what to install', async () => {
    const { url } = await freshDatabase();
    expect(await checkOf(url)).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/^The server has no pgvector\. Install it there/),
    });
  });
});
