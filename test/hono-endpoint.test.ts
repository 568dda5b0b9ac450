/**
 * `askonce/hono` in a Hono application, over real sockets of @hono/node-server.
 */
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings, type ServerType } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { createCache } from 'askonce';
import { warmEndpoints } from 'askonce/endpoint';
import { askonceEndpoint } from 'askonce/hono';
import { fakeClock } from 'askonce/testing';
import { type Env, Hono } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import { every } from 'hono/combine';
import { compress } from 'hono/compress';
import { setCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE, streamText } from 'hono/streaming';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { get, openClient } from './support/endpoint-clients.ts';
import { gates } from './support/gates.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function setUp() {
  const clock = fakeClock();
  const cache = createCache({ clock });
  closing.push(() => cache.close());
  return { clock, cache, app: new Hono() };
}

async function listening<E extends Env>(app: Hono<E>): Promise<string> {
  const server: ServerType = createAdaptorServer({ fetch: app.fetch });
  const address = await new Promise<AddressInfo | string | null>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(server.address())),
  );
  closing.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

describe('reads', () => {
  it('a handler runs once for the same request, and again for another', async () => {
    const { app, cache } = setUp();
    let runs = 0;
    app.use('*', askonceEndpoint(cache));
    app.get('/users/:id', (c) => c.json({ id: c.req.param('id'), run: ++runs }));
    const url = await listening(app);
    const miss = await get(`${url}/users/7?page=2`);
    expect(miss).toMatchObject({ status: 200, text: '{"id":"7","run":1}', from: 'fwd=miss' });
    const hit = await get(`${url}/users/7?page=2`);
    expect(hit).toMatchObject({ status: 200, text: miss.text, from: 'hit' });
    expect(hit.headers.get('content-type')).toBe('application/json');
    expect(hit.headers.get('age')).toBe('0');
    for (const path of ['/users/8?page=2', '/users/7?page=3', '/users/7'])
      expect(await get(url + path)).toMatchObject({ from: 'fwd=miss' });
    expect(runs).toBe(4);
  });

  it('a hundred concurrent clients cost one run of the handler', async () => {
    const { app, cache } = setUp();
    const gate = gates();
    let runs = 0;
    app.use(askonceEndpoint(cache));
    app.get('/slow', async (c) => {
      runs += 1;
      await gate.wait(0);
      return c.json({ runs });
    });
    const url = await listening(app);
    const all = Promise.all(Array.from({ length: 100 }, () => get(`${url}/slow`)));
    await expect.poll(() => runs).toBe(1);
    gate.open(1);
    expect(new Set((await all).map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set(['200 {"runs":1}']),
    );
  });

  it('a single route has its options, and the table names patterns of sub-applications', async () => {
    const { app, cache } = setUp();
    let runs = 0;
    const api = new Hono();
    api.get('/prices/:id', (c) => c.text(`price ${++runs}`));
    api.get('/now', (c) => c.text(`now ${++runs}`));
    app.use('/api/*', askonceEndpoint(cache, { routes: { 'GET /api/now': false } }));
    app.route('/api', api);
    app.get('/one', askonceEndpoint(cache), (c) => c.text(`one ${++runs}`));
    const url = await listening(app);
    for (const path of ['/api/prices/1', '/one']) {
      const { text } = await get(url + path);
      expect(await get(url + path)).toMatchObject({ text, from: 'hit' });
    }
    const { text, from } = await get(`${url}/api/now`);
    expect(from).toBeUndefined();
    expect((await get(`${url}/api/now`)).text).not.toBe(text);
  });

  it.each(['the application', 'a sub-application', 'a sub-application with an error handler'])(
    'a middleware of a route’s own in %s answers with its own options, in place of one for all routes',
    async (place) => {
      const { app, cache } = setUp();
      const routes = place === 'the application' ? app : new Hono();
      if (place.endsWith('handler')) routes.onError((_, c) => c.text('failed', 500));
      app.use(askonceEndpoint(cache, { sharesCredentials: true, ttl: 60 }));
      let runs = 0;
      const user = (c: { req: { header(name: string): string | undefined } }) => c.req.header('x-user');
      routes.get('/me', askonceEndpoint(cache, { user, ttl: 7 }), (c) => c.text(`${user(c)} ${++runs}`));
      routes.get('/all', (c) => c.text(`all ${++runs}`));
      if (routes !== app) app.route('/', routes);
      const url = await listening(app);
      for (const [name, run] of [
        ['ada', 1],
        ['grace', 2],
      ] as const) {
        const headers = { 'x-user': name };
        const miss = await get(`${url}/me`, { headers });
        expect([miss.text, miss.headers.get('cache-status')]).toEqual([
          `${name} ${run}`,
          'askonce; fwd=miss; stored',
        ]);
        const hit = await get(`${url}/me`, { headers });
        expect([hit.text, hit.headers.get('cache-status')]).toEqual([
          `${name} ${run}`,
          'askonce; hit; ttl=7; detail="memory"',
        ]);
      }
      await get(`${url}/all`);
      expect((await get(`${url}/all`)).headers.get('cache-status')).toContain('hit; ttl=60');
    },
  );

  it('a middleware of ours behind the handler that answers does not keep the first from caching', async () => {
    const { app, cache } = setUp();
    let runs = 0;
    app.use(askonceEndpoint(cache));
    app.get('/users/me', (c) => c.text(`me ${++runs}`));
    app.use('/users/*', askonceEndpoint(cache, { routes: { '/users/*': false } }));
    const url = await listening(app);
    await get(`${url}/users/me`);
    expect(await get(`${url}/users/me`)).toMatchObject({ text: 'me 1', from: 'hit' });
  });

  it('one that other middleware calls behind another does nothing, and a warning says so', async () => {
    const { app, cache } = setUp();
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    closing.push(() => warnings.mockRestore());
    app.use(askonceEndpoint(cache));
    app.get('/combined', every(askonceEndpoint(cache, { ttl: 7 })), (c) => c.text('combined'));
    const url = await listening(app);
    const { headers } = await get(`${url}/combined`);
    expect(headers.get('cache-status')).toBe('askonce; fwd=miss; stored');
    expect(warnings.mock.calls).toEqual([
      [expect.stringContaining('askonceEndpoint at /combined does nothing'), { code: 'ASKONCE_NESTED' }],
    ]);
  });

  it('a client that has the answer gets 304, and HEAD the headers of the stored GET', async () => {
    const { app, cache } = setUp();
    let runs = 0;
    app.use(askonceEndpoint(cache));
    app.get('/page', (c) => {
      runs += 1;
      return c.req.header('if-none-match') === undefined ? c.text('the page') : c.body(null, 304);
    });
    const url = await listening(app);
    const first = await get(`${url}/page`, { headers: { 'if-none-match': '"other"' } });
    expect(first).toMatchObject({ status: 200, text: 'the page' });
    const validator = first.headers.get('etag') ?? '';
    const again = await get(`${url}/page`, { headers: { 'if-none-match': validator } });
    expect(again).toMatchObject({ status: 304, text: '', from: 'hit' });
    const head = await get(`${url}/page`, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '', from: 'hit' });
    expect(head.headers.get('content-length')).toBe('8');
    expect(runs).toBe(1);
  });

  it('two hosts of one application share no answer', async () => {
    const { app, cache } = setUp();
    app.use(askonceEndpoint(cache));
    app.get('/welcome', (c) => c.text(`welcome to ${c.req.header('host')}`));
    const url = await listening(app);
    for (const from of ['fwd=miss', 'hit'])
      for (const host of ['one.test', 'two.test'])
        expect(await get(`${url}/welcome`, { headers: { host } })).toMatchObject({
          text: `welcome to ${host}`,
          from,
        });
  });

  it.each(['no-store', 'private'])(
    'an answer that middleware has called %s is not stored',
    async (control) => {
      const { app, cache } = setUp();
      let runs = 0;
      app.use(async (c, next) => {
        c.header('Cache-Control', control);
        await next();
      });
      app.use(askonceEndpoint(cache));
      app.get('/mine', (c) => c.text(`run ${++runs}`));
      const url = await listening(app);
      for (const text of ['run 1', 'run 2']) {
        const answer = await get(`${url}/mine`);
        expect([answer.text, answer.from, answer.headers.get('cache-control')]).toEqual([
          text,
          'fwd=miss',
          control,
        ]);
      }
    },
  );

  it('answers differ by a header that middleware has named in Vary', async () => {
    const { app, cache } = setUp();
    app.use(async (c, next) => {
      c.header('Vary', 'X-Lang');
      await next();
    });
    app.use(askonceEndpoint(cache));
    app.get('/greeting', (c) => c.text(`in ${c.req.header('x-lang')}`));
    const url = await listening(app);
    for (const from of ['fwd=miss', 'hit'])
      for (const language of ['de', 'he'])
        expect(await get(`${url}/greeting`, { headers: { 'x-lang': language } })).toMatchObject({
          text: `in ${language}`,
          from,
        });
  });

  it('an ignored parameter is one of that name, and one that only begins with it counts', async () => {
    const { app, cache } = setUp();
    app.use(askonceEndpoint(cache, { ignoredParameters: ['utm', 'mc_*'] }));
    app.get('/list', (c) => c.text(JSON.stringify(c.req.query())));
    const url = await listening(app);
    const { text } = await get(`${url}/list`);
    for (const query of ['utm=1', 'mc_id=1', 'utm=1&mc_=2'])
      expect(await get(`${url}/list?${query}`)).toMatchObject({ text, from: 'hit' });
    for (const from of ['fwd=miss', 'hit'])
      for (const utmost of ['1', '2'])
        expect(await get(`${url}/list?utmost=${utmost}`)).toMatchObject({
          text: JSON.stringify({ utmost }),
          from,
        });
  });

  it('a public answer of one tenant is shared by its users, and says nothing of the answers of another', async () => {
    const { app, cache } = setUp();
    let runs = 0;
    app.use(askonceEndpoint(cache, { tenant: (c) => c.req.header('x-tenant') }));
    app.get('/news', (c) => {
      runs += 1;
      if (c.req.header('x-tenant') === 'open') c.header('Cache-Control', 'public, max-age=60');
      return c.text(`for ${c.req.header('authorization')}`);
    });
    const url = await listening(app);
    const as = (tenant: string, authorization: string) =>
      get(`${url}/news`, { headers: { 'x-tenant': tenant, authorization } });
    expect(await as('open', 'ann')).toMatchObject({ text: 'for ann', from: 'fwd=miss' });
    for (const from of ['fwd=miss', 'hit'])
      for (const user of ['ann', 'bob'])
        expect(await as('closed', user)).toMatchObject({ text: `for ${user}`, from });
    expect(await as('open', 'bob')).toMatchObject({ text: 'for ann', from: 'hit' });
    expect(runs).toBe(3);
  });

  it('answers that differ by a header of the request are stored apart', async () => {
    const { app, cache } = setUp();
    let runs = 0;
    app.use(askonceEndpoint(cache));
    app.get('/greeting', (c) => {
      runs += 1;
      c.header('Vary', 'Accept-Language');
      return c.text(`in ${c.req.header('accept-language')}`);
    });
    const url = await listening(app);
    for (const language of ['de', 'he', 'de', 'he'])
      expect(await get(`${url}/greeting`, { headers: { 'accept-language': language } })).toMatchObject({
        text: `in ${language}`,
      });
    expect(runs).toBe(2);
  });

  it('an answer in an encoding that its client accepts is for no client that does not, though it has no Vary', async () => {
    const { app, cache } = setUp();
    app.use(askonceEndpoint(cache));
    // As `hono/compress` of Hono 4.12 does.
    app.use(async (c, next) => {
      await next();
      if (!c.req.header('accept-encoding')?.includes('gzip') || c.res.body === null) return;
      c.res = new Response(c.res.body.pipeThrough(new CompressionStream('gzip')), c.res);
      c.res.headers.set('content-encoding', 'gzip');
    });
    app.get('/page', (c) => c.text('the page'));
    const url = await listening(app);
    const ask = async (encoding: string) => {
      const { headers, text, from } = await get(`${url}/page`, { headers: { 'accept-encoding': encoding } });
      return [headers.get('content-encoding'), text, from];
    };
    expect(await ask('gzip')).toEqual(['gzip', 'the page', 'fwd=miss']);
    expect(await ask('identity')).toEqual([null, 'the page', 'fwd=miss']);
    expect(await ask('gzip')).toEqual(['gzip', 'the page', 'hit']);
    expect(await ask('identity')).toEqual([null, 'the page', 'hit']);
  });

  it('`app.request` is answered as a client on a socket is', async () => {
    const { app, cache } = setUp();
    let runs = 0;
    app.use(askonceEndpoint(cache));
    app.get('/', (c) => c.text(`run ${++runs}`));
    for (let round = 0; round < 2; round++) {
      const response = await app.request('/');
      expect(await response.text()).toBe('run 1');
    }
    expect((await app.request('/unknown')).status).toBe(404);
  });
});

describe('errors', () => {
  it('a handler that returns nothing is an error, as without the cache, and no empty answer is stored', async () => {
    const { app, cache } = setUp();
    app.onError((_error, c) => c.text('failed', 500));
    app.use(askonceEndpoint(cache));
    let isEmpty = true;
    app.on('GET', '/forgets', async (c, next) => {
      if (!isEmpty) await next();
      else c.header('x-seen', '1');
    });
    app.get('/forgets', (c) => c.text('here'));
    const url = await listening(app);
    for (const _ of [1, 2])
      expect(await get(`${url}/forgets`)).toMatchObject({ status: 500, text: 'failed' });
    isEmpty = false;
    expect(await get(`${url}/forgets`)).toMatchObject({ status: 200, text: 'here', from: 'fwd=miss' });
  });

  it('an error of the handler is answered by the application’s error handler, and never stored', async () => {
    const { app, cache } = setUp();
    let runs = 0;
    app.onError((error, c) =>
      error instanceof HTTPException ? error.getResponse() : c.json({ handled: error.message }, 500),
    );
    app.use(askonceEndpoint(cache));
    app.get('/fails', () => {
      throw new Error(`run ${++runs}`);
    });
    app.get('/refused', () => {
      throw new HTTPException(403, { message: 'not you' });
    });
    app.notFound((c) => c.text('nothing here', 404));
    const url = await listening(app);
    for (const run of [1, 2])
      expect(await get(`${url}/fails`)).toMatchObject({ status: 500, text: `{"handled":"run ${run}"}` });
    expect(await get(`${url}/refused`)).toMatchObject({ status: 403, text: 'not you' });
    for (let round = 0; round < 2; round++)
      expect(await get(`${url}/unknown`)).toMatchObject({ status: 404, text: 'nothing here' });
  });
});

describe('other middleware', () => {
  it('a request that authentication refuses never comes to a stored answer', async () => {
    const { app, cache } = setUp();
    let runs = 0;
    app.use(bearerAuth({ token: 'right' }));
    app.use(askonceEndpoint(cache));
    app.get('/secret', (c) => c.text(`secret ${++runs}`));
    const url = await listening(app);
    const headers = { authorization: 'Bearer right' };
    expect(await get(`${url}/secret`, { headers })).toMatchObject({ text: 'secret 1' });
    expect(await get(`${url}/secret`)).toMatchObject({ status: 401 });
    expect(await get(`${url}/secret`, { headers })).toMatchObject({ text: 'secret 1', from: 'hit' });
  });

  it('users that middleware has recognised have answers of their own', async () => {
    const { cache } = setUp();
    const app = new Hono<{ Variables: { user: string } }>();
    let runs = 0;
    app.use(async (c, next) => {
      c.set('user', c.req.header('x-user') ?? '');
      await next();
    });
    app.use(askonceEndpoint(cache, { user: (c) => c.get('user') }));
    app.get('/me', (c) => {
      runs += 1;
      return c.text(c.get('user'));
    });
    const url = await listening(app);
    for (const user of ['ada', 'grace', 'ada', 'grace'])
      expect(await get(`${url}/me`, { headers: { 'x-user': user } })).toMatchObject({ text: user });
    expect(runs).toBe(2);
  });

  it.each(['before', 'after'] as const)(
    'compress, etag, cors and secureHeaders %s the cache give each client its own',
    async (order) => {
      const { app, cache } = setUp();
      const others = [
        compress({ threshold: 0 }),
        etag(),
        cors({ origin: (origin) => origin }),
        secureHeaders(),
      ];
      if (order === 'after') app.use(askonceEndpoint(cache));
      for (const other of others) app.use(other);
      if (order === 'before') app.use(askonceEndpoint(cache));
      const long = 'a text that is long enough to be compressed. '.repeat(60);
      let runs = 0;
      app.get('/long', (c) => {
        runs += 1;
        return c.text(long);
      });
      const url = await listening(app);
      for (let round = 0; round < 2; round++)
        for (const [accepted, encoding] of [
          ['gzip', 'gzip'],
          ['identity', null],
        ] as const) {
          const origin = `https://${accepted}.example`;
          const got = await get(`${url}/long`, { headers: { 'accept-encoding': accepted, origin } });
          expect(got.text).toBe(long);
          expect([accepted, round, got.headers.get('content-encoding')]).toEqual([accepted, round, encoding]);
          expect(got.headers.get('access-control-allow-origin')).toBe(origin);
          expect(got.headers.get('x-frame-options')).toBe('SAMEORIGIN');
          const validator = got.headers.get('etag') ?? '';
          expect(validator).not.toBe('');
          const again = await get(`${url}/long`, {
            headers: { 'accept-encoding': accepted, origin, 'if-none-match': validator },
          });
          expect(again).toMatchObject({ status: 304, text: '' });
        }
      expect(runs).toBeLessThanOrEqual(2);
    },
  );

  it('headers that middleware sets before and after the cache are on misses and on hits, once each', async () => {
    const { app, cache } = setUp();
    let requests = 0;
    app.use(async (c, next) => {
      requests += 1;
      c.header('x-request', String(requests));
      c.header('x-both', 'outer');
      await next();
      c.header('x-after', String(requests));
    });
    app.use(askonceEndpoint(cache));
    app.get('/', (c) => c.text('shared', 200, { 'x-own': 'handler', 'x-both': 'handler' }));
    const url = await listening(app);
    for (const request of ['1', '2']) {
      const { headers } = await get(url);
      expect(['x-request', 'x-after', 'x-own', 'x-both'].map((name) => headers.get(name))).toEqual([
        request,
        request,
        'handler',
        'handler',
      ]);
    }
  });

  it('an answer that sets a cookie reaches its client, and is not stored', async () => {
    const { app, cache } = setUp();
    let runs = 0;
    app.use(askonceEndpoint(cache));
    app.get('/login', (c) => {
      setCookie(c, 'session', String(++runs));
      return c.text(`run ${runs}`);
    });
    const url = await listening(app);
    for (const run of [1, 2]) {
      const got = await get(`${url}/login`);
      expect(got.text).toBe(`run ${run}`);
      expect(got.headers.getSetCookie()).toEqual([`session=${run}; Path=/`]);
    }
  });
});

describe('streams', () => {
  it('each follower sees the events of a running stream before its end', async () => {
    const { app, cache } = setUp();
    const gate = gates();
    let runs = 0;
    app.use(askonceEndpoint(cache));
    app.get('/events', (c) => {
      runs += 1;
      const response = streamSSE(c, async (stream) => {
        for (let event = 0; event < 3; event++) {
          await gate.wait(event);
          await stream.writeSSE({ data: String(event) });
        }
      });
      response.headers.delete('cache-control');
      return response;
    });
    const url = await listening(app);
    const first = openClient(`${url}/events`);
    gate.open(1);
    await (await first.reading).has('data: 0');
    const followers = Array.from({ length: 3 }, () => openClient(`${url}/events`));
    const readings = await Promise.all([first, ...followers].map(({ reading }) => reading));
    for (const reading of readings) await reading.has('data: 0');
    gate.open(2);
    for (const reading of readings) await reading.has('data: 1');
    gate.open(3);
    for (const { whole } of readings) expect(await whole).toBe('data: 0\n\ndata: 1\n\ndata: 2\n\n');
    expect(runs).toBe(1);
  });

  it('text in a stream of bytes is sent and stored as its bytes', async () => {
    const { app, cache } = setUp();
    app.use(askonceEndpoint(cache));
    const body = (...texts: readonly string[]) =>
      new ReadableStream({
        async pull(controller) {
          for (const text of texts) {
            controller.enqueue(text);
            await new Promise((pass) => setImmediate(pass));
          }
          controller.close();
        },
      });
    app.get('/one', (c) => c.body(body('größer')));
    app.get('/two', (c) => c.body(body('one ', 'two')));
    app.post('/two', (c) => c.body(body('one ', 'two')));
    const url = await listening(app);
    for (const from of ['fwd=miss', 'hit']) {
      expect(await get(`${url}/one`)).toMatchObject({ status: 200, text: 'größer', from });
      expect(await get(`${url}/two`)).toMatchObject({ status: 200, text: 'one two', from });
    }
    expect(await get(`${url}/two`, { method: 'POST' })).toMatchObject({ status: 200, text: 'one two' });
  });

  it('a client that asks for the events after the last that it has gets those, and no other client does', async () => {
    const { app, cache } = setUp();
    app.use(askonceEndpoint(cache));
    app.get('/events', (c) => {
      const last = Number(c.req.header('last-event-id') ?? 0);
      const response = streamSSE(c, async (stream) => {
        for (let id = last + 1; id <= 3; id++) await stream.writeSSE({ id: String(id), data: `event ${id}` });
      });
      response.headers.delete('cache-control');
      return response;
    });
    const url = await listening(app);
    const after2 = () => get(`${url}/events`, { headers: { 'last-event-id': '2' } });
    expect((await after2()).text).toBe('data: event 3\nid: 3\n\n');
    const whole = await get(`${url}/events`);
    expect([whole.from, whole.text.split('\n\n')]).toEqual([
      'fwd=miss',
      ['data: event 1\nid: 1', 'data: event 2\nid: 2', 'data: event 3\nid: 3', ''],
    ]);
    expect((await after2()).text).toBe('data: event 3\nid: 3\n\n');
  });

  it('followers get the whole answer though the client that came first leaves', async () => {
    const { app, cache } = setUp();
    const gate = gates();
    let runs = 0;
    let aborts = 0;
    app.use(askonceEndpoint(cache));
    app.get('/events', (c) => {
      runs += 1;
      c.req.raw.signal.addEventListener('abort', () => {
        aborts += 1;
      });
      return streamText(c, async (stream) => {
        for (let piece = 0; piece < 3; piece++) {
          await gate.wait(piece);
          await stream.write(`piece ${piece}\n`);
        }
      });
    });
    const url = await listening(app);
    const first = openClient(`${url}/events`);
    gate.open(1);
    await (await first.reading).has('piece 0');
    const follower = openClient(`${url}/events`);
    const reading = await follower.reading;
    await reading.has('piece 0');
    first.leave();
    await expect((await first.reading).whole).rejects.toThrow();
    gate.open(3);
    expect(await reading.whole).toBe('piece 0\npiece 1\npiece 2\n');
    expect([runs, aborts]).toEqual([1, 0]);
  });
});

it('a run that no client waits for any more is cancelled, if the settings say so', async () => {
  const cache = createCache({ clock: fakeClock(), settings: { abandoned: 'cancel' } });
  const app = new Hono();
  const seen: string[] = [];
  app.use(askonceEndpoint(cache));
  app.get('/events', (c) => {
    c.req.raw.signal.addEventListener('abort', () => seen.push('signal'));
    return c.body(
      new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('begun')),
        cancel: () => void seen.push('stream'),
      }),
    );
  });
  const url = await listening(app);
  closing.push(() => cache.close());
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
  const client = openClient(`${url}/events`);
  await (await client.reading).has('begun');
  client.leave();
  await expect.poll(() => seen.toSorted()).toEqual(['signal', 'stream']);
  expect(errors).not.toHaveBeenCalled();
});

it('a stream that is larger than a flight may hold arrives whole, and is not stored', async () => {
  const { app, cache } = setUp();
  let runs = 0;
  const piece = Buffer.alloc(64 * 1024, 'x');
  app.use(askonceEndpoint(cache));
  app.get('/large', (c) => {
    runs += 1;
    return c.body(ReadableStream.from(Array.from({ length: 320 }, () => new Uint8Array(piece))));
  });
  const url = await listening(app);
  for (let round = 1; round <= 2; round++) {
    const { body } = await fetch(`${url}/large`);
    let length = 0;
    for await (const part of body ?? []) length += part.length;
    expect([length, runs]).toEqual([320 * piece.length, round]);
  }
});

it('an application that has loaded Hono as CommonJS is served as any other', async () => {
  const { cache, clock } = setUp();
  const loaded: { readonly Hono: typeof Hono } = createRequire(import.meta.url)('hono');
  const app = new loaded.Hono();
  expect(app).not.toBeInstanceOf(Hono);
  let runs = 0;
  app.use(askonceEndpoint(cache, { ttl: 60, staleWhileRevalidate: 600, routes: { '/b/:id': false } }));
  app.get('/a/:id', (c) => c.text(`${c.req.param('id')} ${++runs}`));
  app.get('/b/:id', (c) => c.text(`${c.req.param('id')} ${++runs}`));
  const ask = async (path: string) => (await app.request(path)).text();
  expect([await ask('/a/1'), await ask('/a/1')]).toEqual(['1 1', '1 1']);
  expect([await ask('/b/1'), await ask('/b/1')]).toEqual(['1 2', '1 3']);
  clock.advance(61_000);
  await ask('/a/1');
  await expect.poll(() => ask('/a/1')).toBe('1 4');
});

it('routes that are warmed through `app.fetch` are hits for clients on sockets', async () => {
  const { app, cache } = setUp();
  let runs = 0;
  app.use(askonceEndpoint(cache));
  app.get('/prices/:id', (c) => c.text(`price ${++runs}`));
  const url = await listening(app);
  const summary = await warmEndpoints(app.fetch, ['/prices/1'], { origin: url });
  expect(summary).toMatchObject({ state: 'done', created: 1 });
  expect(await get(`${url}/prices/1`)).toMatchObject({ text: 'price 1', from: 'hit' });
});

it('a handler that writes to the response of Node.js itself answers each client', async () => {
  const { cache } = setUp();
  const app = new Hono<{ Bindings: HttpBindings }>();
  let runs = 0;
  app.use(askonceEndpoint(cache));
  app.get('/raw', (c) => {
    c.env.outgoing.writeHead(200, { 'content-type': 'text/plain' });
    c.env.outgoing.end(`run ${++runs}`);
    return RESPONSE_ALREADY_SENT;
  });
  const url = await listening(app);
  for (const run of [1, 2])
    expect(await get(`${url}/raw`)).toMatchObject({ status: 200, text: `run ${run}` });
});

it('a refreshed page has the layout that middleware before the cache has set', async () => {
  const { app, clock, cache } = setUp();
  let runs = 0;
  app.use(async (c, next) => {
    c.setRenderer(async (content) => c.html(`<main>${await content}</main>`));
    await next();
  });
  app.use(askonceEndpoint(cache, { ttl: 60, staleWhileRevalidate: 600 }));
  app.get('/page', (c) => c.render(`run ${++runs}`));
  const ask = async () => {
    const response = await app.request('/page');
    return { text: await response.text(), headers: response.headers };
  };
  const first = await ask();
  expect(first.text).toBe('<main>run 1</main>');
  clock.advance(61_000);
  expect((await ask()).text).toBe('<main>run 1</main>');
  await expect.poll(async () => (await ask()).text).toBe('<main>run 2</main>');
  const refreshed = await ask();
  expect(refreshed.headers.get('content-type')).toBe(first.headers.get('content-type'));
  expect(refreshed.headers.get('etag')).not.toBe(first.headers.get('etag'));
});

describe('stale answers', () => {
  it('a stale answer is served at once, and refreshed exactly once behind it', async () => {
    const { clock, cache } = setUp();
    const app = new Hono<{ Variables: { wish: string } }>();
    const gate = gates();
    gate.open(1);
    let runs = 0;
    let requests = 0;
    const seen: string[] = [];
    const waited: Promise<unknown>[] = [];
    app.use(async (c, next) => {
      requests += 1;
      c.set('wish', 'granted');
      c.header('x-request', String(requests));
      await next();
      c.header('x-after', 'yes');
    });
    app.use(askonceEndpoint(cache, { ttl: 60, staleWhileRevalidate: 600 }));
    app.use(async (c, next) => {
      await next();
      c.header('x-inner', 'yes');
    });
    app.get('/news/:topic', async (c) => {
      const run = runs++;
      seen.push(`${c.req.param('topic')} ${c.get('wish')} ${c.req.query('q')}`);
      await gate.wait(run);
      return c.text(`news ${run}`);
    });
    const execution = {
      waitUntil: (promise: Promise<unknown>) => void waited.push(promise),
      passThroughOnException() {},
      props: {},
    };
    const ask = async () => {
      const response = await app.request('/news/art?q=1', {}, {}, execution);
      return { text: await response.text(), headers: response.headers };
    };
    expect((await ask()).text).toBe('news 0');
    clock.advance(61_000);
    const stale = await Promise.all(Array.from({ length: 5 }, ask));
    expect(new Set(stale.map(({ text }) => text))).toEqual(new Set(['news 0']));
    await expect.poll(() => runs).toBe(2);
    gate.open(2);
    await expect.poll(async () => (await ask()).text).toBe('news 1');
    const { headers } = await ask();
    expect(headers.get('x-request')).toBe(String(requests));
    expect(['x-inner', 'x-after'].map((name) => headers.get(name))).toEqual(['yes', 'yes']);
    expect(seen).toEqual(['art granted 1', 'art granted 1']);
    // Both runs held the runtime, and let it go.
    expect(waited).toHaveLength(2);
    await Promise.all(waited);
  });
});

it('a stale answer is confirmed by the handler’s own validator, and keeps its body', async () => {
  const { app, clock, cache } = setUp();
  const seen: string[] = [];
  app.use(askonceEndpoint(cache, { ttl: 60 }));
  app.get('/report', (c) => {
    const condition = c.req.header('if-none-match');
    seen.push(condition ?? 'none');
    c.header('etag', '"v1"');
    c.header('x-run', String(seen.length));
    return condition === '"v1"' ? c.body(null, 304) : c.text('the report');
  });
  const url = await listening(app);
  await get(`${url}/report`);
  clock.advance(61_000);
  const confirmed = await get(`${url}/report`, { headers: { 'if-none-match': '"other"' } });
  expect(confirmed).toMatchObject({ status: 200, text: 'the report' });
  expect(confirmed.headers.get('x-run')).toBe('2');
  expect(await get(`${url}/report`)).toMatchObject({ text: 'the report', from: 'hit' });
  expect(seen).toEqual(['none', '"v1"']);
});

describe('writes', () => {
  it('a write invalidates before its answer is sent, and answers 503 if it cannot', async () => {
    const { app, cache } = setUp();
    let name = 'Ada';
    app.use(askonceEndpoint(cache, { routes: { '/report': { invalidateOn: ['PUT /users/:id'] } } }));
    app.get('/users/:id', (c) => c.text(name));
    app.get('/report', (c) => c.text(`about ${name}`));
    app.put('/users/:id', async (c) => {
      name = await c.req.text();
      return c.body(null, 204);
    });
    app.patch('/users/:id', (c) => c.text('conflict', 409));
    const url = await listening(app);
    for (const path of ['/users/1', '/report']) await get(url + path);
    expect(await get(`${url}/users/1`)).toMatchObject({ text: 'Ada', from: 'hit' });
    expect(await get(`${url}/users/1`, { method: 'PUT', body: 'Grace' })).toMatchObject({ status: 204 });
    expect(await get(`${url}/users/1`)).toMatchObject({ text: 'Grace', from: 'fwd=miss' });
    expect(await get(`${url}/report`)).toMatchObject({ text: 'about Grace', from: 'fwd=miss' });
    await get(`${url}/users/1`, { method: 'PATCH' });
    expect(await get(`${url}/users/1`)).toMatchObject({ from: 'hit' });
    await cache.close();
    expect(await get(`${url}/users/1`, { method: 'PUT', body: 'Eve' })).toMatchObject({ status: 503 });
  });

  it('a write invalidates what each middleware that it passes says', async () => {
    const { app, cache } = setUp();
    let runs = 0;
    app.use(askonceEndpoint(cache, { routes: { '/report': { invalidateOn: ['POST /orders'] } } }));
    app.get('/report', (c) => c.text(`report ${++runs}`));
    app.post('/orders', askonceEndpoint(cache), (c) => c.text('ordered'));
    const url = await listening(app);
    await get(`${url}/report`);
    await get(`${url}/orders`, { method: 'POST' });
    expect(await get(`${url}/report`)).toMatchObject({ text: 'report 2', from: 'fwd=miss' });
  });

  it('the end of a stream waits until what the handler has changed meanwhile is invalidated', async () => {
    const { app, cache } = setUp();
    const gate = gates();
    let value = 0;
    app.use(askonceEndpoint(cache));
    app.get('/job', (c) => c.text(`${value}`));
    app.post('/job', (c) =>
      streamText(c, async (stream) => {
        await stream.write('begun, ');
        await gate.wait(0);
        value += 1;
        await stream.write('done');
      }),
    );
    const url = await listening(app);
    const written = openClient(`${url}/job`, {}, 'POST');
    await (await written.reading).has('begun, ');
    expect(await get(`${url}/job`)).toMatchObject({ text: '0', from: 'fwd=miss' });
    gate.open(1);
    expect(await (await written.reading).whole).toBe('begun, done');
    expect(await get(`${url}/job`)).toMatchObject({ text: '1', from: 'fwd=miss' });
  });

  it('the body of a write that cannot invalidate is cancelled, since it is not sent', async () => {
    const { app, cache } = setUp();
    let cancelled = 0;
    app.use(askonceEndpoint(cache));
    app.post('/exports', (c) => {
      const body = new ReadableStream({
        cancel() {
          cancelled += 1;
        },
      });
      return c.body(body, 201);
    });
    const url = await listening(app);
    await cache.close();
    const answer = await get(`${url}/exports`, { method: 'POST' });
    expect([answer.status, cancelled]).toEqual([503, 1]);
  });
});
