/**
 * `askonce warm --application`, as a process, and `warmEndpoints`, at an application whose routes are behind the cache.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCache } from 'askonce';
import { warmEndpoints } from 'askonce/endpoint';
import { askonceEndpoint as forExpress } from 'askonce/express';
import { askonceEndpoint as forFastify } from 'askonce/fastify';
import { askonceEndpoint } from 'askonce/hono';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCachedApplication } from './support/cached-application.ts';
import { get } from './support/endpoint-clients.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const main = fileURLToPath(new URL('../packages/gateway/src/cli/main.ts', import.meta.url));

async function warmed(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = '',
) {
  const child = spawn(process.execPath, ['--conditions=askonce-source', main, 'warm', ...words], {
    cwd: temporaryFolder(),
    env: { PATH: process.env['PATH'], WARM_PER_SECOND: '1000', ...environment },
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (piece: Buffer) => {
    text.out += piece.toString('utf8');
  });
  child.stderr.on('data', (piece: Buffer) => {
    text.err += piece.toString('utf8');
  });
  child.stdin.end(input);
  const [code]: (number | null)[] = await once(child, 'close');
  return { code, ...text };
}

/** An application that answers by scheme, and believes the proxy before it. */
async function startBehindProxy(framework: 'express' | 'fastify'): Promise<string> {
  const cache = createCache();
  onTestFinished(() => cache.close());
  if (framework === 'fastify') {
    const app = fastify({ trustProxy: true });
    await app.register(forFastify(cache));
    app.get('/home', async (request) => `at ${request.protocol}`);
    onTestFinished(() => app.close());
    return await app.listen({ port: 0, host: '127.0.0.1' });
  }
  const app = express();
  app.set('trust proxy', true);
  app.get('/home', forExpress(cache), (request, response) => void response.send(`at ${request.protocol}`));
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

const summary = (text: string) => JSON.parse(text);
const linesOf = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');

describe('askonce warm with an application', () => {
  it('makes hits for the callers of the routes, and skips them the next time', async () => {
    const { seen, url } = await startCachedApplication();
    const file = join(temporaryFolder(), 'routes.jsonl');
    writeFileSync(
      file,
      linesOf([
        { method: 'GET', url: '/users/1' },
        { url: '/users?page=2' },
        { url: '/me', headers: { authorization: `Bearer \${WARM_HEADER_TOKEN}` } },
      ]),
    );
    const words = [file, '--application', url, '--json'];
    const first = await warmed(words, { WARM_HEADER_TOKEN: 'of-a-user' });
    expect([first.code, summary(first.out)]).toEqual([
      0,
      { processed: 3, skipped: 0, created: 3, failed: 0, absent: 0, failures: [], state: 'done' },
    ]);
    expect(first.err).toContain(`warming the application at ${url}`);
    expect(seen.toSorted()).toEqual(['GET /me Bearer of-a-user', 'GET /users/1', 'GET /users?page=2']);
    const again = await warmed(words, { WARM_HEADER_TOKEN: 'of-a-user' });
    expect(summary(again.out)).toMatchObject({ created: 0, skipped: 3 });
    const asked = await fetch(`${url}/me`, { headers: { authorization: 'Bearer of-a-user' } });
    expect(asked.headers.get('cache-status')).toMatch(/^askonce; hit;/);
    expect(seen).toHaveLength(3);
  });

  it('makes hits for callers who use another host', async () => {
    const { seen, handler, url } = await startCachedApplication();
    const { out } = await warmed(
      ['-', '--application', url, '--host', 'Shop.Example', '--json'],
      {},
      '{"url": "/users/1"}',
    );
    expect(summary(out)).toMatchObject({ created: 1 });
    const asked = await handler(
      new Request('http://shop.example/users/1', { headers: { host: 'shop.example' } }),
    );
    expect(asked.headers.get('cache-status')).toMatch(/^askonce; hit;/);
    expect(seen).toHaveLength(1);
  });

  it.each(['express', 'fastify'] as const)(
    'makes hits for callers of %s behind a proxy that ends their TLS',
    async (framework) => {
      const url = await startBehindProxy(framework);
      const words = ['-', '--application', url, '--origin', 'https://Shop.Example', '--json'];
      const { out } = await warmed(words, {}, '{"url": "https://shop.example/home"}');
      expect(summary(out)).toMatchObject({ created: 1 });
      const headers = { host: 'shop.example', 'x-forwarded-proto': 'https' };
      expect(await get(`${url}/home`, { headers })).toMatchObject({ text: 'at https', from: 'hit' });
      const other = await get(`${url}/home`, { headers: { host: 'shop.example' } });
      expect(other).toMatchObject({ text: 'at http', from: 'fwd=miss' });
    },
  );

  it('reads CSV, goes on after rows that are wrong or fail, and reports each by its line', async () => {
    const { seen, url } = await startCachedApplication();
    const rows = [
      'url,method',
      '/users/1,',
      '/gone,GET',
      '/mine,GET',
      '/old,',
      '/users/2,POST',
      'http://other.test/,',
    ];
    const { code, out } = await warmed(
      ['-', '--application', `${url}/`],
      {},
      `${rows.join('\n')}\n/users/3,get\n`,
    );
    expect(code).toBe(1);
    expect(out).toMatch(/^7 processed: 0 skipped, 2 created, 5 failed\n/);
    expect(out).toContain('the application refuses the request (status 410) (line 3)');
    expect(out).toMatch(/the answer was not stored.*\(line 4, 5\)/);
    expect(out).toContain('method: must be GET or HEAD: others are not cached (line 6)');
    expect(out).toMatch(/url: is not at http:\/\/127\.0\.0\.1:\d+, .* \(line 7\)/);
    expect(out).not.toContain('tokens');
    expect(seen).not.toContain('GET /elsewhere');
  });

  it('in a dry run reaches no route', async () => {
    const { seen, url } = await startCachedApplication();
    const input = linesOf([{ url: '/users/1' }, { url: '/users/2' }]);
    const { code, out } = await warmed(['-', '--application', url, '--dry-run'], {}, input);
    expect([code, out]).toEqual([0, '2 processed: 0 skipped, 2 would be asked, 0 failed\n']);
    expect(seen).toEqual([]);
  });

  it('rows for an application that is not behind the cache fail', async () => {
    const server = createServer((_, response) => void response.end('yes')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const plain = await warmed(['-', '--application', `http://127.0.0.1:${port}`], {}, '{"url": "/"}');
    expect([plain.code, plain.out]).toEqual([
      1,
      expect.stringContaining('has no Cache-Status of askonce (line 1)'),
    ]);
  });

  it.each([
    [['--application', 'localhost:3000'], '--application must be the address of an application'],
    [['--application', 'http://a:b@127.0.0.1:1'], '--application must be the address of an application'],
    [['--application', 'http://127.0.0.1:1', '--model', 'm'], '--model is for questions'],
    [
      ['--application', 'http://127.0.0.1:1', '--origin', 'shop.example'],
      '--origin must be a scheme and a host',
    ],
    [
      ['--application', 'http://127.0.0.1:1', '--origin', 'https://a.example/b'],
      '--origin must be a scheme and',
    ],
    [
      ['--application', 'http://127.0.0.1:1', '--origin', 'https://a.example', '--host', 'b'],
      'leave out --host',
    ],
  ])('%j is refused', async (words, message) => {
    const { code, err } = await warmed(['-', ...words], {}, '{"url": "/"}');
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it('a route without an application is a fault that names the option', async () => {
    const data = { ASKONCE_DATA_DIR: temporaryFolder(), ASKONCE_PORT: '9', OPENAI_API_KEY: 'sk-test' };
    const { code, out } = await warmed(['-', '--model', 'm'], data, '{"url": "/users/1"}');
    expect([code, out]).toEqual([1, expect.stringContaining('name its address by --application (line 1)')]);
  });
});

describe('warmEndpoints', () => {
  it('warms a handler of this program for callers of its origin, and an application elsewhere', async () => {
    const { seen, handler, url } = await startCachedApplication();
    const options = { origin: url, perSecond: 1000 };
    expect(await warmEndpoints(handler, ['/users/1', '/users/2'], options)).toMatchObject({
      ...{ state: 'done', created: 2, skipped: 0 },
    });
    const asked = await fetch(`${url}/users/1`);
    expect(asked.headers.get('cache-status')).toMatch(/^askonce; hit;/);
    const requests = ['/users/1', '/users/3'].map((path) => new Request(`${url}${path}`));
    expect(await warmEndpoints(fetch, requests, { perSecond: 1000 })).toMatchObject({
      ...{ created: 1, skipped: 1 },
    });
    expect(seen).toEqual(['GET /users/1', 'GET /users/2', 'GET /users/3']);
  });

  it('warms a Hono application by its fetch', async () => {
    const cache = createCache();
    onTestFinished(() => cache.close());
    const app = new Hono();
    let runs = 0;
    app.use(askonceEndpoint(cache));
    app.get('/users/:id', (c) => {
      runs += 1;
      return c.json({ id: c.req.param('id') });
    });
    const options = { origin: 'https://shop.example', perSecond: 1000 };
    expect(await warmEndpoints(app.fetch, ['/users/1'], options)).toMatchObject({ created: 1 });
    const asked = await app.request('https://shop.example/users/1');
    expect([asked.headers.get('cache-status'), runs]).toEqual([expect.stringMatching(/^askonce; hit;/), 1]);
  });
});
