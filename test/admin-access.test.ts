/**
 * Tokens, client addresses, limits and the audit log of admin calls, over HTTP at a started gateway.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { diagnose } from '../packages/gateway/src/doctor/diagnose.ts';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { type Exchange, gatewayForTest } from './support/gateway.ts';
import { signingKey, startIdentityProvider } from './support/jwks-server.ts';
import { root } from './support/pages.ts';
import { chatAnswer, startRememberingProvider } from './support/remembering-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const secret = 'a secret of at least thirty-two bytes';
const adminKey = 'the-key-of-all-admin-calls';
const viewerKey = 'the-key-of-a-dashboard';
const nowhere = 'http://127.0.0.1:1';
const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const inOneHour = () => Math.floor(Date.now() / 1000) + 3600;

function tokenOf(payload: JWTPayload, key = secret): Promise<string> {
  return new SignJWT({ exp: inOneHour(), ...payload })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(key));
}

async function started(settings: GatewaySettingsInput) {
  const gateway = await gatewayForTest(nowhere, settings);
  const origin = gateway.adminUrl ?? gateway.url;
  async function call(path: string, credential?: string, init: RequestInit = {}) {
    const authorization = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
    const response = await fetch(origin + path, {
      ...init,
      headers: {
        ...authorization,
        ...(init.body && { 'content-type': 'application/json' }),
        ...init.headers,
      },
    });
    const text = await response.text();
    const challenge = response.headers.get('www-authenticate');
    const retryAfter = response.headers.get('retry-after');
    const error = failure.safeParse(text.startsWith('{') ? JSON.parse(text) : undefined).data?.error;
    return {
      status: response.status,
      text,
      challenge,
      retryAfter,
      code: error?.code,
      message: error?.message,
    };
  }
  const lines = () => gateway.log.map((line): Record<string, unknown> => JSON.parse(line));
  const audit = (name = 'audit.jsonl') =>
    readFileSync(join(gateway.dataDir, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
  return { gateway, call, lines, audit };
}

describe('tokens', () => {
  it('tokens alone turn admin calls on, and each role may make its calls', async () => {
    const { call, lines } = await started({ adminJwtSecret: secret });
    const viewer = await tokenOf({ sub: 'ada', role: 'viewer' });
    expect((await call('/cache/stats', viewer)).status).toBe(200);
    expect(await call('/cache/invalidate?category=x', viewer, { method: 'DELETE' })).toMatchObject({
      status: 403,
      code: 'admin_forbidden',
      challenge: 'Bearer error="insufficient_scope"',
    });
    const operator = await tokenOf({ sub: 'bob', role: 'operator' });
    expect((await call('/cache/invalidate?category=x', operator, { method: 'DELETE' })).status).toBe(200);
    expect((await call('/cache/users/ada', operator, { method: 'DELETE' })).status).toBe(403);
    const line = { caller: 'ada', role: 'viewer', credential: 'token', call: 'GET /cache/stats' };
    expect(lines()).toContainEqual(expect.objectContaining(line));
  });

  it('the example program makes a token that the gateway accepts', async () => {
    const { call } = await started({ adminJwtSecret: secret });
    const program = ['examples/admin-token/token.ts', 'ada', 'operator', '60'];
    const environment = { env: { ASKONCE_ADMIN_JWT_SECRET: secret }, cwd: root, encoding: 'utf8' } as const;
    const token = execFileSync(process.execPath, program, environment).trim();
    expect((await call('/cache/entries', token)).status).toBe(200);
    expect((await call('/cache/users/ada', token, { method: 'DELETE' })).status).toBe(403);
  });

  it('a missing token, a wrong one and one that has expired are 401, and the challenge says which', async () => {
    const { call, gateway } = await started({ adminJwtSecret: secret });
    expect(await call('/cache/stats')).toMatchObject({ status: 401, challenge: 'Bearer' });
    const wrong = await tokenOf({ sub: 'ada', role: 'admin' }, `${secret}!`);
    const invalid = 'Bearer error="invalid_token", error_description=';
    expect(await call('/cache/stats', wrong)).toMatchObject({
      status: 401,
      challenge: `${invalid}"The key or token is not valid"`,
    });
    const old = await tokenOf({ sub: 'ada', role: 'admin', exp: inOneHour() - 7200 });
    for (let times = 0; times < 12; times += 1)
      expect(await call('/cache/stats', old)).toMatchObject({
        status: 401,
        challenge: `${invalid}"The token has expired"`,
        message: expect.stringContaining('The token has expired'),
      });
    for (const token of [wrong, old]) expect(gateway.log.join('')).not.toContain(token.slice(-20));
  });

  it('tokens of an identity provider are accepted at an address beyond loopback, and its outage is a 503 that says so', async () => {
    const provider = await startIdentityProvider();
    const key = await signingKey('one', 'RS256');
    provider.serveText(500, 'down');
    const { call, lines } = await started({
      host: '0.0.0.0',
      adminListen: '0.0.0.0:0',
      adminJwksUrl: provider.url,
      adminJwtIssuer: 'https://id.example',
      adminJwtAudience: ['askonce'],
      adminKey,
    });
    const claims = {
      sub: 'ada',
      role: 'viewer',
      iss: 'https://id.example',
      aud: 'askonce',
      exp: inOneHour(),
    };
    const token = await key.sign(claims);
    expect(await call('/cache/health', token)).toMatchObject({
      status: 503,
      code: 'admin_unavailable',
      retryAfter: '5',
    });
    expect((await call('/cache/health', adminKey)).status).toBe(200);
    expect(lines()).toContainEqual(
      expect.objectContaining({ level: 40, reason: expect.stringContaining('status 500') }),
    );
    const other = await startIdentityProvider();
    other.serve([key.publicKey]);
    const well = await started({ adminJwksUrl: other.url, adminJwtAudience: ['askonce'] });
    expect((await well.call('/cache/health', token)).status).toBe(200);
    expect((await well.call('/cache/health', await key.sign({ ...claims, aud: 'x' }))).status).toBe(401);
    expect((await well.call('/cache/health', await key.sign({ ...claims, role: 'root' }))).status).toBe(403);
    expect(other.fetches).toBe(1);
  });

  it('a key set that is too large or no JSON is out of reach, and does not stop the gateway', async () => {
    const provider = await startIdentityProvider();
    const key = await signingKey('one');
    for (const body of ['x'.repeat(300_000), '<html>', '{"keys":7}']) {
      provider.serveText(200, body);
      const { call } = await started({ adminJwksUrl: provider.url });
      const token = await key.sign({ sub: 'ada', role: 'viewer', exp: inOneHour() });
      expect(await call('/cache/health', token)).toMatchObject({ status: 503, code: 'admin_unavailable' });
    }
  });

  it('with metrics for callers with a key, any role may scrape', async () => {
    const { call } = await started({
      metrics: 'key',
      adminJwtSecret: secret,
      adminKeys: [`grafana:viewer:${viewerKey}`],
    });
    expect(await call('/metrics')).toMatchObject({ status: 401, challenge: 'Bearer' });
    expect((await call('/metrics', viewerKey)).status).toBe(200);
    expect((await call('/metrics', await tokenOf({ sub: 'ada', role: 'viewer' }))).status).toBe(200);
    for (let times = 0; times < 30; times += 1) expect((await call('/metrics', viewerKey)).status).toBe(200);
  });

  it('a viewer may give no feedback as an operator', async () => {
    const { call } = await started({ adminKey, adminKeys: [`grafana:viewer:${viewerKey}`] });
    const body = JSON.stringify({ match: 'unknown', verdict: 'wrong' });
    const send = (key: string) => call('/cache/feedback', key, { method: 'POST', body });
    expect(await send(viewerKey)).toMatchObject({ status: 403, code: 'admin_forbidden' });
    expect(await send(adminKey)).toMatchObject({ status: 404, code: 'match_unknown' });
  });
});

describe('limits and client addresses', () => {
  it('a caller that makes too many calls is refused with the time to wait, and no other caller is', async () => {
    const { call, lines } = await started({
      adminKey,
      adminKeys: [`grafana:viewer:${viewerKey}`],
      adminBurst: 3,
      adminRate: 0.1,
    });
    for (let times = 0; times < 3; times += 1)
      expect((await call('/cache/stats', viewerKey)).status).toBe(200);
    expect(await call('/cache/stats', viewerKey)).toMatchObject({
      status: 429,
      code: 'admin_limited',
      retryAfter: expect.stringMatching(/^(?:9|10)$/),
    });
    expect((await call('/cache/stats', adminKey)).status).toBe(200);
    expect(lines()).toContainEqual(expect.objectContaining({ code: 'admin_limited', address: '127.0.0.1' }));
  });

  it('a trusted proxy names the client for limits and log; without the setting its word counts for nothing', async () => {
    const forwarded = { headers: { 'x-forwarded-for': '6.6.6.6, 203.0.113.9' } };
    const plain = await started({ adminKey });
    await plain.call('/cache/stats', adminKey, forwarded);
    expect(plain.lines()).toContainEqual(
      expect.objectContaining({ call: 'GET /cache/stats', address: '127.0.0.1' }),
    );
    const behind = await started({
      adminKey,
      trustedProxies: ['127.0.0.0/8'],
      adminBurst: 2,
      adminRate: 0.1,
    });
    expect((await behind.call('/cache/stats', adminKey, forwarded)).status).toBe(200);
    expect(behind.lines()).toContainEqual(
      expect.objectContaining({ call: 'GET /cache/stats', address: '203.0.113.9' }),
    );
    expect((await behind.call('/cache/stats', adminKey, forwarded)).status).toBe(200);
    expect((await behind.call('/cache/stats', adminKey, forwarded)).status).toBe(429);
    const other = { headers: { forwarded: 'for="[2001:db8::7]:1234"' } };
    expect((await behind.call('/cache/stats', adminKey, other)).status).toBe(200);
    const wrong = async (address: string) =>
      (await behind.call('/cache/stats', 'a-key-that-is-wrong', { headers: { 'x-forwarded-for': address } }))
        .status;
    for (let times = 0; times < 2; times += 1) expect(await wrong('203.0.113.1')).toBe(401);
    expect([await wrong('203.0.113.1'), await wrong('203.0.113.2')]).toEqual([429, 401]);
  });
});

describe('the log of admin calls', () => {
  it('a refused call is logged with its method, and a key in a path by mistake is not logged', async () => {
    const { gateway, call, lines } = await started({ adminKey });
    await call('/cache/users/ada', 'a-key-that-is-wrong', { method: 'DELETE' });
    await call('/cache/flags', adminKey, { method: 'POST', body: '{}' });
    await call(`/cache/${adminKey}`);
    await call(`/cache/${adminKey}`, adminKey);
    await call(`/${adminKey}`);
    await call(`/cache/stats/${adminKey}`, adminKey);
    const calls = lines().map(({ method, path, code }) => [method, path, code]);
    expect(calls).toContainEqual(['DELETE', '/cache/users/…', 'admin_unauthorized']);
    expect(calls).toContainEqual(['POST', '/cache/flags', 'method_not_allowed']);
    expect(calls).toContainEqual(['GET', '/cache/…', 'admin_unauthorized']);
    expect(calls).toContainEqual(['GET', '/cache/…', 'route_unknown']);
    expect(lines()).toContainEqual(expect.objectContaining({ path: '/…' }));
    expect(gateway.log.join('')).not.toContain(adminKey);
  });
});

describe('the audit log', () => {
  it('every change is in the file when it is answered, with its caller and without names of users', async () => {
    const { call, audit, gateway } = await started({
      adminKey,
      adminJwtSecret: secret,
      trustedProxies: ['127.0.0.1'],
    });
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    const json = (body: object) => ({ body: JSON.stringify(body), headers });
    const put = { method: 'PUT', ...json({ negativeCache: 10 }) };
    expect((await call('/cache/flags', adminKey, put)).status).toBe(200);
    expect(audit()).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        what: 'flags were changed',
        role: 'admin',
        caller: 'admin',
        credential: 'key',
        address: '203.0.113.9',
        requestId: expect.stringMatching(/^req_/),
        changed: { negativeCache: 10 },
        flags: expect.objectContaining({ negativeCache: 10 }),
      },
    ]);
    const operator = await tokenOf({ sub: 'bob', role: 'operator' });
    const all = { method: 'POST', ...json({ all: true }) };
    await call('/cache/invalidate', operator, all);
    await call('/cache/invalidate', operator, { method: 'POST', ...json({ all: true, dryRun: true }) });
    await call('/cache/events', operator, {
      method: 'POST',
      ...json({ type: 'template.changed', template: 'x' }),
    });
    const erased = await call('/cache/users/Ada%20Lovelace?reason=asked+by+mail', adminKey, {
      method: 'DELETE',
    });
    expect(erased.status).toBe(200);
    await call('/cache/users/Ada', operator, { method: 'DELETE' });
    const records = audit();
    expect(records.slice(0, 4).map(({ what, caller, credential }) => [what, caller, credential])).toEqual([
      ['flags were changed', 'admin', 'key'],
      ['answers were invalidated', 'bob', 'token'],
      ['answers were invalidated by an event', 'bob', 'token'],
      ["a user's answers were erased", 'admin', 'key'],
    ]);
    expect(records[1]).toMatchObject({ selected: { all: true }, removed: 0 });
    expect(records[2]).toMatchObject({
      type: 'template.changed',
      fields: [expect.stringMatching(/^template=[0-9a-f]{20}$/)],
    });
    expect(records[3]).toMatchObject({
      reason: 'asked by mail',
      user: expect.stringMatching(/^[0-9a-f]{20}$/),
    });
    expect(readFileSync(join(gateway.dataDir, 'audit.jsonl'), 'utf8')).not.toMatch(/Lovelace|the-key-of|eyJ/);
    expect(statSync(join(gateway.dataDir, 'audit.jsonl')).mode & 0o777).toBe(0o600);
    const health = JSON.parse((await call('/cache/health', adminKey)).text);
    expect(health.components.audit).toMatchObject({ status: 'ok', written: records.length, lost: 0 });
  });

  it('a file that cannot be written degrades the health, and changes are made all the same', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'audit.jsonl'));
    const { call, audit, gateway } = await started({ adminKey, dataDir });
    const remove = () => call('/cache/invalidate?category=x', adminKey, { method: 'DELETE' });
    expect((await remove()).status).toBe(200);
    const health = async () => JSON.parse((await call('/cache/health', adminKey)).text);
    expect(await health()).toMatchObject({
      status: 'degraded',
      components: { audit: { status: 'degraded', reason: 'EISDIR', waiting: 1 } },
    });
    expect(gateway.log.join('')).toContain('the audit log cannot be written');
    rmSync(join(dataDir, 'audit.jsonl'), { recursive: true });
    expect((await remove()).status).toBe(200);
    expect(audit()).toHaveLength(2);
    expect(await health()).toMatchObject({ components: { audit: { status: 'ok', written: 2, waiting: 0 } } });
  });

  it('without a file, changes are in the log alone', async () => {
    const { call, audit, lines } = await started({ adminKey, auditFiles: 0 });
    await call('/cache/invalidate?category=x', adminKey, { method: 'DELETE' });
    expect(audit).toThrow(/ENOENT/);
    expect(lines()).toContainEqual(expect.objectContaining({ audit: true, msg: 'answers were invalidated' }));
  });
});

describe('what each role sees', () => {
  it('viewers see the state of the audit log without the path of its file', async () => {
    const { call } = await started({ adminKey, adminKeys: [{ name: 'v', role: 'viewer', key: viewerKey }] });
    const seen = async (key: string) =>
      z
        .object({ components: z.looseObject({ audit: z.unknown() }) })
        .parse(JSON.parse((await call('/cache/health', key)).text)).components.audit;
    expect(await seen(adminKey)).toMatchObject({
      status: 'ok',
      file: expect.stringContaining('audit.jsonl'),
    });
    expect(await seen(viewerKey)).toEqual({ status: 'ok', written: 0, waiting: 0, lost: 0 });
  });

  const question = 'What does the engine say about my secret garden?';
  const tags = (answer: { readonly entry: { readonly tags: readonly string[] } }) =>
    answer.entry.tags.join(' ');

  it('engine version and prompt hash are for admins, and stored text is not for viewers', async () => {
    const operatorKey = 'the-key-of-an-operator';
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('Green.') }));
    const { call, gateway } = await started({
      adminKey,
      adminKeys: [`ada:operator:${operatorKey}`, `grafana:viewer:${viewerKey}`],
      engineVersion: 'engine-7.2',
      promptHash: 'deadbeef01',
      keepText: true,
      openaiBaseUrl: `${provider.url}/v1`,
    });
    const asked = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: question }] });
    const twice: Exchange[] = [];
    for (let times = 0; times < 2; times += 1) twice.push(await gateway.ask('/v1/chat/completions', asked));
    expect(twice.map(({ status }) => status)).toEqual([200, 200]);
    const body = JSON.stringify({
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer sk-test' },
      body: JSON.parse(asked),
    });
    const explained = async (key: string) =>
      JSON.parse((await call('/cache/explain', key, { method: 'POST', body })).text);
    const forAdmin = await explained(adminKey);
    expect(forAdmin.entry).toMatchObject({ engineVersion: 'engine-7.2', promptHash: 'deadbeef01' });
    expect(tags(forAdmin)).toMatch(/engine=engine-7\.2.*prompt=deadbeef/);
    const forOperator = await explained(operatorKey);
    expect(forOperator.entry.model).toBe(forAdmin.entry.model);
    expect(JSON.stringify(forOperator)).not.toMatch(/engine-7\.2|deadbeef01/);
    const paths = [
      '/cache/top-queries',
      '/cache/health',
      '/cache/stats',
      '/cache/semantic',
      '/cache/analytics',
      '/cache/metrics',
    ];
    for (const path of paths) {
      for (const key of [operatorKey, viewerKey])
        expect((await call(path, key)).text).not.toMatch(/engine-7\.2|deadbeef01/);
      expect((await call(path, viewerKey)).text).not.toContain('secret garden');
    }
    const queries = async (key: string) => JSON.parse((await call('/cache/top-queries', key)).text).queries;
    await expect.poll(async () => (await queries(operatorKey))[0]?.text).toContain('secret garden');
    const [forViewer] = await queries(viewerKey);
    expect([forViewer.hits, 'text' in forViewer]).toEqual([1, false]);
  });
});

it('neither askonce config nor askonce doctor shows a key or a secret', async () => {
  const environment = {
    ASKONCE_ADMIN_KEY: adminKey,
    ASKONCE_ADMIN_KEYS: `grafana:viewer:${viewerKey}`,
    ASKONCE_ADMIN_JWT_SECRET: secret,
    ASKONCE_DATA_DIR: temporaryFolder(),
    ASKONCE_CONNECT_RETRIES: '0',
    OPENAI_BASE_URL: `${nowhere}/v1`,
    ANTHROPIC_BASE_URL: nowhere,
  };
  const program = ['--conditions=askonce-source', 'packages/gateway/src/cli/main.ts', 'config'];
  const options = { env: environment, cwd: root, encoding: 'utf8' } as const;
  const settings = execFileSync(process.execPath, program, options);
  const checks = await diagnose({ environment, workingDirectory: environment.ASKONCE_DATA_DIR });
  expect(settings).toMatch(/adminKeys +\["…"\]/);
  expect(checks.length).toBeGreaterThan(3);
  expect(settings + JSON.stringify(checks)).not.toMatch(new RegExp([adminKey, viewerKey, secret].join('|')));
}, 60_000);
