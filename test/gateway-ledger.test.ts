/**
 * A gateway counts what it is asked and writes it to its ledger, and no trouble with the ledger costs an answer.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sqliteLedger } from '../packages/askonce/src/ledger/kit.ts';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { gatewayForTest, json } from './support/gateway.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const adminKey = 'the-key-of-all-admin-calls';

async function started(settings: GatewaySettingsInput = {}) {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  const gateway = await gatewayForTest(provider.url, { adminKey, ...settings });
  async function ask(question: string, headers: Record<string, string> = {}) {
    const body = chatRequest(question);
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...json, ...headers },
      body,
    });
    await response.text();
    return response.status;
  }
  async function admin(method: string, path: string) {
    const headers = { authorization: `Bearer ${adminKey}` };
    const response = await fetch(gateway.url + path, { method, headers });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }
  return { gateway, ask, admin };
}

/** What a ledger's file holds, once the gateway has closed it. */
async function storedIn(folder: string) {
  const store = sqliteLedger({ path: join(folder, 'ledger.db') });
  try {
    const [sum] = await store.counters({ from: 0, to: Number.MAX_SAFE_INTEGER, where: {}, by: 'protocol' });
    const patterns = await store.patterns({ where: {}, limit: 10 });
    return { counts: sum?.counts, patterns, rows: (await store.size()).rows };
  } finally {
    await store.close();
  }
}

it('a gateway writes what it was asked to the ledger in its data folder, and its health says so', async () => {
  const dataDir = temporaryFolder();
  const { gateway, ask, admin } = await started({ dataDir });
  expect((await admin('GET', '/cache/health')).body.components.ledger).toEqual({
    status: 'ok',
    store: 'sqlite',
    pendingBatch: false,
    lostRows: 0,
  });
  expect(existsSync(join(dataDir, 'ledger.db'))).toBe(false);
  for (const question of ['What is a lease?', 'What is a lease?', 'What is a flight?'])
    expect(await ask(question)).toBe(200);
  await gateway.close();
  const { counts, patterns } = await storedIn(dataDir);
  expect(counts).toMatchObject({ requests: 3, hits: 1, misses: 2, calls: 2, stores: 2 });
  expect(patterns).toMatchObject([{ hits: 1, text: 'What is a lease?' }]);
});

it.each([{ keepText: false }, { encryptionKeys: [`first:${'a'.repeat(64)}`] }])(
  'no text of a question is in the ledger with %o',
  async (settings) => {
    const dataDir = temporaryFolder();
    const { gateway, ask } = await started({ dataDir, ...settings });
    for (let times = 0; times < 2; times++) await ask('What is a lease?');
    await gateway.close();
    const { patterns } = await storedIn(dataDir);
    expect(patterns.map(({ hits, text }) => ({ hits, text }))).toEqual([{ hits: 1, text: undefined }]);
  },
);

it.each([{ keepText: false }, { encryptionKeys: [`first:${'a'.repeat(64)}`] }])(
  'texts that are stored from before are in no answer with %o',
  async (settings) => {
    const dataDir = temporaryFolder();
    const first = await started({ dataDir });
    for (let times = 0; times < 2; times++) await first.ask('What is a lease?');
    const texts = async ({ admin }: Pick<typeof first, 'admin'>) =>
      (await admin('GET', '/cache/top-queries')).body.queries.map(
        ({ hits, text }: { readonly hits: number; readonly text?: string }) => ({ hits, text }),
      );
    expect(await texts(first)).toEqual([{ hits: 1, text: 'What is a lease?' }]);
    await first.gateway.close();
    expect(await texts(await started({ dataDir, ...settings }))).toEqual([{ hits: 1, text: undefined }]);
  },
);

it('a ledger that is turned off writes no file, and an erasure still reaches what was written before', async () => {
  const dataDir = temporaryFolder();
  const user = { 'askonce-user': 'ada' };
  const first = await started({ dataDir });
  await first.ask('What is a lease?', user);
  await first.gateway.close();
  expect((await storedIn(dataDir)).rows).toBeGreaterThan(0);

  const empty = temporaryFolder();
  const elsewhere = await started({ dataDir: empty, ledger: false });
  await elsewhere.ask('What is a lease?', user);
  expect((await elsewhere.admin('GET', '/cache/health')).body.components).not.toHaveProperty('ledger');
  expect((await elsewhere.admin('DELETE', '/cache/users/ada')).body.ledgerRows).toBe(0);
  expect(existsSync(join(empty, 'ledger.db'))).toBe(false);

  const second = await started({ dataDir, ledger: false });
  await second.ask('What is a lease?', user);
  expect((await second.admin('DELETE', '/cache/users/ada')).body.ledgerRows).toBeGreaterThan(0);
  await second.gateway.close();
  const { counts, rows } = await storedIn(dataDir);
  expect([counts?.requests, rows]).toEqual([1, 0]);
});

it('a gateway starts and answers while its PostgreSQL cannot be reached, and its health says what is wrong', async () => {
  const databaseUrl = 'postgresql://me:hunter2@127.0.0.1:1/askonce';
  const { ask, admin } = await started({ databaseUrl });
  expect(await ask('What is a lease?')).toBe(200);
  // An erasure waits for the flush that fails: afterwards the trouble is known.
  expect((await admin('DELETE', '/cache/users/ada')).status).toBe(503);
  const { body } = await admin('GET', '/cache/health');
  expect(body).toMatchObject({
    status: 'degraded',
    components: { ledger: { status: 'degraded', store: 'postgresql', pendingBatch: true } },
  });
  expect(body.components.ledger.reason).toMatch(/127\.0\.0\.1:1/);
  expect(JSON.stringify(body)).not.toContain('hunter2');
  expect(await ask('What is a lease?')).toBe(200);
});

it('a file of prices that is wrong ends the start with one line that names the setting and the place', async () => {
  const pricesFile = join(temporaryFolder(), 'prices.yaml');
  const refused = (settings: GatewaySettingsInput) => expect(started(settings)).rejects;
  await refused({ pricesFile }).toThrow(`pricesFile: ${pricesFile}: there is no such file; check its path`);
  writeFileSync(pricesFile, '- {model: gpt-4o, inputUsdPerMillion: cheap}');
  await refused({ pricesFile }).toThrow(/^pricesFile: .*prices\.yaml, price 1, inputUsdPerMillion must be/);
  writeFileSync(pricesFile, '- {model: gpt-4o, inputUsdPerMillion: 2}');
  const { ask } = await started({ pricesFile });
  expect(await ask('What is a lease?')).toBe(200);
});
