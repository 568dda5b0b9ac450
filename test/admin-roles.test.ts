/**
 * Who may make which admin call: every call of the table with every role, over HTTP at a started gateway.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { adminRoutes } from '../packages/gateway/src/admin/routes.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { code, page, section, tableRows } from './support/pages.ts';

const keys = {
  viewer: 'the-key-of-a-dashboard',
  operator: 'the-key-of-an-operator',
  admin: 'the-key-of-all-admin-calls',
} as const;
const roles = ['viewer', 'operator', 'admin'] as const;
const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

let gateway: TestGateway;
beforeAll(async () => {
  // No call of the table reaches a provider.
  gateway = await startTestGateway('http://127.0.0.1:1', {
    adminKey: keys.admin,
    adminKeys: [`dashboard:viewer:${keys.viewer}`, { name: 'ada', role: 'operator', key: keys.operator }],
    host: '0.0.0.0',
    adminListen: '127.0.0.1:0',
  });
});
afterAll(() => gateway.remove());

async function call(method: string, path: string, key: string | undefined) {
  const abort = new AbortController();
  const response = await fetch(`${gateway.adminUrl}${path}`, {
    method,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    signal: abort.signal,
  });
  // A stream has no end of its own.
  const isRefused = response.status >= 400;
  const answer: unknown = isRefused ? await response.json() : undefined;
  abort.abort();
  return { status: response.status, headers: response.headers, answer };
}

/** A call of a row; its parameter names nothing. */
const pathOf = (path: string) => path.replace(/\{\w+\}/, 'none');

describe.each(adminRoutes.map((route) => [`${route.method} ${route.path}`, route] as const))(
  'the call %s',
  (_, route) => {
    it.each(roles)('by a caller whose role is %s', async (role) => {
      const { status, headers, answer } = await call(route.method, pathOf(route.path), keys[role]);
      if (route.roles.includes(role)) return expect([401, 403, 429]).not.toContain(status);
      expect([status, headers.get('www-authenticate')]).toEqual([403, 'Bearer error="insufficient_scope"']);
      const { error } = failure.parse(answer);
      expect(error.code).toBe('admin_forbidden');
      expect(error.message).toContain(`use one of ${route.roles.join(', ')}`);
    });

    it('by a caller without a key, or with one that is part of a right one', async () => {
      const path = pathOf(route.path);
      expect(await call(route.method, path, undefined)).toMatchObject({ status: 401 });
      const wrong = await call(route.method, path, keys.admin.slice(0, -1));
      expect([401, 429]).toContain(wrong.status);
    });
  },
);

it('each admin call has a line in the log with its caller, and no line holds a key or a name from the path', async () => {
  const { status } = await call('DELETE', '/cache/users/Ada%20Lovelace?reason=law', keys.admin);
  expect(status).toBe(200);
  await call('DELETE', '/cache/users/Ada%20Lovelace', keys.viewer);
  await call('GET', '/cache/health', keys.viewer);
  const lines = gateway.log.map((line): Record<string, unknown> => JSON.parse(line));
  expect(lines).toContainEqual(
    expect.objectContaining({
      msg: 'admin call',
      call: 'GET /cache/health',
      status: 200,
      caller: 'dashboard',
      role: 'viewer',
      credential: 'key',
      address: '127.0.0.1',
      requestId: expect.stringMatching(/^req_/),
    }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ code: 'admin_forbidden', caller: 'dashboard', path: '/cache/users/…' }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ audit: true, by: 'admin', caller: 'admin', credential: 'key' }),
  );
  expect(gateway.log.join('')).not.toMatch(/the-key-of|Lovelace/);
});

it('the line of a refused call has its method, and that of an unknown one no part of its path', async () => {
  await call('GET', '/cache/invalidations', keys.viewer);
  await call('PUT', `/cache/${keys.operator}`, undefined);
  await call('PUT', '/cache/health', keys.viewer);
  const lines = gateway.log.map((line): Record<string, unknown> => JSON.parse(line));
  for (const line of [
    { path: '/cache/…', method: 'GET', caller: 'dashboard', code: 'route_unknown' },
    { path: '/cache/…', method: 'PUT', code: 'admin_unauthorized' },
    { path: '/cache/health', method: 'PUT', code: 'method_not_allowed' },
  ])
    expect(lines).toContainEqual(expect.objectContaining(line));
  expect(gateway.log.join('')).not.toMatch(/the-key-of/);
});

it('the table of roles on the page of access is the one of the calls', () => {
  const rows = tableRows(section(page('docs/guide/admin-access.md'), 'Roles'), 'call');
  const listed = rows.map(([call, least = '']) => [code(call), /^\w+/.exec(least)?.[0]]);
  const expected = adminRoutes.map((route) => [
    `${route.method} ${route.path}`,
    roles.find((role) => route.roles.includes(role)),
  ]);
  expect(listed.toSorted()).toEqual(expected.toSorted());
});
