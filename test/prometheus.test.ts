/**
 * A real Prometheus scrapes a gateway under load, and finds what was sent.
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../packages/askonce/src/index.ts';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { gatewayForTest, type TestGateway } from './support/gateway.ts';
import { metricsForTest } from './support/metrics-set-up.ts';
import { type Prometheus, problemsOfMetrics, startPrometheus } from './support/prometheus.ts';
import { chatAnswer, chatRequest, startProvider } from './support/remembering-provider.ts';
import { sampleEvents } from './support/sample-events.ts';
import { describeWithService } from './support/service-suites.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const path = '/v1/chat/completions';
const hourMs = 3_600_000;

/** Answers at once, but questions with `wait` once they are let go, and questions with `fail` by an error. */
async function startMixedProvider() {
  const { promise: letGo, resolve } = Promise.withResolvers<void>();
  const url = await startProvider((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString('utf8');
      if (body.includes('wait')) await letGo;
      const status = body.includes('fail') ? 400 : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(status === 200 ? chatAnswer('Yes.') : '{"error":{"message":"no"}}');
    });
  });
  return { url, letGo: resolve };
}

async function asked(gateway: TestGateway, question: string, headers: Record<string, string> = {}) {
  const { headers: answer } = await gateway.ask(path, chatRequest(question), headers);
  return String(answer['x-request-id']);
}

/** The value of an expression that selects one series; undefined if there is none. */
async function valueIn(prometheus: Prometheus, expression: string) {
  return (await prometheus.query(expression))[0]?.value;
}

const exemplarsSchema = z.object({
  data: z.array(z.object({ exemplars: z.array(z.object({ labels: z.object({ request_id: z.string() }) })) })),
});

/** The requests that Prometheus has as exemplars of a histogram. */
async function exemplarsOf(prometheus: Prometheus, metric: string): Promise<readonly string[]> {
  const range = { start: '0', end: String(Date.now() / 1000 + 60) };
  const parameters = new URLSearchParams({ query: `${metric}_bucket`, ...range });
  const response = await fetch(`${prometheus.url}/api/v1/query_exemplars?${parameters}`);
  const { data } = exemplarsSchema.parse(await response.json());
  return data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.request_id));
}

describeWithService('prometheus', 'a Prometheus that scrapes a gateway', () => {
  it('finds each request by its outcome, its time, its money and an example, and survives a restart', async () => {
    const provider = await startMixedProvider();
    // Entries are stored two hours ago, so that they are stale later.
    let offset = -2 * hourMs;
    const clock = { ...systemClock, now: () => Date.now() + offset };
    const settings: GatewaySettingsInput = {
      dataDir: temporaryFolder(),
      staleWhileRevalidate: true,
      staleDays: 1 / 24,
      ttlDays: 1,
    };
    const gateway = await gatewayForTest(provider.url, settings, clock);
    const prometheus = await startPrometheus({
      targets: [`${gateway.url}/metrics`],
      args: ['--enable-feature=exemplar-storage'],
    });
    const questions = Array.from({ length: 10 }, (_none, each) => `Question ${each}?`);
    const every = (ask: (question: string) => Promise<string>) => Promise.all(questions.map(ask));

    // 10 misses, 300 fresh hits, 5 errors, 4 bypasses.
    for (const question of questions) await asked(gateway, question);
    const hits: string[] = [];
    for (let round = 0; round < 30; round++)
      hits.push(...(await every((question) => asked(gateway, question))));
    for (let each = 0; each < 5; each++) await asked(gateway, `fail ${each}`);
    for (let each = 0; each < 4; each++)
      await asked(gateway, `Past the cache ${each}?`, { 'cache-control': 'no-store' });
    // A miss and its 39 followers.
    const crowd = Array.from({ length: 40 }, () => asked(gateway, 'wait for it'));
    await gateway.happened('joined', 39);
    provider.letGo();
    await Promise.all(crowd);
    // 10 stale hits, each refreshed.
    offset = 0;
    await every((question) => asked(gateway, question));
    await expect.poll(() => gateway.count('refresh')).toBe(20);

    const outcomes = async () => {
      const found = await prometheus.query('sum by (outcome) (askonce_requests_total)');
      return Object.fromEntries(found.map(({ labels, value }) => [labels['outcome'], value]));
    };
    await expect
      .poll(outcomes, { timeout: 10_000 })
      .toEqual({ hit: 310, miss: 16, shared: 39, negative: 0, bypass: 4 });
    const sums: readonly (readonly [string, number])[] = [
      ['askonce_cache_hit_fresh_total', 300],
      ['askonce_cache_hit_stale_total', 10],
      ['askonce_cache_miss_total', 16],
      ['sum(askonce_cache_miss_reason_total)', 16 + 39],
      ['askonce_cache_bypass_total{reason="no-store"}', 4],
      ['askonce_refresh_started_total', 10],
      ['askonce_refresh_success_total', 10],
      ['askonce_refused_total{reason="status"}', 5],
      ['askonce_stored_total', 21],
      ['askonce_provider_calls_total{cause="leader"}', 16],
      ['askonce_provider_answers_total{cause="leader",status="4xx"}', 5],
      ['askonce_lock_contended_total', 39],
      ['askonce_hit_duration_seconds_count', 310],
      ['askonce_miss_duration_seconds_count', 16],
      ['askonce_value_size_bytes_count', 21],
      ['askonce_saved_tokens_total', 310 * 8],
      ['askonce_shared_tokens_total', 39 * 8],
      ['sum(askonce_tenant_hits_total)', 310],
      ['sum(askonce_model_hits_total)', 310],
    ];
    // The scrape that brought the last request may have been too early for what follows its answer.
    for (const [expression, expected] of sums)
      await expect
        .poll(async () => [expression, await valueIn(prometheus, expression)], { timeout: 10_000 })
        .toEqual([expression, expected]);

    // Each answer costs the same: 310 were saved, 39 shared, 11 + 10 + 4 billed.
    const perAnswer = ((await valueIn(prometheus, 'askonce_saved_cost_total')) ?? 0) / 310;
    expect(perAnswer).toBeGreaterThan(0);
    for (const [expression, answers] of [
      ['askonce_shared_cost_total', 39],
      ['askonce_spent_cost_total{reason="miss"}', 11],
      ['askonce_spent_cost_total{reason="refresh"}', 10],
      ['askonce_spent_cost_total{reason="bypass"}', 4],
    ] as const)
      expect((await valueIn(prometheus, expression)) ?? 0).toBeCloseTo(answers * perAnswer, 9);

    for (const expression of [
      'sum(rate(askonce_requests_total{outcome="hit"}[1m]))',
      'histogram_quantile(0.95, sum by (le) (rate(askonce_hit_duration_seconds_bucket[1m])))',
      'histogram_quantile(0.95, sum by (le) (rate(askonce_miss_duration_seconds_bucket[1m])))',
      'histogram_quantile(0.99, sum by (le) (rate(askonce_store_duration_seconds_bucket{operation="get"}[1m])))',
      'process_resident_memory_bytes',
    ])
      expect(await valueIn(prometheus, expression), expression).toBeGreaterThan(0);
    const hitRate =
      'sum(askonce_requests_total{outcome="hit"}) / sum(askonce_requests_total{outcome!="bypass"})';
    expect(await valueIn(prometheus, hitRate)).toBeCloseTo(310 / 365, 9);

    const examples = await exemplarsOf(prometheus, 'askonce_hit_duration_seconds');
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.some((id) => hits.includes(id))).toBe(true);

    // A restarted gateway counts from zero, which is a reset to Prometheus and no loss.
    await gateway.close();
    const again = await gatewayForTest(provider.url, { ...settings, port: gateway.port });
    await every((question) => asked(again, question));
    const hitsNow = 'askonce_requests_total{outcome="hit"}';
    await expect.poll(() => valueIn(prometheus, hitsNow), { timeout: 10_000 }).toBe(10);
    expect(await valueIn(prometheus, `resets(${hitsNow}[5m])`)).toBe(1);
    const increase = (await valueIn(prometheus, `increase(${hitsNow}[5m])`)) ?? 0;
    expect(increase).toBeGreaterThan(310);
    expect(increase).toBeLessThan(400);
  }, 60_000);

  it('can be kept out by the admin key, and let in with it', async () => {
    const provider = await startMixedProvider();
    const adminKey = 'an-admin-key-of-a-test';
    const gateway = await gatewayForTest(provider.url, { metrics: 'key', adminKey });
    const targets = [`${gateway.url}/metrics`];
    const [outside, inside] = await Promise.all([
      startPrometheus({ targets }),
      startPrometheus({ targets, token: adminKey }),
    ]);
    await expect.poll(() => valueIn(inside, 'up'), { timeout: 10_000 }).toBe(1);
    expect(await valueIn(outside, 'up')).toBe(0);
  }, 60_000);

  describe('and promtool', () => {
    it('has no complaint about the metrics of an idle gateway, nor of one that has served', async () => {
      const provider = await startMixedProvider();
      const gateway = await gatewayForTest(provider.url);
      const scraped = async () => await (await fetch(`${gateway.url}/metrics`)).text();
      const idle = await scraped();
      for (const question of ['One?', 'One?', 'Two?', 'fail']) await asked(gateway, question);
      const busy = await scraped();
      expect(busy).not.toBe(idle);
      expect([await problemsOfMetrics(idle), await problemsOfMetrics(busy)]).toEqual([[], []]);
    });

    it('has no complaint about metrics of every kind of event', async () => {
      const { metrics, observe } = metricsForTest({ hasLeases: true });
      for (const event of Object.values(sampleEvents)) observe(event);
      expect(await problemsOfMetrics((await metrics.text('text')).text)).toEqual([]);
    });
  });
});
