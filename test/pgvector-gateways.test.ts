/** Gateways that share vectors in PostgreSQL, with a real pgvector and the entries in Redis or in a file. */
import { expect, it, onTestFinished } from 'vitest';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { startTestGateway } from './support/gateway.ts';
import { startPglite } from './support/pglite.ts';
import { eventually } from './support/pgvector-set-up.ts';
import { sharedRedis } from './support/redis-server.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { startEmbedder } from './support/semantic-services.ts';
import { ownPrefix, path } from './support/shared-gateways.ts';

const pglite = await startPglite();
const adminKey = 'the-key-of-all-admin-calls';
/** 5 degrees apart is a similarity of 0.996. */
const topics = {
  'reset my password': 0,
  'password be reset': 5,
  'forgotten password': 8,
  'opening hours': 120,
};
const question = chatRequest('How can I reset my password?');
const inOtherWords = chatRequest('How can my password be reset?');
const onceMore = chatRequest('What do I do about a forgotten password?');

async function setUp(schema: string) {
  const embedder = await startEmbedder(topics);
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('By mail.') }));

  async function start(settings: GatewaySettingsInput) {
    const gateway = await startTestGateway(provider.url, {
      adminKey,
      ledger: false,
      semanticCache: true,
      semanticEmbedder: 'remote',
      embeddingsBaseUrl: embedder.url,
      semanticModel: 'plane',
      semanticUpper: 0.95,
      semanticGuards: [],
      semanticGates: [],
      semanticJudge: 'none',
      semanticIndex: 'pgvector',
      databaseUrl: pglite.url(schema),
      // The tests are not about the speed of a busy machine.
      semanticEmbedderMs: 30_000,
      semanticIndexMs: 30_000,
      storeBudgetMs: 10_000,
      secret: 'a secret that all gateways of the test have',
      ...settings,
    });
    onTestFinished(() => gateway.remove());
    const ask = async (body: string, user?: string) => {
      const { headers } = await gateway.ask(path, body, user === undefined ? {} : { 'askonce-user': user });
      return String(headers['cache-status']);
    };
    const erase = (user: string) =>
      fetch(`${gateway.url}/cache/users/${user}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${adminKey}` },
      });
    return { ...gateway, ask, erase };
  }

  /** Rows of vectors. */
  async function rows(): Promise<number> {
    const tables = await pglite.query(
      `SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
       WHERE nspname = '${schema}' AND relkind = 'r' AND relname LIKE 'semantic_vector_%'`,
    );
    let count = 0;
    for (const { relname } of tables)
      count += (await pglite.query(`SELECT 1 FROM ${schema}.${relname}`)).length;
    return count;
  }

  return { start, rows, provider };
}

const semantic = /^askonce; hit; .*detail="semantic"/;
const missed = /^askonce; fwd=miss/;

it('what one gateway has asked, another answers in other words, until it is erased', async () => {
  const { start, rows } = await setUp('shared');
  const place = { redisUrl: sharedRedis(), cachePrefix: ownPrefix() };
  const [one, other] = [await start(place), await start(place)];
  expect(await one.ask(question, 'ann')).toMatch(missed);
  await eventually(async () => (await rows()) === 1);
  await eventually(async () => semantic.test(await other.ask(inOtherWords, 'ann')));
  // Walls hold there as everywhere.
  expect(await other.ask(inOtherWords, 'bob')).toMatch(missed);
  await eventually(async () => (await rows()) >= 2);
  const answer = await other.erase('ann');
  expect(answer.status).toBe(200);
  expect(await rows()).toBe(1);
  expect(await one.ask(onceMore, 'ann')).toMatch(missed);
});

it('a gateway that begins beside an empty table fills it from its entries', async () => {
  const { start, rows } = await setUp('emptied');
  const first = await start({});
  expect(await first.ask(question)).toMatch(missed);
  await eventually(async () => (await rows()) === 1);
  await first.close();
  await pglite.query('DROP SCHEMA emptied CASCADE');
  const second = await start({ dataDir: first.dataDir });
  // A question of its own says how many components vectors have.
  expect(await second.ask(chatRequest('What are your opening hours?'))).toMatch(missed);
  await eventually(async () => (await rows()) === 2);
  expect(await second.ask(inOtherWords)).toMatch(semantic);
  await first.remove();
});

it('requests are answered while the database is down, and an erasure fails until it is back', async () => {
  const { start, rows } = await setUp('down');
  const gateway = await start({});
  expect(await gateway.ask(question, 'ann')).toMatch(missed);
  await eventually(async () => (await rows()) === 1);
  await pglite.stop();
  expect(await gateway.ask(inOtherWords, 'ann')).toMatch(missed);
  expect(await gateway.ask(question, 'ann')).toMatch(/^askonce; hit/);
  const refused = await gateway.erase('ann');
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ error: { code: 'invalidation_failed' } });
  await pglite.start();
  // The second one finds no entry of hers any more, and answers once her vector is gone all the same.
  await eventually(async () => (await gateway.erase('ann')).status === 200);
  expect(await rows()).toBe(0);
});
