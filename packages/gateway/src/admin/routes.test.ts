import { once } from 'node:events';
import { createServer } from 'node:http';
import { createCache } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { accountsAlone } from '../../../../test/support/accounting.ts';
import { accessByKey } from '../../../../test/support/admin-access.ts';
import { gatewayForTest } from '../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { usualRouting } from '../../../../test/support/routing.ts';
import { createLog } from '../log/log.ts';
import { unreported } from '../metrics/replies.ts';
import { traffic } from '../proxy/context.ts';
import { auditing } from './audit.ts';
import type { AdminContext } from './context.ts';
import { adminCalls } from './listener.ts';
import {
  type AdminRoute,
  adminRoute,
  anyQuery,
  type Listener,
  noBody,
  operating,
  parametersSchema,
  streamingRoute,
} from './route.ts';
import { adminRoutes, findRoutes } from './routes.ts';

const failure = z.looseObject({ error: z.object({ code: z.string() }).optional() });
const key = 'the-key-of-all-admin-calls';
const nameOf = ({ method, path }: AdminRoute) => `${method} ${path}`;

/** A valid call of every route: what follows its path, and its body. */
interface Sample {
  /** `ID` stands for the id of the job that `before` starts. */
  readonly path: string;
  readonly body?: unknown;
  readonly before?: string;
}

const entries = [{ model: 'gpt-4o', question: 'Really?' }];

const samples = new Map<string, Sample>([
  ['POST /cache/invalidate', { path: '/cache/invalidate', body: { tags: 'a=b' } }],
  ['DELETE /cache/invalidate', { path: '/cache/invalidate?category=pricing&category=none&dryRun=true' }],
  ['POST /cache/events', { path: '/cache/events', body: { type: 'template.changed', template: 'greeting' } }],
  ['DELETE /cache/users', { path: '/cache/users?id=ada&reason=asked', body: { reason: 'law' } }],
  ['DELETE /cache/users/{id}', { path: '/cache/users/ada' }],
  ['GET /cache/stats', { path: '/cache/stats?any=1' }],
  ['GET /cache/health', { path: '/cache/health' }],
  [
    'GET /cache/statistics',
    { path: '/cache/statistics?period=hourly&from=2026-11-29&timeZone=Asia/Kathmandu&tenant=acme' },
  ],
  ['GET /cache/analytics', { path: '/cache/analytics?to=2026-11-29T08:00:00%2B05:45&model=gpt-4o' }],
  ['GET /cache/top-queries', { path: '/cache/top-queries?language=&category=&limit=5' }],
  ['GET /cache/flags', { path: '/cache/flags' }],
  ['PUT /cache/flags', { path: '/cache/flags', body: { ENABLE_SWR: '10%' } }],
  ['GET /cache/semantic', { path: '/cache/semantic' }],
  ['POST /cache/warm', { path: '/cache/warm', body: { entries } }],
  ['GET /cache/warm/{id}', { path: '/cache/warm/ID', before: '/cache/warm' }],
  ['DELETE /cache/warm/{id}', { path: '/cache/warm/ID', before: '/cache/warm' }],
  ['GET /cache/metrics', { path: '/cache/metrics' }],
  ['GET /cache/performance', { path: '/cache/performance' }],
  ['GET /cache/openapi.json', { path: '/cache/openapi.json' }],
  [
    'POST /cache/maintenance',
    { path: '/cache/maintenance', body: { kinds: ['expired', 'low-value', 'low-quality'], dryRun: true } },
  ],
  ['GET /cache/maintenance', { path: '/cache/maintenance' }],
  [
    'GET /cache/entries',
    { path: '/cache/entries?tag=a%3Db&tag=c%3Dd&state=stale&limit=1&createdFrom=2026-11-29' },
  ],
  ['GET /cache/entries/{key}', { path: '/cache/entries/KEY' }],
  [
    'POST /cache/explain',
    {
      path: '/cache/explain',
      body: {
        path: '/v1/chat/completions',
        headers: { Authorization: 'Bearer sk-test' },
        body: { model: 'gpt-4o', messages: [{ role: 'user', content: 'Really?' }] },
      },
    },
  ],
]);

/** A stream has no end, and tests of its own. */
const answered = adminRoutes.filter(({ streams }) => !streams);

it('every admin route has a sample call here, and every sample its route', () => {
  expect([...samples.keys()].toSorted()).toEqual(answered.map(nameOf).toSorted());
});

it.each(answered.map((route) => [nameOf(route), route] as const))(
  'the answer of %s matches the schema of its row',
  async (name, route) => {
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
    const gateway = await gatewayForTest(provider.url, { adminKey: key, openaiApiKey: 'sk-test' });
    const { path = '', body, before } = samples.get(name) ?? {};
    const send = (method: string, to: string, content: unknown) =>
      fetch(gateway.url + to, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: content === undefined ? null : JSON.stringify(content),
      });
    const asked = path.endsWith('KEY') && (await gateway.ask('/v1/chat/completions', chatRequest('Really?')));
    const stored = encodeURIComponent(asked ? String(asked.headers['askonce-key']) : '');
    const id =
      before && z.object({ id: z.string() }).parse(await (await send('POST', before, { entries })).json()).id;
    const response = await send(route.method, path.replace(/KEY$/, stored).replace('ID', id ?? ''), body);
    const answer: unknown = await response.json();
    expect([response.status, answer]).toEqual([route.status, route.answer.parse(answer)]);
    expect(route.answer.safeParse({}).success).toBe(false);
  },
);

describe('a route table of one row', () => {
  /** A server with admin calls of the given routes. */
  async function serving(routes: readonly AdminRoute[], listener: Listener) {
    const clock = fakeClock();
    const cache = createCache({ clock });
    const log = createLog({ level: 'silent', bodies: false, clock });
    const context: AdminContext = {
      cache,
      log,
      clock,
      audit: auditing(log),
      accounting: accountsAlone(clock),
      metrics: undefined,
      routing: usualRouting,
      warming: () => Promise.reject(new Error('nothing is warmed here')),
      digestTag: (text) => text,
      digestUser: (user) => user,
      digestTenant: (tenant) => tenant,
      digestCursor: (text) => text,
      health: async () => ({ status: 'ok', components: {}, semantic: { state: 'off', trouble: [] } }),
    };
    const proxy = { log, clock, replies: unreported, traffic: traffic(), requestTimeoutMs: 1000 };
    const handler = adminCalls({ access: accessByKey(key, clock), context, proxy, routes })(listener);
    if (handler === undefined) return undefined;
    const server = createServer(handler);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return async (path: string, authorization: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } });
      const { error } = failure.parse(await response.json());
      return [response.status, error?.code];
    };
  }

  const health = adminRoutes.filter(({ path }) => path === '/cache/health');
  const right = `Bearer ${key}`;

  it('a row that the role of the caller may not call is 403 with the right key', async () => {
    const call = await serving(
      health.map((route) => ({ ...route, roles: [] })),
      'admin',
    );
    expect(await call?.('/cache/health', right)).toEqual([403, 'admin_forbidden']);
    expect(await call?.('/cache/health', 'Bearer wrong')).toEqual([401, 'admin_unauthorized']);
  });

  it('a row has the limit on wrong keys that it names', async () => {
    const call = await serving(
      health.map((route) => ({ ...route, limit: { burst: 1, everyMs: 60_000 } })),
      'admin',
    );
    expect(await call?.('/cache/health', 'Bearer wrong')).toEqual([401, 'admin_unauthorized']);
    expect(await call?.('/cache/health', 'Bearer wrong')).toEqual([429, 'admin_limited']);
  });

  it('a row that begins what goes on later answers with 202', async () => {
    const begun = adminRoute({
      ...operating,
      method: 'GET',
      path: '/cache/begun',
      summary: 'Begin.',
      invalid: 'invalid_request',
      query: anyQuery,
      body: noBody,
      answer: z.strictObject({}),
      status: 202,
      run: async () => ({}),
    });
    const call = await serving([begun], 'admin');
    expect(await call?.('/cache/begun', right)).toEqual([202, undefined]);
  });

  it('a row that streams sends its answer itself, and its refusals are JSON', async () => {
    const streaming = streamingRoute({
      ...operating,
      method: 'GET',
      path: '/cache/streaming',
      summary: 'Stream.',
      invalid: 'invalid_request',
      query: parametersSchema({ id: z.array(z.string()).optional() }),
      body: noBody,
      answer: z.strictObject({}),
      open: async () => (response) => response.writeHead(200).end('{}'),
    });
    const call = await serving([streaming], 'admin');
    expect(await call?.('/cache/streaming?id=1', right)).toEqual([200, undefined]);
    expect(await call?.('/cache/streaming?other=1', right)).toEqual([400, 'invalid_request']);
  });

  it('a row is served by the listeners that it names, and by no other', async () => {
    const routes = health.map((route) => ({ ...route, listeners: ['loopback'] as const }));
    expect(await serving(routes, 'public')).toBe(undefined);
    expect(await serving(routes, 'admin')).toBe(undefined);
    const call = await serving(routes, 'loopback');
    expect(await call?.('/cache/health', right)).toEqual([200, undefined]);
  });
});

it('no row is served beyond this machine on the main port', () => {
  expect(adminRoutes.filter(({ listeners }) => listeners.includes('public'))).toEqual([]);
});

it('a row that needs a body says so by its schema', () => {
  const needing = adminRoutes.filter(({ body }) => body !== noBody && !body.safeParse(undefined).success);
  expect(needing.map(nameOf)).toEqual([
    'POST /cache/invalidate',
    'POST /cache/events',
    'PUT /cache/flags',
    'POST /cache/explain',
    'POST /cache/warm',
  ]);
});

it.each([
  ['/cache/users', ['/cache/users'], {}],
  ['/cache/users/a%2Fb', ['/cache/users/{id}'], { id: 'a%2Fb' }],
  ['/cache/users/{id}', ['/cache/users/{id}'], { id: '{id}' }],
  ['/cache/flags', ['/cache/flags', '/cache/flags'], {}],
] as const)('the path %s finds its routes', (path, patterns, parameters) => {
  const found = findRoutes(adminRoutes, path);
  expect([found?.routes.map((route) => route.path), found?.parameters]).toEqual([patterns, parameters]);
});

it.each(['/cache/users/', '/cache/users/a/b', '/cache', '/cache/flags/x', ''])(
  'the path %j finds no route',
  (path) => {
    expect(findRoutes(adminRoutes, path)).toBe(undefined);
  },
);
