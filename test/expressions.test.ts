/**
 * Every expression of every panel and rule finds data in a real Prometheus that scrapes gateways under load.
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../packages/askonce/src/index.ts';
import { dashboardFiles } from '../scripts/dashboards/files.ts';
import { ruleFile, rules, ruleText } from './support/alert-rules.ts';
import { gatewayForTest, type TestGateway } from './support/gateway.ts';
import { startPrometheus } from './support/prometheus.ts';
import { withoutComparator } from './support/promql.ts';
import { startRedis } from './support/redis-server.ts';
import { chatAnswer, chatRequest, startProvider } from './support/remembering-provider.ts';
import { describeWithService } from './support/service-suites.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const path = '/v1/chat/completions';
const hourMs = 3_600_000;

const panels = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) }),
  ),
});

interface Asked {
  readonly name: string;
  readonly expression: string;
}

/** Grafana's variables as it fills them in, for a time that is as short as the test. */
function filled(expression: string, instance = '.*'): string {
  return expression
    .replaceAll('$job', '.*')
    .replaceAll('$instance', instance)
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1m');
}

const ofPanels: readonly Asked[] = Array.from(dashboardFiles().values()).flatMap((text) =>
  panels
    .parse(JSON.parse(text))
    .panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ name: title, expression: expr }))),
);
const ofRules: readonly Asked[] = [
  ...rules().alerts.map(({ alert, expr }) => ({ name: alert, expression: withoutComparator(expr) ?? '' })),
  ...rules().recordings.map(({ record, expr }) => ({ name: record, expression: expr })),
];

describe('an alert without its comparator', () => {
  it.each([
    ['up < 0.9', 'up'],
    [
      'sum by (job) (rate(a{b=~"x|y"}[5m])) / clamp_min(c, 0.1)\n  > 0.01\n',
      'sum by (job) (rate(a{b=~"x|y"}[5m])) / clamp_min(c, 0.1)',
    ],
    ['(up and on (job) b) == 0', '(up and on (job) b)'],
    ['a * (b > bool 1) >= -2', 'a * (b > bool 1)'],
    ['a * b > bool 1 != 3', 'a * b > bool 1'],
  ])('%s', (expression, expected) => {
    expect(withoutComparator(expression)).toBe(expected);
  });

  it.each(['up', 'a > bool 3', '(a > 1)', 'a > b', '(a > 1 and b > 1) or (c > 2 and d > 2)', 'a{b="> 1"}'])(
    '%s is none, as it does not end with a comparator and a number',
    (expression) => {
      expect(withoutComparator(expression)).toBeUndefined();
    },
  );
});

describe('an alert', () => {
  it.for(rules().alerts)('$alert compares once, at its end', ({ expr }) => {
    const value = withoutComparator(expr) ?? '>';
    expect(value.replaceAll(/\{[^}]*\}/g, '')).not.toMatch(/[<>]|[=!]=/);
  });
});

/** Answers, refuses what asks for it, and fails or is down as the test says. */
async function startMoodyProvider() {
  const mood = { fails: false };
  const url = await startProvider((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const status = mood.fails ? 500 : text.includes('limit') ? 429 : text.includes('refuse') ? 400 : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(
        status === 200 ? chatAnswer('Yes.') : '{"error":{"message":"no","type":"invalid_request_error"}}',
      );
    });
  });
  return { url, mood };
}

async function ask(gateway: TestGateway, question: string, headers: Record<string, string> = {}) {
  await gateway.ask(path, chatRequest(question), headers);
}

const questions = Array.from({ length: 20 }, (_none, each) => `Question ${each}?`);

describeWithService('prometheus', 'a Prometheus that scrapes gateways under load', () => {
  it('has data for every expression of every panel and rule', { timeout: 180_000 }, async () => {
    const provider = await startMoodyProvider();
    const redis = await startRedis({ args: ['--maxmemory', '200mb'] });
    // Entries are stored two hours ago, so that they are stale later.
    const time = { offset: -2 * hourMs };
    const clock = { ...systemClock, now: () => Date.now() + time.offset };
    const alone = await gatewayForTest(
      provider.url,
      {
        dataDir: temporaryFolder(),
        staleWhileRevalidate: true,
        staleDays: 1 / 24,
        ttlDays: 1,
      },
      clock,
    );
    const shared = await gatewayForTest(provider.url, {
      redisUrl: redis.url,
      storeBudgetMs: 200,
      breakerFailures: 2,
    });
    const prometheus = await startPrometheus({
      targets: [`${alone.url}/metrics`, `${shared.url}/metrics`],
      rules: ruleText(ruleFile),
      scrapeEveryMs: 1000,
    });

    async function load(): Promise<void> {
      for (const gateway of [alone, shared]) {
        for (const question of [...questions, ...questions, ...questions, ...questions])
          await ask(gateway, question);
        for (const question of ['refuse', 'refuse', 'limit', 'no JSON']) await ask(gateway, question);
        await ask(gateway, 'Past the cache?', { 'cache-control': 'no-store' });
        await gateway.ask(path, 'no JSON');
      }
    }
    await load();
    // Stale hits, whose refreshes succeed; then others, whose refreshes fail.
    time.offset = 0;
    for (const question of questions) await ask(alone, question);
    provider.mood.fails = true;
    time.offset = 1.5 * hourMs;
    for (const question of questions) await ask(alone, question);
    provider.mood.fails = false;
    await redis.kill();
    for (const question of questions) await ask(shared, `${question} Again?`);

    // Each of the gateways fills every panel, the one without a Redis as well.
    const expressions = [
      ...[alone, shared].flatMap(({ url }) =>
        ofPanels.map(({ name, expression }) => ({ name, expression: filled(expression, new URL(url).host) })),
      ),
      ...ofRules,
    ];
    expect(expressions.length).toBeGreaterThan(200);
    const lacking = async () => {
      // A rate needs what happens between two scrapes.
      for (const question of questions) await Promise.all([ask(alone, question), ask(shared, question)]);
      const found = await Promise.all(
        expressions.map(async ({ name, expression }) => {
          const samples = await prometheus.query(expression);
          return samples.some(({ value }) => Number.isFinite(value)) ? [] : [`${name}: ${expression}`];
        }),
      );
      return found.flat();
    };
    await expect.poll(lacking, { timeout: 90_000, interval: 2_000 }).toEqual([]);
  });
});

/** Hits and misses of ten minutes each, ending at a time in seconds; `hits` are of 100 requests. */
function counted(job: string, end: number, hits: readonly (readonly [tenMinutes: number, hits: number])[]) {
  const steps = hits.flatMap(([times, share]) => Array.from({ length: times }, () => share));
  let [hit, miss] = [0, 0];
  return steps.map((share, place) => {
    hit += share;
    miss += 100 - share;
    const at = end - (steps.length - 1 - place) * 600;
    const labels = `job="${job}",instance="one"`;
    return {
      hit: `askonce_requests_total{${labels},outcome="hit"} ${hit} ${at}`,
      miss: `askonce_requests_total{${labels},outcome="miss"} ${miss} ${at}`,
    };
  });
}

describeWithService('prometheus', 'a Prometheus with the figures of 8 days', () => {
  it('compares the hit rate of an hour with that of the last 7 days', { timeout: 120_000 }, async () => {
    const end = Math.floor(Date.now() / 1000) - 60;
    const days = 8 * 144;
    const samples = [
      counted('fallen', end, [
        [days, 90],
        [6, 40],
      ]),
      counted('lower', end, [
        [days, 90],
        [6, 50],
      ]),
      counted('always-low', end, [[days + 6, 20]]),
    ].flat();
    const text = [
      '# TYPE askonce_requests counter',
      ...samples.map(({ hit }) => hit),
      ...samples.map(({ miss }) => miss),
      '# EOF\n',
    ].join('\n');
    const prometheus = await startPrometheus({ targets: [], backfilled: text });
    // The alert compares what the rule records; Prometheus records nothing for times before its start.
    const record = 'job:askonce_hit_ratio:hour_of_week';
    const { expr } = rules().recordings.find((each) => each.record === record) ?? { expr: '' };
    expect(rules().alerts.find(({ alert }) => alert === 'AskonceHitRateHalved')?.expr).toBe(
      `${record} < 0.5`,
    );
    const jobsAt = async (expression: string, at: number) =>
      (await prometheus.query(expression, at)).map(({ labels }) => labels['job']).toSorted();

    expect(await jobsAt(`(${expr}) < 0.5`, end)).toEqual(['fallen']);
    expect(await jobsAt(`(${expr}) < 0.5`, end - 3600)).toEqual([]);
    expect(await jobsAt(expr, end)).toEqual(['always-low', 'fallen', 'lower']);
    const ratios = await prometheus.query(expr, end);
    const of = (job: string) => ratios.find(({ labels }) => labels['job'] === job)?.value;
    // The last hour is part of the 7 days.
    expect(of('fallen')).toBeCloseTo(0.4 / ((0.9 * 1002 + 0.4 * 6) / 1008), 2);
    expect(of('always-low')).toBeCloseTo(1, 5);
  });
});
