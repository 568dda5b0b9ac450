import { describe, expect, it } from 'vitest';
import { gatewayForTest, json, rawExchange, statusOf } from '../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import type { GatewaySettingsInput } from '../index.ts';

const adminKey = 'the-key-of-all-admin-calls';
const authorization = `Bearer ${adminKey}`;

async function started(settings: GatewaySettingsInput = {}, answer = () => ({ body: chatAnswer('Yes.') })) {
  const provider = await startRememberingProvider(answer);
  const gateway = await gatewayForTest(provider.url, { adminKey, ...settings });
  const origin = gateway.adminUrl ?? gateway.url;
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(origin + path, {
      method,
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
  }
  async function ask(question: string, headers: Record<string, string> = {}) {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: chatRequest(question),
    });
    await response.text();
    return {
      status: response.headers.get('cache-status') ?? '',
      key: response.headers.get('askonce-key') ?? '',
    };
  }
  return { gateway, provider, call, ask, origin };
}

const hit = /^askonce; hit/;
const miss = /^askonce; fwd=miss/;

describe('invalidation by an admin call', () => {
  it('an admin call with a selector removes the matching entries, counts them, and leaves the rest', async () => {
    const { call, ask } = await started();
    await ask('a', { 'askonce-tags': 'tmpl=greeting, tmplv=3', 'askonce-language': 'es' });
    await ask('b', { 'askonce-tags': 'tmpl=farewell' });
    await ask('c');
    const selector = { tags: ['tmpl=greeting', 'tmpl=farewell'], language: 'es' };
    expect(await call('POST', '/cache/invalidate', { ...selector, dryRun: true })).toMatchObject({
      status: 200,
      body: { wouldRemove: 1 },
    });
    expect((await call('POST', '/cache/invalidate', selector)).body).toEqual({ removed: 1 });
    expect((await call('POST', '/cache/invalidate', selector)).body).toEqual({ removed: 0 });
    expect(
      (await ask('a', { 'askonce-tags': 'tmpl=greeting, tmplv=3', 'askonce-language': 'es' })).status,
    ).toMatch(miss);
    expect((await ask('b', { 'askonce-tags': 'tmpl=farewell' })).status).toMatch(hit);
    expect((await call('POST', '/cache/invalidate', { all: true })).body).toEqual({ removed: 3 });
  });

  it('an admin call with a query removes by category, language and key', async () => {
    const { call, ask } = await started();
    const { key } = await ask('What does the red one cost?', { 'askonce-category': 'pricing' });
    await ask('Quanto custa o vermelho?', { 'askonce-category': 'pricing', 'askonce-language': 'pt' });
    expect((await call('DELETE', '/cache/invalidate?category=pricing&language=pt')).body).toEqual({
      removed: 1,
    });
    const byKey = `/cache/invalidate?cacheKey=${encodeURIComponent(key)}`;
    expect((await call('DELETE', `${byKey}&dryRun=true`)).body).toEqual({ wouldRemove: 1 });
    expect((await call('DELETE', byKey)).body).toEqual({ removed: 1 });
    expect((await ask('What does the red one cost?', { 'askonce-category': 'pricing' })).status).toMatch(
      miss,
    );
  });

  it('an admin call with an event removes the entries that the table of events maps it to', async () => {
    const { call, ask } = await started();
    await ask('a', { 'askonce-template': 'greeting@3' });
    await ask('b', { 'askonce-template': 'greeting@4' });
    const event = { type: 'template.changed', template: 'greeting' };
    expect((await call('POST', '/cache/events', { ...event, version: '3' })).body).toEqual({ removed: 1 });
    expect((await call('POST', '/cache/events', event)).body).toEqual({ removed: 1 });
  });

  it("an admin call erases one user's answers, returns their number and the reason, and is audited without content", async () => {
    const { call, ask, gateway } = await started({ logLevel: 'error' });
    const name = 'Ada Lovelace/7';
    await ask('a', { 'askonce-user': name });
    await ask('b', { 'askonce-user': name });
    await ask('c', { 'askonce-user': 'bob' });
    const erased = await call('DELETE', `/cache/users/${encodeURIComponent(name)}?reason=asked+by+mail`);
    expect(erased).toMatchObject({ status: 200, body: { removed: 2, reason: 'asked by mail' } });
    expect((await ask('a', { 'askonce-user': name })).status).toMatch(miss);
    expect((await ask('c', { 'askonce-user': 'bob' })).status).toMatch(hit);
    const lines = gateway.log
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === "a user's answers were erased");
    expect(lines).toEqual([
      expect.objectContaining({
        audit: true,
        user: expect.stringMatching(/^[0-9a-f]{20}$/),
        removed: 2,
        reason: 'asked by mail',
        address: '127.0.0.1',
        requestId: erased.headers.get('x-request-id'),
      }),
    ]);
    expect(gateway.log.join('')).not.toMatch(/Ada|Lovelace|sk-test/);
    const again = await call('DELETE', `/cache/users?id=${encodeURIComponent(name)}`, { reason: 'law' });
    expect(again.body).toMatchObject({
      removed: 1,
      reason: 'law',
      byIndex: 1,
      thorough: { state: 'done', removed: 0 },
    });
    // On a busy machine the ledger may still erase when the call answers; then the audit log has the number.
    const rows = () => [again.body, ...audited()].find(({ ledgerRows }) => ledgerRows > 0)?.ledgerRows;
    const audited = () =>
      gateway.log
        .map((line) => JSON.parse(line))
        .filter(({ requestId }) => requestId === again.headers.get('x-request-id'));
    // Of a lookup, a call and a store. The text came so soon after the first erasure that it was left out.
    await expect.poll(rows).toBe(3);
    expect(again.body.ledger).toEqual(again.body.ledgerRows === 3 ? undefined : { state: 'running' });
  });

  it('the reason of an erasure is the one of the body, else of the query, which is checked only then', async () => {
    const { call } = await started();
    const cases = [
      ['null', '?reason=mail', 'mail'],
      ['null', '', 'not given'],
      ['{}', '?reason=mail', 'not given'],
      ['{"reason":"law"}', '?reason=', 'law'],
    ] as const;
    const erased = await Promise.all(
      cases.map(([body, query], n) => call('DELETE', `/cache/users/user-${n}${query}`, body)),
    );
    const answers = erased.map(({ status, body: { ledger: _mayRun, ...body } }) => [status, body]);
    expect(answers).toEqual(
      cases.map(([, , reason]) => [
        200,
        { removed: 0, reason, byIndex: 0, ledgerRows: 0, thorough: { state: 'done', removed: 0 } },
      ]),
    );
  });
});

describe('an admin call that is wrong', () => {
  const wrong: readonly (readonly [string, string, unknown, number, string])[] = [
    ['POST', '/cache/invalidate', {}, 400, 'invalid_selector'],
    ['POST', '/cache/invalidate', { dryRun: true }, 400, 'invalid_selector'],
    ['POST', '/cache/invalidate', { tag: 'a=b' }, 400, 'invalid_selector'],
    ['POST', '/cache/invalidate', { tags: [] }, 400, 'invalid_selector'],
    ['POST', '/cache/invalidate', { all: false }, 400, 'invalid_selector'],
    ['POST', '/cache/invalidate', { all: true, user: 'a' }, 400, 'invalid_selector'],
    ['POST', '/cache/invalidate', { all: true, dryRun: 'yes' }, 400, 'invalid_selector'],
    ['POST', '/cache/invalidate', [], 400, 'invalid_selector'],
    ['POST', '/cache/invalidate', 'null', 400, 'invalid_selector'],
    ['POST', '/cache/invalidate', '{"all":', 400, 'invalid_json'],
    ['POST', '/cache/invalidate', '', 400, 'invalid_json'],
    ['POST', '/cache/invalidate', { user: 'x'.repeat(1024 * 1024) }, 413, 'body_too_large'],
    ['POST', '/cache/invalidate', undefined, 415, 'unsupported_media_type'],
    ['DELETE', '/cache/invalidate', undefined, 400, 'invalid_selector'],
    ['DELETE', '/cache/invalidate?category=', undefined, 400, 'invalid_selector'],
    ['DELETE', '/cache/invalidate?user=ada', undefined, 400, 'invalid_selector'],
    ['DELETE', '/cache/invalidate?category=zz&dryRun', undefined, 400, 'invalid_selector'],
    ['DELETE', '/cache/invalidate?category=zz&dryRun=1', undefined, 400, 'invalid_selector'],
    ['DELETE', '/cache/invalidate?category=zz&dryRun=TRUE', undefined, 400, 'invalid_selector'],
    ['DELETE', '/cache/invalidate?category=zz&dryRun=true&dryRun=false', undefined, 400, 'invalid_selector'],
    ['DELETE', '/cache/invalidate?category=%FF', undefined, 400, 'invalid_request'],
    ['POST', '/cache/events', {}, 400, 'invalid_event'],
    ['POST', '/cache/events', { type: 'no.such' }, 400, 'invalid_event'],
    ['POST', '/cache/events', { type: 'template.changed' }, 400, 'invalid_event'],
    ['POST', '/cache/events', { type: 'template.changed', template: { a: 1 } }, 400, 'invalid_event'],
    [
      'POST',
      '/cache/events',
      JSON.parse('{"type":"template.changed","template":"x","__proto__":{}}'),
      400,
      'invalid_request',
    ],
    ['DELETE', '/cache/users', undefined, 400, 'invalid_request'],
    ['DELETE', '/cache/users/ada?id=bob', undefined, 400, 'invalid_request'],
    ['DELETE', '/cache/users/%FF', undefined, 400, 'invalid_request'],
    ['DELETE', '/cache/users/ada?why=x', undefined, 400, 'invalid_request'],
    ['DELETE', '/cache/users/ada?reason=', undefined, 400, 'invalid_request'],
    ['DELETE', '/cache/users/ada?reason=+', 'null', 400, 'invalid_request'],
    ['DELETE', '/cache/users/ada', { because: 'x' }, 400, 'invalid_request'],
    ['DELETE', '/cache/users/ada', { reason: 'x'.repeat(501) }, 400, 'invalid_request'],
    ['PUT', '/cache/flags', {}, 400, 'invalid_flags'],
    ['PUT', '/cache/flags', { enabled: 101 }, 400, 'invalid_flags'],
    ['PUT', '/cache/flags', { enabled: 'on' }, 400, 'invalid_flags'],
    ['PUT', '/cache/flags', { enabled: true, LLM_CACHE_ENABLED: true }, 400, 'invalid_flags'],
    ['PUT', '/cache/flags', { teleport: true }, 400, 'invalid_flags'],
    ['PUT', '/cache/flags', { __proto__: null, constructor: true }, 400, 'invalid_flags'],
    ['GET', '/cache/nothing', undefined, 404, 'route_unknown'],
    ['GET', '/cache/', undefined, 404, 'route_unknown'],
    ['DELETE', '/cache/users/ada/bob', undefined, 404, 'route_unknown'],
    ['GET', '/cache/invalidate', undefined, 405, 'method_not_allowed'],
    ['POST', '/cache/flags', {}, 405, 'method_not_allowed'],
    ['POST', '/cache/stats', {}, 405, 'method_not_allowed'],
    ['DELETE', '/cache/health', undefined, 405, 'method_not_allowed'],
    ['PUT', '/cache/events', undefined, 405, 'method_not_allowed'],
    ['GET', '/cache/users/ada', undefined, 405, 'method_not_allowed'],
  ];

  it('a wrong admin call gets an error code, invalidates nothing, and reaches no provider', async () => {
    const { call, ask, provider, gateway } = await started();
    await ask('a');
    for (const [method, path, body, status, code] of wrong) {
      const answer = await call(
        method,
        path,
        body,
        method === 'POST' && body === '' ? { 'content-type': 'application/json' } : {},
      );
      expect([method, path, answer.status, answer.body.error.code]).toEqual([method, path, status, code]);
      expect(Object.keys(answer.body)).toEqual(['error']);
      expect(Object.keys(answer.body.error)).toEqual(['code', 'message']);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
      expect(answer.headers.get('allow') === null).toBe(status !== 405);
    }
    expect((await ask('a')).status).toMatch(hit);
    expect(provider.seen).toHaveLength(1);
    expect(gateway.log.join('')).not.toMatch(/unexpected error/);
  });

  it('the error for an unknown parameter of an admin call names the known ones, and repeats no text', async () => {
    const { call } = await started();
    const { body } = await call('DELETE', '/cache/invalidate?sensitive-text=x');
    expect(body.error.message).toBe(
      'The selector is wrong: it has an unknown parameter; expected category, language, cacheKey, dryRun.',
    );
    const selector = await call('POST', '/cache/invalidate', { 'sensitive-text': 'x' });
    expect(selector.body.error.message).toBe('The selector is wrong: it has an unknown field.');
  });

  it('an admin call without the right key is 401 on every path, and 429 after twenty wrong keys, but never with the right one', async () => {
    const { call, gateway } = await started({ adminBurst: 20, adminRate: 0.001 });
    for (const path of ['/cache/health', '/cache/nothing', '/cache/users/ada']) {
      const answer = await call('GET', path, undefined, { authorization: '' });
      expect(answer).toMatchObject({ status: 401, body: { error: { code: 'admin_unauthorized' } } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    const guess = () => call('GET', '/cache/flags', undefined, { authorization: 'Bearer wrong-key' });
    for (let times = 0; times < 20; times += 1) expect((await guess()).status).toBe(401);
    const limited = await guess();
    expect(limited).toMatchObject({ status: 429, body: { error: { code: 'admin_limited' } } });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await call('GET', '/cache/flags')).status).toBe(200);
    expect(gateway.log.join('')).not.toMatch(/wrong-key|the-key-of-all/);
  });

  it('an admin call from a page of another site, or under a foreign host name, is refused even with the right key', async () => {
    const { call, gateway } = await started();
    expect((await call('GET', '/cache/flags', undefined, { origin: 'https://evil.example' })).status).toBe(
      403,
    );
    const foreign = `DELETE /cache/users/Ada HTTP/1.1\r\nHost: evil.example\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`;
    expect(statusOf(await rawExchange(gateway.port, foreign))).toBe(403);
    expect(gateway.log.filter((line) => line.includes('/cache/users/…'))).toHaveLength(1);
    expect(gateway.log.join('')).not.toContain('Ada');
  });
});

describe('flags by an admin call', () => {
  it('flags are shown, changed at once by either name, and reset to the settings', async () => {
    const { call, ask } = await started({ staleWhileRevalidate: 5 });
    expect((await call('GET', '/cache/flags')).body.flags).toMatchObject({
      enabled: 100,
      staleWhileRevalidate: 5,
    });
    await ask('a');
    const changed = await call('PUT', '/cache/flags', {
      LLM_CACHE_ENABLED: false,
      ENABLE_SWR: '25%',
      negativeCache: 10,
    });
    expect(changed).toMatchObject({
      status: 200,
      body: { flags: { enabled: 0, staleWhileRevalidate: 25, negativeCache: 10 } },
    });
    expect((await ask('a')).status).toBe('askonce; fwd=bypass; detail="disabled"');
    const back = await call('PUT', '/cache/flags', { enabled: null, ENABLE_SWR: null });
    expect(back.body.flags).toMatchObject({ enabled: 100, staleWhileRevalidate: 5, negativeCache: 10 });
    expect((await ask('a')).status).toMatch(hit);
  });
});

describe('admin calls that read', () => {
  it('answers that are not stored are counted by reason, and logged once a minute for each reason', async () => {
    const { call, ask, gateway } = await started({}, () => ({ body: chatAnswer(' ') }));
    expect((await call('GET', '/cache/stats')).body.refused).toEqual({});
    await ask('a');
    await ask('b');
    expect((await call('GET', '/cache/stats')).body.refused).toEqual({ empty: 2 });
    const lines = gateway.log.filter((line) => line.includes('an answer was not stored'));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        level: 30,
        reason: 'empty',
        protocol: 'openai-chat',
        requestId: expect.any(String),
      }),
    ]);
  });

  it('admin calls show the statistics of the store and the health of every component', async () => {
    const { call, ask } = await started();
    await ask('a');
    await ask('a');
    const stats = await call('GET', '/cache/stats');
    expect(stats.body).toMatchObject({ flights: 0, store: { entries: 1, hits: 1 } });
    const health = await call('GET', '/cache/health');
    expect(health).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        components: {
          memory: { status: 'ok', entries: 1 },
          sqlite: { status: 'ok', latencyMs: expect.any(Number), bytes: expect.any(Number) },
          log: { status: 'ok', isCurrent: true },
          flights: { status: 'ok', underWay: 0 },
          process: { status: 'ok', residentBytes: expect.any(Number) },
        },
      },
    });
  });
});

describe('the listeners of admin calls', () => {
  it('without a configured key admin calls are unknown routes, even to a caller that sends one', async () => {
    const { call } = await started({ adminKey: undefined, adminListen: '127.0.0.1:0' });
    const one = await call('GET', '/cache/flags');
    const other = await call('GET', '/nothing');
    expect(one).toMatchObject({ status: 404, body: { error: { code: 'route_unknown' } } });
    expect(one.body).toEqual(other.body);
  });

  it('on a public port without an address of their own admin calls are not served, and the log says so', async () => {
    const { call, gateway } = await started({ host: '0.0.0.0' });
    expect((await call('GET', '/cache/flags')).status).toBe(404);
    expect(gateway.log.filter((line) => line.includes('adminListen'))).toHaveLength(1);
  });

  it('on a public port admin calls are served at their own address only', async () => {
    const { call, gateway, origin } = await started({ host: '0.0.0.0', adminListen: '127.0.0.1:0' });
    expect(origin).not.toBe(gateway.url);
    expect((await call('GET', '/cache/flags')).status).toBe(200);
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${origin}/readyz`)).text()).toBe('{"status":"ready"}');
    expect((await fetch(`${origin}/v1/models`)).status).toBe(404);
    expect((await fetch(`${gateway.url}/cache/flags`, { headers: { authorization } })).status).toBe(404);
    const foreign = `GET /cache/flags HTTP/1.1\r\nHost: evil.example\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`;
    expect(statusOf(await rawExchange(Number(new URL(origin).port), foreign))).toBe(403);
  });

  it('an admin address that is in use stops the start', async () => {
    const { origin } = await started({ adminListen: '127.0.0.1:0' });
    await expect(started({ adminListen: new URL(origin).host })).rejects.toThrow(
      /^adminListen: \d+ on 127\.0\.0\.1 is in use/,
    );
  });
});
