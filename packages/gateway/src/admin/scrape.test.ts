/** Who is served `GET /metrics`, where, and in which form. */
import { describe, expect, it } from 'vitest';
import { gatewayForTest, rawExchange, statusOf } from '../../../../test/support/gateway.ts';
import { sampleIn } from '../../../../test/support/metrics-set-up.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import type { GatewaySettingsInput } from '../settings/table.ts';

const adminKey = 'an-admin-key-of-a-test';
const bearer = { authorization: `Bearer ${adminKey}` };

async function gatewayWith(settings: GatewaySettingsInput = {}) {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  return { provider, gateway: await gatewayForTest(provider.url, settings) };
}

const statusAt = async (url: string | undefined, init: RequestInit = {}) =>
  (await fetch(`${url}/metrics`, init)).status;

describe('where metrics are served', () => {
  it('on a loopback port without any key or setting', async () => {
    const { gateway } = await gatewayWith();
    const response = await fetch(`${gateway.url}/metrics`);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(sampleIn(await response.text(), 'askonce_cache_miss_total')).toBe(0);
  });

  it('not on a port beyond this machine, and never passed on to the provider', async () => {
    const { gateway, provider } = await gatewayWith({ host: '0.0.0.0', adminKey });
    expect(await statusAt(gateway.url, { headers: bearer })).toBe(404);
    expect(provider.seen).toEqual([]);
  });

  it('at an address of their own, also without an admin key: then metrics and health are all that is there', async () => {
    const { gateway } = await gatewayWith({ host: '0.0.0.0', adminListen: '127.0.0.1:0' });
    expect([await statusAt(gateway.url), await statusAt(gateway.adminUrl)]).toEqual([404, 200]);
    const others = ['/healthz', '/cache/health', '/cache/feedback', '/cache/metrics', '/v1/models', '/'];
    const statuses = others.map(async (path) => (await fetch(`${gateway.adminUrl}${path}`)).status);
    expect(await Promise.all(statuses)).toEqual([200, 404, 404, 404, 404, 404]);
    expect(gateway.log.join('')).toContain('serves metrics and health alone');
  });

  it('at an address beyond this machine the log says at the start that they are open, and how to require the key', async () => {
    const warnings = async (settings: GatewaySettingsInput) =>
      (await gatewayWith(settings)).gateway.log.filter((line) =>
        line.includes('beyond this machine, to any'),
      );
    const beyond = { adminKey, adminListen: '0.0.0.0:0' } as const;
    const [line, ...more] = await warnings(beyond);
    expect(line).toContain('ASKONCE_METRICS) to key');
    expect(more).toEqual([]);
    for (const closed of [
      { ...beyond, metrics: 'key' },
      { ...beyond, metrics: 'off' },
    ] as const)
      expect(await warnings(closed)).toEqual([]);
    expect(await warnings({ adminKey, adminListen: '127.0.0.1:0' })).toEqual([]);
  });

  it('nowhere if they are turned off, and an address of its own without an admin key is then not opened', async () => {
    const { gateway } = await gatewayWith({ metrics: 'off', adminListen: '127.0.0.1:0' });
    expect([await statusAt(gateway.url), gateway.adminUrl]).toEqual([404, undefined]);
  });

  it('if metrics are turned off, the admin calls about them say which setting did it', async () => {
    const { gateway } = await gatewayWith({ metrics: 'off', adminKey });
    for (const path of ['/cache/metrics', '/cache/performance']) {
      const response = await fetch(gateway.url + path, { headers: bearer });
      expect([response.status, await response.text()]).toEqual([
        404,
        expect.stringContaining('ASKONCE_METRICS'),
      ]);
    }
  });
});

describe('who is served metrics', () => {
  it('with the setting key only those with the admin key, on every port', async () => {
    const { gateway } = await gatewayWith({ metrics: 'key', adminKey, adminListen: '127.0.0.1:0' });
    for (const url of [gateway.url, gateway.adminUrl]) {
      const refused = await fetch(`${url}/metrics`);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await statusAt(url, { headers: { authorization: 'Bearer wrong' } })).toBe(401);
      expect(await statusAt(url, { headers: bearer })).toBe(200);
    }
  });

  it('wrong keys are limited, and the right one is still admitted', async () => {
    // One more in a thousand seconds, so that none is added while the test runs.
    const { gateway } = await gatewayWith({ metrics: 'key', adminKey, adminBurst: 20, adminRate: 0.001 });
    const statuses: number[] = [];
    for (let guess = 0; guess < 22; guess++)
      statuses.push(await statusAt(gateway.url, { headers: { authorization: `Bearer ${guess}` } }));
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 401), 429, 429]);
    expect(await statusAt(gateway.url, { headers: bearer })).toBe(200);
  });

  it('the setting key without an admin key ends the start', async () => {
    await expect(gatewayForTest('http://127.0.0.1:1', { metrics: 'key' })).rejects.toThrow(
      /metrics.*ASKONCE_ADMIN_KEY/,
    );
  });

  it('a page of another site, and a Host that names another machine, are refused', async () => {
    const { gateway } = await gatewayWith();
    expect(await statusAt(gateway.url, { headers: { origin: 'https://evil.example' } })).toBe(403);
    const exchange = await rawExchange(
      gateway.port,
      'GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    );
    expect(statusOf(exchange)).toBe(403);
  });
});

describe('the form of the answer', () => {
  it('HEAD has the headers and no body, and other methods are not allowed', async () => {
    const { gateway } = await gatewayWith();
    const head = await rawExchange(
      gateway.port,
      'HEAD /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(statusOf(head)).toBe(200);
    expect(head).toMatch(/content-length: \d{4,}\r\n/i);
    expect(head.endsWith('\r\n\r\n')).toBe(true);
    const post = await fetch(`${gateway.url}/metrics`, { method: 'POST', body: '{}' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('a query is ignored, and a longer path is another one', async () => {
    const { gateway } = await gatewayWith();
    const paths = ['/metrics?name=x', '/metrics/', '/metricsx', '/metrics/x'];
    const statuses = paths.map(async (path) => (await fetch(gateway.url + path)).status);
    expect(await Promise.all(statuses)).toEqual([200, 404, 404, 404]);
  });

  it('OpenMetrics is what a client gets that prefers it', async () => {
    const { gateway } = await gatewayWith();
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
    const response = await fetch(`${gateway.url}/metrics`, { headers: { accept } });
    expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
    expect((await response.text()).endsWith('# EOF\n')).toBe(true);
  });

  it('a client that accepts gzip gets it, and one that does not gets plain text', async () => {
    const { gateway } = await gatewayWith();
    const exchange = async (encoding: string) => {
      const lines = ['GET /metrics HTTP/1.1', 'Host: localhost', 'Connection: close', encoding, '', ''];
      return await rawExchange(gateway.port, lines.join('\r\n'));
    };
    expect(await exchange('Accept-Encoding: identity')).toContain('# TYPE askonce_cache_miss_total counter');
    expect(await exchange('Accept-Encoding: gzip')).toMatch(/content-encoding: gzip\r\n/i);
    // Undici sends and reads gzip by itself.
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain('askonce_cache_miss_total 0');
  });
});

it('the JSON and the scrape have the same numbers', async () => {
  const { gateway } = await gatewayWith({ adminKey });
  for (const question of ['One?', 'One?', 'One?', 'Two?'])
    await gateway.ask('/v1/chat/completions', chatRequest(question));
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const json: unknown = await (await fetch(`${gateway.url}/cache/metrics`, { headers: bearer })).json();
  expect(json).toMatchObject({
    cache_hit_fresh: 2,
    cache_miss: 2,
    hit_rate: 0.5,
    saved_tokens: sampleIn(text, 'askonce_saved_tokens_total'),
    saved_cost: sampleIn(text, 'askonce_saved_cost_total'),
    spent_cost: { miss: sampleIn(text, 'askonce_spent_cost_total{reason="miss"}') },
    value_size_bytes: { count: 2, sum: sampleIn(text, 'askonce_value_size_bytes_sum') },
    hit_duration_seconds: {
      count: 2,
      buckets: {
        '0.001': sampleIn(text, 'askonce_hit_duration_seconds_bucket{le="0.001"}'),
        '0.25': sampleIn(text, 'askonce_hit_duration_seconds_bucket{le="0.25"}'),
        '+Inf': 2,
      },
    },
  });
  expect(sampleIn(text, 'askonce_cache_hit_fresh_total')).toBe(2);
  expect(sampleIn(text, 'askonce_saved_tokens_total')).toBe(16);
});

it('a model of any name is in the JSON that the admin call answers', async () => {
  // The answer names the model that was asked for.
  const provider = await startRememberingProvider(({ body }) => ({
    body: chatAnswer('Yes.').replace('"gpt-4o"', JSON.stringify(JSON.parse(body).model)),
  }));
  const gateway = await gatewayForTest(provider.url, { adminKey });
  const names = ['none', 'other', '__proto__'];
  for (const model of names) await gateway.ask('/v1/chat/completions', chatRequest('Who?', { model }));
  const response = await fetch(`${gateway.url}/cache/metrics`, { headers: bearer });
  const answer = JSON.parse(await response.text());
  expect(new Set(Object.keys(answer.model_requests))).toEqual(new Set(names));
});
