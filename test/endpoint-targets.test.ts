/**
 * Requests whose target says more than a path and a query: in each framework they are answered by their handlers, and no
 * other request is given their answers.
 */
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import { createCache } from 'askonce';
import { cachedHandler } from 'askonce/endpoint';
import { askonceEndpoint as forExpress } from 'askonce/express';
import { askonceEndpoint as forFastify } from 'askonce/fastify';
import { askonceEndpoint as forHono } from 'askonce/hono';
import fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import { majors, serve } from './support/express.ts';

/** A server whose route `/page` answers what it reads of its request's target and host. */
type Start = () => Promise<string>;

const ofExpress = majors.map(([name, express]): readonly [string, Start] => [
  name,
  () => {
    const app = express();
    app.set('trust proxy', true);
    app.use(forExpress(createCache()));
    app.get('/page', (request, response) => {
      const host = name === 'Express 4' ? request.hostname : request.host;
      response.json([request.originalUrl, request.query, host]);
    });
    return serve(app);
  },
]);

const servers: readonly (readonly [string, Start])[] = [
  ...ofExpress,
  [
    'Fastify',
    async () => {
      const app = fastify({ trustProxy: true, forceCloseConnections: true });
      await app.register(forFastify(createCache()));
      app.get('/page', async ({ url, query, host }) => [url, query, host]);
      onTestFinished(() => app.close());
      return await app.listen({ port: 0, host: '127.0.0.1' });
    },
  ],
  [
    'Hono',
    () => {
      const app = new Hono();
      app.use(forHono(createCache()));
      app.get('/page', (c) => c.json([c.req.url, c.req.query()]));
      return serve(getRequestListener(app.fetch));
    },
  ],
  [
    'a plain handler',
    () => serve(getRequestListener(cachedHandler(createCache(), ({ url }) => Response.json([url])))),
  ],
];

/** Sends a target as it is spelt. */
async function asked(base: string, target: string, headers: Readonly<Record<string, string>> = {}) {
  const { hostname, port } = new URL(base);
  const sent = httpRequest({ hostname, port, path: target, headers: { host: 'shop.test', ...headers } });
  const { promise, resolve, reject } = Promise.withResolvers<{
    readonly body: string;
    readonly from: string;
  }>();
  sent.on('error', reject).on('response', (response) => {
    const from = String(response.headers['cache-status']);
    text(response).then((body) => resolve({ body, from }), reject);
  });
  sent.end();
  return await promise;
}

describe.each(servers)('a target in %s', (_name, start) => {
  it.each([
    ['a fragment', '/page#id=5'],
    ['a fragment behind a query', '/page?a=1#id=5'],
    ['another host', 'http://evil.test/page'],
    ['another port', 'http://shop.test:81/page?a=1'],
  ])('with %s leaves no answer for others', async (_what, odd) => {
    const base = await start();
    const first = await asked(base, odd);
    const path = odd.includes('a=1') ? '/page?a=1' : '/page';
    const other = await asked(base, path);
    expect(other.from).toContain('fwd=miss');
    expect(other.body).not.toBe(first.body);
    expect(other.body).not.toMatch(/evil|:81|id/);
    expect((await asked(base, path)).from).toContain('hit');
    expect((await asked(base, odd)).body).toBe(first.body);
  });

  it('that is the whole URL of a stored answer is a hit', async () => {
    const base = await start();
    await asked(base, '/page');
    expect((await asked(base, 'http://shop.test/page')).from).toContain('hit');
  });
});

it.each(servers.filter(([name]) => name === 'Express 5' || name === 'Fastify'))(
  'the port of the host that a trusted proxy names counts in %s',
  async (_name, start) => {
    const base = await start();
    const odd = await asked(base, '/page', { 'x-forwarded-host': 'shop.test:1337' });
    expect(odd.body).toContain(':1337');
    const usual = await asked(base, '/page', { 'x-forwarded-host': 'shop.test' });
    expect([usual.from, usual.body]).toEqual([
      expect.stringContaining('fwd=miss'),
      expect.not.stringContaining(':1337'),
    ]);
  },
);
