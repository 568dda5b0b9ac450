/**
 * Where the middleware of Express may stand, and which route its answers are of.
 */
import type { IncomingMessage } from 'node:http';
import { createCache } from 'askonce';
import type { EndpointOptions } from 'askonce/endpoint';
import { askonceEndpoint } from 'askonce/express';
import { fakeClock } from 'askonce/testing';
import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { get, isHit, majors, serve } from './support/express.ts';

describe.each(majors)('routes of %s', (_, express) => {
  function setUp(options: EndpointOptions<Request> = {}) {
    const cache = createCache({ clock: fakeClock() });
    const app = express();
    let runs = 0;
    const handler = (request: Request, response: { json(value: unknown): unknown }) => {
      runs += 1;
      response.json([request.url, request.params, request.query]);
    };
    /** The routes that the stored answers' keys name. */
    async function routes() {
      const { entries } = await cache.page();
      return entries.map(({ key }) => key.slice('askonce:api:'.length, key.lastIndexOf(':'))).toSorted();
    }
    return { cache, app, handler, routes, runs: () => runs, cached: askonceEndpoint(cache, options) };
  }

  it('a route has its pattern in its keys', async () => {
    const { app, cached, handler, routes, runs } = setUp();
    app.get('/users/:id', cached, handler);
    const base = await serve(app);
    const texts = new Set<string>();
    for (const path of ['/users/1', '/users/2', '/users/1?page=2', '/users/1'])
      texts.add((await get(base + path)).text);
    expect([texts.size, runs()]).toEqual([3, 3]);
    expect(await routes()).toEqual(['/users/:id', '/users/:id', '/users/:id']);
  });

  it('two hosts of one application share no answer', async () => {
    const { app, cached } = setUp();
    app.get('/welcome', cached, (request, response) => response.send(`welcome to ${request.hostname}`));
    const base = await serve(app);
    for (const hit of [false, true])
      for (const host of ['one.test', 'two.test']) {
        const answer = await get(`${base}/welcome`, { headers: { host } });
        expect([answer.text, isHit(answer)]).toEqual([`welcome to ${host}`, hit]);
      }
  });

  it('a route of a router has the path at which the router is mounted before it', async () => {
    const { app, cached, handler, routes } = setUp();
    const router = express.Router();
    router.get('/', cached, handler);
    router.get('/users/:id', cached, handler);
    app.use('/api', router);
    const base = await serve(app);
    for (const path of ['/api', '/api/users/1', '/api/users/2'])
      for (const hit of [false, true]) expect(isHit(await get(base + path))).toBe(hit);
    expect(await routes()).toEqual(['/api', '/api/users/:id', '/api/users/:id']);
  });

  it('a parameter of the path at which a router is mounted has its name in keys, and none of its values', async () => {
    const { app, cached, handler, routes, cache } = setUp();
    const router = express.Router({ mergeParams: true });
    router.get('/orders/:id', cached, handler);
    const inner = express.Router({ mergeParams: true });
    inner.get('/lines', cached, handler);
    router.use('/orders/:id', inner);
    app.use('/users/:email', router);
    const base = await serve(app);
    const paths = ['/users/ann@x.test/orders/7', '/users/b%C3%BC@x.test/orders/7', '/users/7/orders/7/lines'];
    for (const path of paths)
      for (const hit of [false, true]) expect(isHit(await get(base + path))).toBe(hit);
    expect(await routes()).toEqual([
      '/users/:email/orders/:id',
      '/users/:email/orders/:id',
      '/users/:email/orders/:id/lines',
    ]);
    expect(await cache.invalidate({ endpoint: '/users/:email/orders/:id' })).toBe(2);
  });

  it('a router and an application are cached as a whole, by the patterns of the table and else by the first segment of the path', async () => {
    const { app, cached, handler, routes, runs } = setUp({
      routes: { '/api/users/:id': { ttl: 10 }, '/api/live': false },
    });
    const router = express.Router();
    // A route that has matched before leaves its pattern in the request.
    app.all('/api/users/:anything', (_request, _response, next) => next());
    router.use(cached);
    router.get(['/users/:id', '/plain', '/live'], handler);
    app.use('/api', router);
    const base = await serve(app);
    for (const path of ['/api/users/1', '/api/users/2', '/api/plain'])
      for (const hit of [false, true]) expect(isHit(await get(base + path))).toBe(hit);
    for (let time = 0; time < 2; time++) expect((await get(`${base}/api/live`)).cacheStatus).toBe('');
    expect(await routes()).toEqual(['/api/%2A', '/api/users/:id', '/api/users/:id']);
    expect(runs()).toBe(5);
  });

  it('where two stand behind each other, the first answers', async () => {
    const { app, cached, cache, handler, runs } = setUp({ ttl: 60 });
    app.use(cached);
    app.get('/', askonceEndpoint(cache, { ttl: 1 }), handler);
    const base = await serve(app);
    await get(base);
    expect((await get(base)).cacheStatus).toMatch(/^askonce; hit; ttl=60;/);
    expect(runs()).toBe(1);
  });

  it('an answer of no handler is that of Express', async () => {
    const { app, cached } = setUp();
    app.set('env', 'test').use(cached);
    const base = await serve(app);
    const { status, text } = await get(`${base}/nowhere`);
    expect([status, text]).toEqual([404, expect.stringContaining('Cannot GET /nowhere')]);
  });
});

describe('a server without Express', () => {
  it('the middleware serves a plain server of Node', async () => {
    let runs = 0;
    const cached = askonceEndpoint<IncomingMessage>(createCache());
    const base = await serve((request, response) =>
      cached(request, response, () => {
        runs += 1;
        response.setHeader('Content-Type', 'text/plain');
        response.end(`run ${runs} of ${request.url}`);
      }),
    );
    const answers = [await get(`${base}/a`), await get(`${base}/a`), await get(`${base}/b`)];
    expect(answers.map(({ text }) => text)).toEqual(['run 1 of /a', 'run 1 of /a', 'run 2 of /b']);
  });
});
