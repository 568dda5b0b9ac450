import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { fakeClock } from 'askonce/testing';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { gatewayForTest } from '../../../../test/support/gateway.ts';
import { adminRoute, noBody, operating, parametersSchema, viewing } from '../admin/route.ts';
import { adminRoutes } from '../admin/routes.ts';
import { adminClient } from './client.ts';
import { adminTarget } from './target.ts';

const key = 'the-key-of-all-admin-calls';

const row = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/things/{id}',
  summary: 'A call.',
  invalid: 'invalid_request',
  query: parametersSchema({ id: z.array(z.string()), tag: z.array(z.string()), limit: z.array(z.string()) }),
  body: noBody,
  answer: z.strictObject({ count: z.number() }),
  run: async () => ({ count: 1 }),
});

async function serverFor(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  return `http://127.0.0.1:${address.port}`;
}

const clientOf = (url: string, clock = fakeClock()) =>
  adminClient({ url, keys: [{ role: 'admin', key }], clock });

it('a running gateway is found by the settings, and every call that reads figures is parsed by its own schema', async () => {
  const gateway = await gatewayForTest('http://127.0.0.1:1', { adminKey: key });
  const environment = { ASKONCE_PORT: String(gateway.port), ASKONCE_ADMIN_KEY: key };
  const client = adminClient(adminTarget({ environment }));
  const reading = adminRoutes.filter(
    ({ method, roles, path, streams }) =>
      method === 'GET' && roles.includes('viewer') && !path.endsWith('}') && !streams,
  );
  expect(reading.length).toBeGreaterThan(5);
  for (const route of reading)
    expect(await client.attempt(route, {}), route.path).toMatchObject({
      ok: true,
      answer: expect.anything(),
    });
});

it('a call fills in its path, repeats parameters that are lists, and sends the key as a bearer', async () => {
  const seen: unknown[] = [];
  const url = await serverFor(({ url: path, headers }, response) => {
    seen.push(path, headers.authorization);
    response.end('{"count":1}');
  });
  const query = { id: ['a/b?c'], tag: ['x', 'y z'], limit: 5 };
  expect(await clientOf(url).call(row, { query })).toEqual({ count: 1 });
  expect(seen).toEqual(['/cache/things/a%2Fb%3Fc?tag=x&tag=y+z&limit=5', `Bearer ${key}`]);
});

it('the first key whose role may make the call is sent', async () => {
  const seen: unknown[] = [];
  const url = await serverFor(({ headers }, response) => {
    seen.push(headers.authorization);
    response.end('{"count":1}');
  });
  const client = adminClient({
    url,
    keys: [
      { role: 'viewer', key: 'the-key-of-a-viewer' },
      { role: 'operator', key: 'the-key-of-an-operator' },
    ],
  });
  await client.call(row, {});
  await client.call({ ...row, ...operating }, {});
  await client.call({ ...row, roles: ['admin'] }, {});
  expect(seen).toEqual([
    'Bearer the-key-of-a-viewer',
    'Bearer the-key-of-an-operator',
    'Bearer the-key-of-a-viewer',
  ]);
});

it('what a newer gateway answers in addition is left out, also within lists and alternatives', async () => {
  const answer = z.strictObject({
    rows: z.array(
      z.union([
        z.strictObject({ kind: z.literal('a') }),
        z.strictObject({ kind: z.literal('b'), n: z.number() }),
      ]),
    ),
  });
  const url = await serverFor((_request, response) =>
    response.end('{"rows":[{"kind":"a","more":1},{"kind":"b","n":2,"more":{}}],"more":true}'),
  );
  expect(await clientOf(url).call({ ...row, answer }, {})).toEqual({
    rows: [{ kind: 'a' }, { kind: 'b', n: 2 }],
  });
});

const refusals: readonly [number, Record<string, string>, string, string, RegExp][] = [
  [
    401,
    {},
    '{"error":{"code":"admin_unauthorized","message":"No key."}}',
    'admin_unauthorized',
    /401: No key\. Set ASKONCE_ADMIN_KEY/,
  ],
  [
    403,
    {},
    '{"error":{"code":"admin_forbidden","message":"No role."}}',
    'admin_forbidden',
    /a key of the role viewer or operator or admin/,
  ],
  [
    404,
    {},
    '{"error":{"code":"route_unknown","message":"Unknown."}}',
    'route_unknown',
    /Check that it is its admin address/,
  ],
  [
    404,
    {},
    '<html>',
    'route_unknown',
    /status 404\. Check that it is the admin address of an askonce gateway/,
  ],
  [
    429,
    { 'retry-after': '7' },
    '{"error":{"code":"admin_limited","message":"Slow."}}',
    'admin_limited',
    /Try again in 7 s/,
  ],
  [503, {}, '{"error":{"code":"store_failed","message":"Down."}}', 'store_failed', /status 503: Down\.$/],
  [
    500,
    {},
    '{"error":{"code":"unheard_of","message":"Odd\\u001b[2J\\nthing"}}',
    'gateway_mismatch',
    /500: Odd \[2J thing\.$/,
  ],
  [302, { location: 'http://127.0.0.1:1/' }, '', 'gateway_mismatch', /Redirects are not followed/],
  [200, {}, 'fine', 'gateway_mismatch', /\/cache\/things\/\{id\}: /],
  [200, {}, '{"count":"many"}', 'gateway_mismatch', /count must be a number/],
];

it.each(refusals)(
  'a status %i with %j and %s is one line that says what to do',
  async (status, headers, body, code, message) => {
    const url = await serverFor((_request, response) => response.writeHead(status, headers).end(body));
    const attempt = await clientOf(url).attempt(row, {});
    expect(attempt).toMatchObject({ ok: false, error: { code, message: expect.stringMatching(message) } });
    expect(attempt).toMatchObject({ retryAfterMs: status === 429 ? 7000 : undefined });
    const text = attempt.ok ? '' : attempt.error.message;
    expect(text).not.toMatch(/\p{Cc}/u);
    expect(text).not.toContain(key);
  },
);

it('the redirect of a call is not followed', async () => {
  const seen: unknown[] = [];
  const other = await serverFor(({ url }, response) => {
    seen.push(url);
    response.end('{"count":1}');
  });
  const url = await serverFor((_request, response) => response.writeHead(307, { location: other }).end());
  await expect(clientOf(url).call(row, {})).rejects.toMatchObject({ code: 'gateway_mismatch' });
  expect(seen).toEqual([]);
});

it('an address where nothing listens is unreachable, and the message says so', async () => {
  await expect(clientOf('http://127.0.0.1:1').call(row, {})).rejects.toMatchObject({
    code: 'gateway_unreachable',
    message: expect.stringMatching(/^No gateway answers at http:\/\/127\.0\.0\.1:1 \(.+\); start it/),
  });
});

it('a gateway that does not answer in time, or breaks off within its answer, is unreachable', async () => {
  const clock = fakeClock();
  const url = await serverFor((_request, response) => {
    response.write('{');
    clock.advance(5000);
  });
  await expect(clientOf(url, clock).call(row, { timeoutMs: 5000 })).rejects.toMatchObject({
    code: 'gateway_unreachable',
    message: expect.stringMatching(/did not answer within 5 s/),
  });
  const broken = await serverFor((_request, response) => {
    response.write('{');
    response.destroy();
  });
  await expect(clientOf(broken).call(row, {})).rejects.toMatchObject({ code: 'gateway_unreachable' });
});

it("a caller's signal ends a call with the signal's reason", async () => {
  const caller = new AbortController();
  const reason = new Error('enough');
  const url = await serverFor(() => caller.abort(reason));
  await expect(clientOf(url).attempt(row, { signal: caller.signal })).rejects.toBe(reason);
});
