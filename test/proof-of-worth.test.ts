/**
 * 100 requests of which 90 repeat: 90 hits, a hit rate of 0.9 and 90 % less cost, wherever one looks, and to the cent what
 * the answers themselves say.
 */
import { startSimulatedProvider } from 'askonce/testing';
import { parse } from 'csv-parse/sync';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { runReport } from '../packages/gateway/src/report/run.ts';
import { gatewayForTest, json } from './support/gateway.ts';
import { sampleIn } from './support/metrics-set-up.ts';
import { freshDatabase } from './support/postgres-server.ts';
import { describeWithService } from './support/service-suites.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const adminKey = 'the-key-of-all-admin-calls';
const model = 'gpt-4.1-mini';
/** US dollars per million tokens, as OpenAI publishes them. */
const listPrice = { input: 0.4, output: 1.6 };

const chatAnswer = z.object({
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }),
});
const figures = z.looseObject({
  requests: z.number(),
  hits: z.number(),
  misses: z.number(),
  hitRate: z.number(),
  savedTokens: z.number(),
  savedCost: z.number(),
  spentCost: z.number(),
  netSavings: z.number(),
});
const metricsAnswer = z.looseObject({
  cache_hit_fresh: z.number(),
  cache_miss: z.number(),
  hit_rate: z.number(),
  saved_tokens: z.number(),
  saved_cost: z.number(),
  spent_cost: z.looseObject({ miss: z.number() }),
});

/** Asks ten questions ten times each, and counts by what the answers say. */
async function playedThrough(settings: GatewaySettingsInput) {
  const provider = await startSimulatedProvider();
  onTestFinished(() => provider.close());
  const dataDir = temporaryFolder();
  const gateway = await gatewayForTest(provider.url, { dataDir, adminKey, ...settings });
  const plain = { hits: 0, saved: 0, spent: 0, savedTokens: 0 };
  for (let round = 0; round < 10; round++) {
    for (let place = 0; place < 10; place++) {
      const content = `Question ${place}: ${'what is a lease, and who holds it? '.repeat(place + 1)}`;
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
      });
      const { usage } = chatAnswer.parse(await response.json());
      const usd =
        (usage.prompt_tokens * listPrice.input + usage.completion_tokens * listPrice.output) / 1_000_000;
      if (response.headers.get('cache-status')?.startsWith('askonce; hit')) {
        plain.hits++;
        plain.saved += usd;
        plain.savedTokens += usage.prompt_tokens + usage.completion_tokens;
      } else plain.spent += usd;
    }
  }
  async function get(path: string): Promise<string> {
    const headers = { authorization: `Bearer ${adminKey}` };
    const response = await fetch(gateway.url + path, { headers });
    expect(response.status).toBe(200);
    return await response.text();
  }
  return { provider, dataDir, gateway, plain, get };
}

async function expectProof(settings: GatewaySettingsInput) {
  const { provider, dataDir, gateway, plain, get } = await playedThrough(settings);
  expect([plain.hits, provider.calls]).toEqual([90, 10]);
  expect(plain.saved / (plain.saved + plain.spent)).toBeCloseTo(0.9, 12);

  const { rows, total } = z
    .looseObject({ rows: z.array(z.looseObject({ requests: z.number() })), total: figures })
    .parse(JSON.parse(await get('/cache/statistics?period=hourly')));
  const analytics = figures.parse(JSON.parse(await get('/cache/analytics')));
  expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(100);
  for (const seen of [total, analytics]) {
    expect(seen).toMatchObject({
      requests: 100,
      hits: 90,
      misses: 10,
      hitRate: 0.9,
      savedTokens: plain.savedTokens,
    });
    expect(seen.savedCost).toBeCloseTo(plain.saved, 9);
    expect(seen.spentCost).toBeCloseTo(plain.spent, 9);
    expect(seen.netSavings).toBe(seen.savedCost);
    expect(seen.savedCost / (seen.savedCost + seen.spentCost)).toBeCloseTo(0.9, 9);
  }

  const asJson = metricsAnswer.parse(JSON.parse(await get('/cache/metrics')));
  expect(asJson).toMatchObject({
    cache_hit_fresh: 90,
    cache_miss: 10,
    hit_rate: 0.9,
    saved_tokens: plain.savedTokens,
    saved_cost: total.savedCost,
    spent_cost: { miss: total.spentCost },
  });
  const scraped = await get('/metrics');
  expect(sampleIn(scraped, 'askonce_cache_hit_fresh_total')).toBe(90);
  expect(sampleIn(scraped, 'askonce_saved_tokens_total')).toBe(plain.savedTokens);
  expect(sampleIn(scraped, 'askonce_saved_cost_total')).toBe(total.savedCost);
  expect(sampleIn(scraped, 'askonce_spent_cost_total{reason="miss"}')).toBe(total.spentCost);

  const { queries } = z
    .object({ queries: z.array(z.looseObject({ hits: z.number(), text: z.string() })) })
    .parse(JSON.parse(await get('/cache/top-queries')));
  expect(queries.map(({ hits }) => hits)).toEqual(Array.from({ length: 10 }, () => 9));

  await gateway.close();
  const environment = {
    ASKONCE_DATA_DIR: dataDir,
    ...(settings.databaseUrl === undefined ? {} : { DATABASE_URL: settings.databaseUrl }),
  };
  const csv = await runReport({ environment, format: 'csv' });
  const [head] = z.array(z.record(z.string(), z.string())).parse(parse(csv, { bom: true, columns: true }));
  expect(head).toMatchObject({
    requests: '100',
    hits: '90',
    hit_rate: '0.9',
    saved_usd: total.savedCost.toFixed(9),
    spent_usd: total.spentCost.toFixed(9),
  });
  expect(await runReport({ environment })).toMatch(/90(?:\.0)? ?% less/);
}

it('the ledger in SQLite, the metrics and the report show 90 hits of 100 requests, and 90 % less cost', async () => {
  await expectProof({});
});

describeWithService('postgres', 'a ledger in PostgreSQL', () => {
  it('the ledger in PostgreSQL, the metrics and the report show 90 hits of 100 requests, and 90 % less cost', async () => {
    const { url } = await freshDatabase();
    await expectProof({ databaseUrl: url });
  });
});
