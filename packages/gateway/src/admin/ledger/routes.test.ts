import { expect, it } from 'vitest';
import { z } from 'zod';
import { gatewayForTest, json } from '../../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../../test/support/remembering-provider.ts';
import type { GatewaySettingsInput } from '../../index.ts';

const adminKey = 'the-key-of-all-admin-calls';
const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const figures = z.looseObject({
  requests: z.number(),
  hits: z.number(),
  misses: z.number(),
  hitRate: z.number().nullable(),
});
const statistics = z.looseObject({ rows: z.array(figures), total: figures });

async function started(settings: GatewaySettingsInput = {}) {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  const gateway = await gatewayForTest(provider.url, { adminKey, ...settings });
  async function get(path: string) {
    const headers = { authorization: `Bearer ${adminKey}` };
    const response = await fetch(gateway.url + path, { headers });
    const body: unknown = await response.json();
    return { status: response.status, body };
  }
  async function ask(question: string, headers: Record<string, string> = {}) {
    const body = chatRequest(question);
    const path = `${gateway.url}/v1/chat/completions`;
    const response = await fetch(path, { method: 'POST', headers: { ...json, ...headers }, body });
    await response.text();
  }
  return { get, ask };
}

it('statistics have what was asked a moment ago, and filters count the requests that have all of it', async () => {
  const { get, ask } = await started();
  for (const tenant of ['acme', 'acme', 'acme', 'globex'])
    await ask('What is a lease?', { 'askonce-tenant': tenant, 'askonce-language': 'en' });
  await ask('¿Qué es?', { 'askonce-tenant': 'globex', 'askonce-language': 'es' });
  const total = async (query: string) => {
    const { body } = await get(`/cache/statistics?${query}`);
    const { requests, hits, misses, hitRate } = statistics.parse(body).total;
    return [requests, hits, misses, hitRate];
  };
  expect(await total('')).toEqual([5, 2, 3, 0.4]);
  expect(await total('tenant=acme')).toEqual([3, 2, 1, 2 / 3]);
  expect(await total('tenant=globex&language=es')).toEqual([1, 0, 1, 0]);
  expect(await total('tenant=none&period=monthly')).toEqual([0, 0, 0, null]);
  expect(await total('language=&category=&period=hourly')).toEqual([5, 2, 3, 0.4]);

  const { body } = await get('/cache/analytics?timeZone=Asia/Kathmandu');
  const { topTenants } = z
    .looseObject({ topTenants: z.array(z.looseObject({ name: z.string() })) })
    .parse(body);
  expect(topTenants).toMatchObject([
    { requests: 3, hits: 2 },
    { requests: 2, hits: 0 },
  ]);
  expect(await total(`tenant=${topTenants[0]?.name}`)).toEqual([3, 2, 1, 2 / 3]);
});

it('a tenant whose name looks like a digest is found by it', async () => {
  const { get, ask } = await started();
  for (const tenant of ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331abcd'])
    for (let times = 0; times < 2; times++) await ask('What is a lease?', { 'askonce-tenant': tenant });
  await ask('What is a lease?');
  for (const tenant of ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331abcd']) {
    expect((await get(`/cache/statistics?tenant=${tenant}`)).body).toMatchObject({
      total: { requests: 2, hits: 1 },
    });
    expect((await get(`/cache/top-queries?tenant=${tenant}`)).body).toMatchObject({ queries: [{ hits: 1 }] });
  }
  const other = '0'.repeat(32);
  expect((await get(`/cache/analytics?tenant=${other}`)).body).toMatchObject({ requests: 0, topModels: [] });
});

it('filters by language and category have no case, and a language that no caller named is the detected one', async () => {
  const { get, ask } = await started();
  const question = 'Wo finde ich meine Rechnung vom letzten Monat?';
  await ask(question, { 'askonce-category': 'FAQ' });
  await ask(question, { 'askonce-category': 'FAQ' });
  await ask('What is a lease?', { 'askonce-language': 'pt-BR' });
  const total = async (query: string) => {
    const { requests, hits, misses, calls } = z
      .object({ total: figures.extend({ calls: z.number() }) })
      .parse((await get(`/cache/statistics?${query}`)).body).total;
    return [requests, hits, misses, calls];
  };
  expect(await total('language=de')).toEqual([2, 1, 1, 1]);
  expect(await total('language=DE&category=Faq')).toEqual([2, 1, 1, 1]);
  expect(await total('language=pt-BR')).toEqual([1, 0, 1, 1]);
});

it('top queries name the questions with most hits', async () => {
  const { get, ask } = await started();
  for (const question of ['a', 'b', 'b', 'b', 'c', 'c'])
    await ask(question, { 'askonce-category': 'letters' });
  const texts = async (query: string) =>
    z
      .object({ queries: z.array(z.looseObject({ text: z.string(), hits: z.number() })) })
      .parse((await get(`/cache/top-queries?${query}`)).body)
      .queries.map(({ text, hits }) => [text, hits]);
  expect(await texts('')).toEqual([
    ['b', 2],
    ['c', 1],
  ]);
  expect(await texts('category=letters&limit=1')).toEqual([['b', 2]]);
  expect(await texts('category=digits')).toEqual([]);
});

it.each([
  ['statistics?period=yearly', /^The call is wrong: period: must be one of hourly, daily, weekly, monthly/],
  ['statistics?from=tomorrow', /^from must be a day/],
  ['statistics?from=2026-11-02&to=2026-11-01', /^from must be before to/],
  ['statistics?period=hourly&from=2020-01-01', /^from and to span more than 1000 rows/],
  ['statistics?timeZone=Mars/Base', /^timeZone must be a name of the IANA database/],
  ['statistics?from=2026-11-01&from=2026-11-02', /from: must be given once/],
  ['statistics?langauge=en', /unknown parameter; expected period, from/],
  ['analytics?to=1', /^to must be a day/],
  ['analytics?period=daily', /unknown parameter/],
  ['top-queries?limit=0', /limit: must be a whole number from 1 to 100/],
  ['top-queries?limit=ten', /limit: must be a whole number from 1 to 100/],
])('a wrong call is refused by the name of its parameter: %s', async (call, message) => {
  const { get } = await started();
  const { status, body } = await get(`/cache/${call}`);
  const { error } = failure.parse(body);
  expect([status, error.code, error.message]).toEqual([
    400,
    'invalid_request',
    expect.stringMatching(message),
  ]);
});

it('a parameter has at most 500 characters', async () => {
  const { get } = await started();
  const { body } = await get(`/cache/top-queries?model=${'x'.repeat(501)}`);
  expect(failure.parse(body).error.message).toMatch(/model: must have at most 500 characters/);
});

it('calls that read a ledger which is turned off name the setting', async () => {
  const { get } = await started({ ledger: false });
  for (const call of ['statistics', 'analytics', 'top-queries']) {
    const { status, body } = await get(`/cache/${call}`);
    expect([status, body]).toMatchObject([409, { error: { code: 'ledger_off' } }]);
    expect(failure.parse(body).error.message).toContain('ENABLE_LEDGER');
  }
});

it('calls that read a ledger which cannot be reached answer 503, without the password', async () => {
  const { get } = await started({ databaseUrl: 'postgresql://me:hunter2@127.0.0.1:1/askonce' });
  const { status, body } = await get('/cache/statistics');
  expect([status, body]).toMatchObject([503, { error: { code: 'store_failed' } }]);
  expect(JSON.stringify(body)).not.toContain('hunter2');
});
