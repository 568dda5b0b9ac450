import { createCache } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answered, hit } from '../../../../test/support/ledger-events.ts';
import { metricsForTest, sampleIn } from '../../../../test/support/metrics-set-up.ts';
import { sampleEvents } from '../../../../test/support/sample-events.ts';
import { families } from './families/families.ts';

/** A hit of a tenant and a model of this name. */
const hitOf = (name: string) => hit({ tenantDigest: name, subject: name, model: name });

const awkwardNames = ['none', 'other', '__proto__', 'constructor', 'toString'];

const formats = ['text', 'openmetrics'] as const;

async function scraped(set: ReturnType<typeof metricsForTest>, format: (typeof formats)[number]) {
  return (await set.metrics.text(format)).text;
}

describe('the text of a scrape', () => {
  it.each(formats)('in the format %s has the same values, under the same names', async (format) => {
    const set = metricsForTest();
    for (const event of Object.values(sampleEvents)) set.observe(event);
    const text = await scraped(set, format);
    expect(sampleIn(text, 'askonce_requests_total{outcome="hit"}')).toBe(1);
    expect(sampleIn(text, 'askonce_cache_hit_fresh_total')).toBe(1);
    expect(sampleIn(text, 'askonce_saved_tokens_total')).toBe(30);
    expect(
      sampleIn(text, 'askonce_provider_failures_total{cause="leader",code="provider_unreachable"}'),
    ).toBe(1);
    expect(sampleIn(text, 'askonce_hit_duration_seconds_count')).toBe(1);
    expect(sampleIn(text, 'askonce_value_size_bytes_sum')).toBe(3000);
    expect(sampleIn(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  it('a scrape in one format leaves the names of the other as they are', async () => {
    const set = metricsForTest();
    const first = await scraped(set, 'text');
    await scraped(set, 'openmetrics');
    const namesIn = (text: string) => text.split('\n').filter((line) => line.startsWith('# TYPE'));
    expect(namesIn(await scraped(set, 'text'))).toEqual(namesIn(first));
  });

  it('OpenMetrics names the family of a counter without _total, and ends in # EOF', async () => {
    const { contentType, text } = await metricsForTest().metrics.text('openmetrics');
    expect(contentType).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(text).toContain('# TYPE askonce_cache_miss counter\naskonce_cache_miss_total 0\n');
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(text.match(/# EOF/g)).toHaveLength(1);
  });

  it('the text format has no end mark and no exemplars', async () => {
    const set = metricsForTest();
    set.observe(hit());
    const { contentType, text } = await set.metrics.text('text');
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).not.toContain('# EOF');
    expect(text).not.toContain('request_id');
  });

  it('OpenMetrics has the last request of a bucket as its exemplar', async () => {
    const set = metricsForTest();
    set.observe(hit({ requestId: 'req_1', durationMs: 0.7 }));
    set.observe(answered({ requestId: 'req_2', durationMs: 3000 }));
    const text = await scraped(set, 'openmetrics');
    const at = set.clock.now() / 1000;
    expect(text).toContain(
      `askonce_hit_duration_seconds_bucket{le="0.001"} 1 # {request_id="req_1"} 0.0007 ${at}`,
    );
    expect(text).toContain(`askonce_miss_duration_seconds_bucket{le="5.0"} 1 # {request_id="req_2"} 3 ${at}`);
  });

  it('buckets count what is at most their bound, and the last of them everything', async () => {
    const set = metricsForTest();
    for (const durationMs of [0.01, 0.01, 2, 2000]) set.observe(hit({ durationMs }));
    const text = await scraped(set, 'text');
    const bucket = (bound: string) => sampleIn(text, `askonce_hit_duration_seconds_bucket{le="${bound}"}`);
    expect([bucket('0.00005'), bucket('0.001'), bucket('0.0025'), bucket('0.25'), bucket('+Inf')]).toEqual([
      2, 2, 3, 3, 4,
    ]);
  });
});

describe('labels', () => {
  it('names that callers choose are escaped, and end no line', async () => {
    const set = metricsForTest();
    set.observe(hitOf('a"b\\c\nd} 1\naskonce_saved_cost_total 99'));
    const text = await scraped(set, 'text');
    expect(text).toContain('askonce_model_hits_total{model="a\\"b\\\\c d} 1 askonce_saved_cost_total 99"} 1');
    expect(text.match(/^askonce_saved_cost_total /gm)).toHaveLength(1);
  });

  it('100 tenants and 100 models have series of their own, and all others one', async () => {
    const set = metricsForTest();
    for (let each = 0; each < 300; each++) set.observe(hitOf(`${each}`));
    const text = await scraped(set, 'text');
    for (const group of ['tenant', 'model']) {
      expect(text.match(new RegExp(`^askonce_${group}_hits_total\\{`, 'gm'))).toHaveLength(101);
      expect(sampleIn(text, `askonce_${group}_hits_total{${group}="other"}`)).toBe(200);
    }
  });

  it.each(formats)(
    'in the format %s no series has two lines, whatever names callers choose',
    async (format) => {
      const set = metricsForTest();
      for (const name of [...awkwardNames, '']) set.observe(hitOf(name));
      const text = await scraped(set, format);
      const lines = text.split('\n').filter((line) => /^askonce_(model|tenant)_hits_total/.test(line));
      expect(new Set(lines.map((line) => line.slice(0, line.lastIndexOf('}')))).size).toBe(lines.length);
      for (const group of ['tenant', 'model']) {
        const hits = (name: string) => sampleIn(text, `askonce_${group}_hits_total{${group}="${name}"}`);
        expect(['none', '', 'other', '__proto__'].map(hits)).toEqual([1, 1, 1, 1]);
      }
    },
  );

  it('in JSON each name that callers choose has its figure, and none is lost', async () => {
    const set = metricsForTest();
    for (const name of [...awkwardNames, '']) set.observe(hitOf(name));
    const json = JSON.parse(JSON.stringify(await set.metrics.json()));
    const expected = new Map([...awkwardNames, ''].map((name) => [name, 1]));
    for (const group of ['tenant_hits', 'model_hits']) {
      expect(new Map(Object.entries(json[group]))).toEqual(expected);
    }
  });

  it('a model that is named other is counted with those beyond the bound', async () => {
    const set = metricsForTest();
    set.observe(hitOf('other'));
    for (let each = 0; each < 150; each++) set.observe(hitOf(`model-${each}`));
    set.observe(hitOf('other'));
    const text = await scraped(set, 'text');
    expect(text.match(/^askonce_model_hits_total\{model="other"\}/gm)).toHaveLength(1);
    expect(sampleIn(text, 'askonce_model_hits_total{model="other"}')).toBe(53);
  });

  it('two tiers of one name are one series with their sum', async () => {
    const { store, ...others } = await createCache().statistics();
    const tier = { ...store, name: 'memory', entries: 2, tiers: undefined };
    const cache = {
      statistics: async () => ({ ...others, store: { ...store, tiers: [tier, tier] } }),
      flags: () => metricsFlags,
    };
    const text = await scraped(metricsForTest({ cache }), 'text');
    expect(text.match(/^askonce_tier_entries\{/gm)).toHaveLength(1);
    expect(sampleIn(text, 'askonce_tier_entries{tier="memory"}')).toBe(4);
  });

  it('no label has a key, a request id, a user or a text', async () => {
    const set = metricsForTest();
    const own = {
      requestId: 'secret-id',
      key: 'secret-key',
      userDigest: 'secret-user',
      template: 'secret-template',
    };
    for (const event of Object.values(sampleEvents))
      set.observe('requestId' in event ? { ...event, ...own } : event);
    expect(await scraped(set, 'text')).not.toContain('secret');
  });

  it('with every event of every kind the number of series stays small', async () => {
    const set = metricsForTest();
    for (let time = 0; time < 3; time++) for (const event of Object.values(sampleEvents)) set.observe(event);
    const series = (await scraped(set, 'text')).split('\n').filter((line) => line.startsWith('askonce_'));
    expect(series.length).toBeLessThan(400);
    expect(new Set(series.map((line) => line.split(' ')[0])).size).toBe(series.length);
  });
});

it('two gateways in one process share no figure', async () => {
  const [one, two] = [metricsForTest(), metricsForTest()];
  one.observe(hit());
  const texts = await Promise.all([scraped(one, 'text'), scraped(two, 'text')]);
  expect(texts.map((text) => sampleIn(text, 'askonce_cache_hit_fresh_total'))).toEqual([1, 0]);
});

it('every family has a help text that is a sentence, and a name of its own', () => {
  for (const { help } of families) expect(help).toMatch(/^[A-Z][^"\n]*\.$/);
  expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
});

it('a store that hangs holds no scrape, and its tiers are missing until it has answered once', async () => {
  const set = metricsForTest({
    cache: { statistics: () => new Promise(() => {}), flags: () => metricsFlags },
  });
  const pending = set.metrics.text('text');
  await new Promise((resolve) => setImmediate(resolve));
  set.clock.advance(100);
  const { text } = await pending;
  expect(text).not.toContain('askonce_tier_entries{');
  expect(sampleIn(text, 'askonce_cache_miss_total')).toBe(0);
});

const metricsFlags = metricsForTest().flags;
