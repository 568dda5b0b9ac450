/**
 * `askonce/fastify` in a Fastify application, over real sockets.
 */
import { once } from 'node:events';
import { connect } from 'node:http2';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/fastify';
import { fakeClock } from 'askonce/testing';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { get, openClient } from './support/endpoint-clients.ts';
import { gates } from './support/gates.ts';
import { WrittenResponse } from './support/written-response.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Options = Parameters<typeof askonceEndpoint>[1];

/** An application with the plugin and what `declare` adds to it, on a port of its own. */
async function served(declare: (app: FastifyInstance) => unknown, options: Options = {}) {
  const clock = fakeClock();
  const cache = createCache({ clock });
  const app = fastify({ forceCloseConnections: true });
  await app.register(askonceEndpoint(cache, options));
  await declare(app);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  closing.push(
    () => app.close(),
    () => cache.close(),
  );
  return { app, cache, clock, url };
}

describe('reads', () => {
  it('a route runs once for the same request, and again for another', async () => {
    let runs = 0;
    const { url } = await served((app) => {
      app.get<{ Params: { id: string } }>('/users/:id', async ({ params }) => {
        runs += 1;
        return { id: params.id, runs };
      });
    });
    const miss = await get(`${url}/users/7?page=2`);
    expect(miss).toMatchObject({ status: 200, from: 'fwd=miss', text: '{"id":"7","runs":1}' });
    expect(miss.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const hit = await get(`${url}/users/7?page=2`);
    expect(hit).toMatchObject({ status: 200, from: 'hit', text: miss.text });
    expect(hit.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(hit.headers.get('content-length')).toBe(String(miss.text.length));
    expect(hit.headers.get('age')).toBe('0');
    for (const path of ['/users/8?page=2', '/users/7?page=3', '/users/7'])
      expect(await get(url + path)).toMatchObject({ from: 'fwd=miss' });
    expect(runs).toBe(4);
  });

  it('a hundred concurrent clients cost one run of the handler', async () => {
    let runs = 0;
    const gate = gates();
    const { url } = await served((app) => {
      app.get('/slow', async () => {
        runs += 1;
        await gate.wait(0);
        return { runs };
      });
    });
    const all = Promise.all(Array.from({ length: 100 }, () => get(`${url}/slow`)));
    await expect.poll(() => runs).toBe(1);
    gate.open(1);
    expect(new Set((await all).map(({ text, status }) => `${status} ${text}`))).toEqual(
      new Set(['200 {"runs":1}']),
    );
    expect(runs).toBe(1);
  });

  it('two hosts of one application share no answer', async () => {
    const { url } = await served((app) => {
      app.get('/welcome', async ({ host }) => `welcome to ${host}`);
    });
    for (const from of ['fwd=miss', 'hit'])
      for (const host of ['one.test', 'two.test'])
        expect(await get(`${url}/welcome`, { headers: { host } })).toMatchObject({
          text: `welcome to ${host}`,
          from,
        });
  });

  it.each(['no-store', 'private'])('an answer that a hook has called %s is not stored', async (control) => {
    let runs = 0;
    const { url } = await served((app) => {
      app.addHook('onRequest', async (_request, reply) => void reply.header('Cache-Control', control));
      app.get('/mine', async () => `run ${++runs}`);
    });
    for (const text of ['run 1', 'run 2']) {
      const answer = await get(`${url}/mine`);
      expect([answer.text, answer.from, answer.headers.get('cache-control')]).toEqual([
        text,
        'fwd=miss',
        control,
      ]);
    }
  });

  it('answers differ by a header that a hook has named in Vary', async () => {
    const { url } = await served((app) => {
      app.addHook('onRequest', async (_request, reply) => void reply.header('Vary', 'X-Lang'));
      app.get('/greeting', async ({ headers }) => `in ${headers['x-lang']}`);
    });
    for (const from of ['fwd=miss', 'hit'])
      for (const language of ['de', 'he'])
        expect(await get(`${url}/greeting`, { headers: { 'x-lang': language } })).toMatchObject({
          text: `in ${language}`,
          from,
        });
  });

  it('every kind of payload is stored as Fastify sends it', async () => {
    const { url } = await served((app) => {
      app.get('/text', (_request, reply) => reply.send('straße'));
      app.get('/bytes', async () => Buffer.from([0, 255, 128]));
      app.get('/node-stream', async (_request, reply) =>
        reply.type('text/csv').send(Readable.from(['a,', 'b\n'])),
      );
      app.get('/web-stream', async () => new Blob(['from the web']).stream());
      app.get('/response', async () => new Response('whole', { status: 203, headers: { 'x-own': 'yes' } }));
      app.get('/callback', (_request, reply) => {
        setImmediate(() => reply.code(200).header('x-own', 'yes').send({ called: 'back' }));
      });
      app.get('/nothing', async (_request, reply) => reply.code(204).send());
      app.get('/raw', (_request, reply) => {
        reply.hijack();
        reply.raw.writeHead(200, { 'content-type': 'text/plain', 'x-own': 'yes' });
        reply.raw.write('written ');
        reply.raw.end('by hand');
      });
      app.get(
        '/schema',
        { schema: { response: { 200: { type: 'object', properties: { shown: { type: 'string' } } } } } },
        async () => ({ shown: 'yes', hidden: 'secret' }),
      );
    });
    const expected = {
      '/text': [200, 'straße', 'text/plain; charset=utf-8'],
      '/node-stream': [200, 'a,b\n', 'text/csv'],
      '/web-stream': [200, 'from the web', null],
      '/response': [203, 'whole', 'text/plain;charset=UTF-8'],
      '/callback': [200, '{"called":"back"}', 'application/json; charset=utf-8'],
      '/nothing': [204, '', null],
      '/raw': [200, 'written by hand', 'text/plain'],
      '/schema': [200, '{"shown":"yes"}', 'application/json; charset=utf-8'],
    } as const;
    for (const [path, [status, text, type]] of Object.entries(expected)) {
      for (const from of ['fwd=miss', 'hit']) {
        const got = await get(url + path);
        expect([path, got.status, got.text, got.from]).toEqual([path, status, text, from]);
        expect([path, got.headers.get('content-type')]).toEqual([path, type]);
      }
    }
    for (const path of ['/response', '/callback', '/raw'])
      expect((await get(url + path)).headers.get('x-own')).toBe('yes');
    const first = await (await fetch(`${url}/bytes`)).bytes();
    const second = await (await fetch(`${url}/bytes`)).bytes();
    expect([...first]).toEqual([0, 255, 128]);
    expect([...second]).toEqual([0, 255, 128]);
  });

  it('a client that has the answer gets 304 without a run', async () => {
    let runs = 0;
    const { url } = await served((app) => {
      app.get('/page', async () => {
        runs += 1;
        return 'the page';
      });
    });
    const etag = (await get(`${url}/page`)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^".+"$/);
    const again = await get(`${url}/page`, { headers: { 'if-none-match': etag } });
    expect(again).toMatchObject({ status: 304, text: '', from: 'hit' });
    expect(again.headers.get('etag')).toBe(etag);
    expect(runs).toBe(1);
  });

  it('a condition of the first client is not the handler’s concern, so that all get the whole answer', async () => {
    const { url } = await served((app) => {
      app.get('/page', async ({ headers }, reply) =>
        headers['if-none-match'] === undefined ? 'the page' : reply.code(304).send(),
      );
    });
    expect(await get(`${url}/page`, { headers: { 'if-none-match': '"other"' } })).toMatchObject({
      status: 200,
      text: 'the page',
    });
    expect(await get(`${url}/page`)).toMatchObject({ status: 200, text: 'the page', from: 'hit' });
  });

  it('HEAD is answered from the stored GET, with its length and no body', async () => {
    let runs = 0;
    const { url } = await served((app) => {
      app.get('/page', async () => {
        runs += 1;
        return 'the page';
      });
    });
    await get(`${url}/page`);
    const head = await get(`${url}/page`, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '', from: 'hit' });
    expect(head.headers.get('content-length')).toBe('8');
    expect(runs).toBe(1);
    const other = await get(`${url}/page?other`, { method: 'HEAD' });
    expect(other).toMatchObject({ status: 200, text: '' });
    expect(other.headers.get('content-length')).toBe('8');
    expect(await get(`${url}/page?other`)).toMatchObject({ status: 200, text: 'the page' });
  });

  it('answers that differ by a header of the request are stored apart', async () => {
    let runs = 0;
    const { url } = await served((app) => {
      app.get('/greeting', async ({ headers }, reply) => {
        runs += 1;
        return reply.header('vary', 'accept-language').send(`in ${headers['accept-language']}`);
      });
    });
    for (const language of ['de', 'he', 'de', 'he'])
      expect(await get(`${url}/greeting`, { headers: { 'accept-language': language } })).toMatchObject({
        text: `in ${language}`,
      });
    expect(runs).toBe(2);
  });

  it('handlers that a constraint chooses have answers of their own', async () => {
    const { url } = await served((app) => {
      app.get('/v', { constraints: { version: '1.0.0' } }, async () => 'one');
      app.get('/v', { constraints: { version: '2.0.0' } }, async () => 'two');
      app.get('/v', async () => 'none');
    });
    for (const from of ['fwd=miss', 'hit']) {
      expect(await get(`${url}/v`)).toMatchObject({ text: 'none', from });
      for (const [version, text] of [
        ['1.0.0', 'one'],
        ['2.0.0', 'two'],
      ] as const)
        expect(await get(`${url}/v`, { headers: { 'accept-version': version } })).toMatchObject({
          text,
          from,
        });
    }
  });

  it('routes in a prefixed plugin are cached under their whole pattern', async () => {
    let runs = 0;
    const { url } = await served(
      (app) =>
        app.register(
          (scope, _options, done) => {
            scope.get('/', async () => ({ root: ++runs }));
            scope.get('/items/:id', async () => ({ item: ++runs }));
            done();
          },
          { prefix: '/api' },
        ),
      { routes: { '/api/items/:id': false } },
    );
    expect(await get(`${url}/api`)).toMatchObject({ text: '{"root":1}' });
    expect(await get(`${url}/api`)).toMatchObject({ text: '{"root":1}', from: 'hit' });
    expect(await get(`${url}/api/items/1`)).toMatchObject({ text: '{"item":2}', from: undefined });
    expect(await get(`${url}/api/items/1`)).toMatchObject({ text: '{"item":3}', from: undefined });
  });
});

describe('errors', () => {
  it('an error of the handler is answered by the application’s error handler, and never stored', async () => {
    let runs = 0;
    const { url } = await served((app) => {
      app.setErrorHandler((error: Error, _request, reply) =>
        reply.code(500).send({ handled: error.message, runs }),
      );
      app.get('/fails', async () => {
        runs += 1;
        throw new Error(`run ${runs}`);
      });
    });
    expect(await get(`${url}/fails`)).toMatchObject({ status: 500, text: '{"handled":"run 1","runs":1}' });
    expect(await get(`${url}/fails`)).toMatchObject({ status: 500, text: '{"handled":"run 2","runs":2}' });
  });

  it('what is thrown keeps its status, whatever it is', async () => {
    const { url } = await served((app) => {
      app.get('/teapot', () => {
        throw Object.assign(new Error('short and stout'), { statusCode: 418 });
      });
      app.get('/object', async () => Promise.reject({ statusCode: 409, message: 'no Error' }));
      app.get('/string', async () => Promise.reject('only text'));
      app.get('/invalid', (_request, reply) => reply.type('text/plain').send({ not: 'text' }));
    });
    expect(await get(`${url}/teapot`)).toMatchObject({ status: 418 });
    expect(JSON.parse((await get(`${url}/object`)).text)).toMatchObject({
      statusCode: 409,
      message: 'no Error',
    });
    expect(await get(`${url}/string`)).toMatchObject({ status: 500 });
    expect(await get(`${url}/invalid`)).toMatchObject({ status: 500 });
  });

  it('an unknown path gets the application’s 404', async () => {
    const { url } = await served((app) => {
      app.setNotFoundHandler((_request, reply) => reply.code(404).send('nothing here'));
      app.get('/gone', (_request, reply) => reply.callNotFound());
    });
    expect(await get(`${url}/unknown`)).toMatchObject({ status: 404, text: 'nothing here', from: undefined });
    expect(await get(`${url}/gone`)).toMatchObject({ status: 404, text: 'nothing here' });
    expect(await get(`${url}/gone`)).toMatchObject({ status: 404, text: 'nothing here' });
  });

  it('a stream that fails before its first byte is an error, and one that fails later breaks off', async () => {
    const { url } = await served((app) => {
      app.get('/early', async (_request, reply) =>
        reply.send(
          new Readable({
            read() {
              this.destroy(new Error('no bytes'));
            },
          }),
        ),
      );
      app.get('/late', async (_request, reply) => {
        const stream = new PassThrough();
        stream.write('half');
        setImmediate(() => setImmediate(() => stream.destroy(new Error('broke'))));
        return reply.type('text/plain').send(stream);
      });
    });
    expect(await get(`${url}/early`)).toMatchObject({ status: 500 });
    for (let round = 0; round < 2; round++) await expect(get(`${url}/late`)).rejects.toThrow();
  });
});

describe('who may see an answer', () => {
  it('a request that authentication refuses never comes to a stored answer', async () => {
    let runs = 0;
    const { url } = await served((app) => {
      const authenticate = async (request: FastifyRequest) => {
        if (request.headers.authorization !== 'Bearer right')
          throw Object.assign(new Error('who are you'), { statusCode: 401 });
      };
      app.get(
        '/secret',
        { preHandler: authenticate, config: { askonce: { sharesCredentials: true } } },
        async () => {
          runs += 1;
          return 'secret';
        },
      );
    });
    const headers = { authorization: 'Bearer right' };
    expect(await get(`${url}/secret`, { headers })).toMatchObject({ text: 'secret' });
    expect(await get(`${url}/secret`)).toMatchObject({ status: 401 });
    expect(await get(`${url}/secret`, { headers })).toMatchObject({ text: 'secret', from: 'hit' });
    expect(runs).toBe(1);
  });

  it('users that a hook has recognised have answers of their own', async () => {
    let runs = 0;
    const { url } = await served(
      (app) => {
        app.decorateRequest('userName', '');
        app.addHook('preHandler', async (request) => {
          Reflect.set(request, 'userName', String(request.headers['x-user']));
        });
        app.get('/me', async (request) => {
          runs += 1;
          return { user: Reflect.get(request, 'userName') };
        });
      },
      { user: (request) => String(Reflect.get(request, 'userName')) },
    );
    for (const user of ['ada', 'grace', 'ada', 'grace'])
      expect(await get(`${url}/me`, { headers: { 'x-user': user } })).toMatchObject({
        text: `{"user":"${user}"}`,
      });
    expect(runs).toBe(2);
  });

  it('headers that a hook sets before the handler are the client’s own', async () => {
    let requests = 0;
    const { url } = await served((app) => {
      app.addHook('onRequest', async (request, reply) => {
        requests += 1;
        reply.headers({
          'x-request': String(requests),
          'access-control-allow-origin': request.headers.origin,
        });
      });
      app.get('/shared', async (_request, reply) => reply.header('x-own', 'handler').send('shared'));
    });
    const ask = (origin: string) => get(`${url}/shared`, { headers: { origin } });
    const miss = await ask('https://a.example');
    const hit = await ask('https://b.example');
    expect([miss.from, hit.from]).toEqual(['fwd=miss', 'hit']);
    expect(hit.headers.get('access-control-allow-origin')).toBe('https://b.example');
    expect([miss, hit].map(({ headers }) => headers.get('x-request'))).toEqual(['1', '2']);
    expect(hit.headers.get('x-own')).toBe('handler');
  });
});

describe('streams', () => {
  it('each follower sees the events of a running stream before its end', async () => {
    let runs = 0;
    const stream = new PassThrough();
    const { url } = await served((app) => {
      app.get('/events', async (_request, reply) => {
        runs += 1;
        return reply.type('text/event-stream').send(stream);
      });
    });
    const first = openClient(`${url}/events`);
    await expect.poll(() => runs).toBe(1);
    stream.write('data: 1\n\n');
    await (await first.reading).has('data: 1\n\n');
    const followers = Array.from({ length: 3 }, () => openClient(`${url}/events`));
    const readings = await Promise.all([first, ...followers].map(({ reading }) => reading));
    for (const reading of readings) await reading.has('data: 1\n\n');
    stream.write('data: 2\n\n');
    for (const reading of readings) await reading.has('data: 2\n\n');
    stream.end('data: 3\n\n');
    for (const { whole } of readings) expect(await whole).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
    expect(runs).toBe(1);
  });

  it('followers get the whole answer though the client that came first leaves', async () => {
    let runs = 0;
    const closed: string[] = [];
    const stream = new PassThrough();
    const { url } = await served((app) => {
      app.get('/events', (request, reply) => {
        runs += 1;
        // The usual way to stop a source of events; it must not stop that of the followers.
        request.raw.on('close', () => closed.push('request'));
        reply.raw.on('close', () => closed.push('reply'));
        request.signal.addEventListener('abort', () => closed.push('signal'));
        reply.type('text/event-stream').send(stream);
      });
    });
    const first = openClient(`${url}/events`);
    await expect.poll(() => runs).toBe(1);
    stream.write('data: 1\n\n');
    await (await first.reading).has('data: 1');
    const follower = openClient(`${url}/events`);
    const reading = await follower.reading;
    await reading.has('data: 1');
    first.leave();
    await expect((await first.reading).whole).rejects.toThrow();
    stream.write('data: 2\n\n');
    await reading.has('data: 2');
    expect(closed).toEqual([]);
    stream.end('data: 3\n\n');
    expect(await reading.whole).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
    await expect.poll(() => closed.toSorted()).toEqual(['reply', 'request']);
    expect(runs).toBe(1);
  });
});

it('a run that no client waits for any more is cancelled, if the settings say so', async () => {
  const cache = createCache({ clock: fakeClock(), settings: { abandoned: 'cancel' } });
  const app = fastify({ forceCloseConnections: true });
  await app.register(askonceEndpoint(cache));
  const seen: string[] = [];
  const stream = new PassThrough();
  app.get('/events', (request, reply) => {
    request.raw.on('close', () => seen.push('request'));
    reply.raw.on('close', () => seen.push('reply'));
    request.signal.addEventListener('abort', () => seen.push('signal'));
    stream.on('close', () => seen.push('stream'));
    stream.write('begun');
    reply.send(stream);
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  closing.push(
    () => app.close(),
    () => cache.close(),
  );
  const client = openClient(`${url}/events`);
  await (await client.reading).has('begun');
  client.leave();
  await expect.poll(() => seen.toSorted()).toEqual(['reply', 'request', 'signal', 'stream']);
});

it('a scope that registers the plugin has its routes cached, and no other scope', async () => {
  const cache = createCache({ clock: fakeClock() });
  const app = fastify();
  let runs = 0;
  await app.register((scope, _options, done) => {
    scope.register(askonceEndpoint(cache)).after(() => {
      scope.get('/within', async () => ({ run: ++runs }));
    });
    done();
  });
  app.get('/outside', async () => ({ run: ++runs }));
  const from = async (path: string) => (await app.inject(path)).headers['cache-status'];
  expect(await from('/within')).toMatch(/fwd=miss/);
  expect(await from('/within')).toMatch(/hit/);
  for (let round = 0; round < 2; round++) expect(await from('/outside')).toBeUndefined();
  await app.close();
  await cache.close();
});

it('a route that was declared before the plugin is not cached, and a warning says so once', async () => {
  const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const cache = createCache({ clock: fakeClock() });
  const app = fastify();
  let runs = 0;
  // Without `await`: the plugin is loaded after the route.
  app.register(askonceEndpoint(cache));
  app.get('/early', async () => ({ run: ++runs }));
  for (const run of [1, 2]) expect((await app.inject('/early')).json()).toEqual({ run });
  expect((await app.inject('/unknown')).statusCode).toBe(404);
  expect(warnings.mock.calls.map(([text]) => text)).toEqual([
    expect.stringMatching(/^GET \/early is not cached, .*await app\.register/),
  ]);
  await app.close();
  await cache.close();
});

it('a stream that is larger than a flight may hold arrives whole, and is not stored', async () => {
  let runs = 0;
  const piece = Buffer.alloc(64 * 1024, 'x');
  const { url } = await served((app) => {
    app.get('/large', async (_request, reply) => {
      runs += 1;
      return reply.send(Readable.from(Array.from({ length: 320 }, () => piece)));
    });
  });
  for (let round = 1; round <= 2; round++) {
    const { body } = await fetch(`${url}/large`);
    let length = 0;
    for await (const part of body ?? []) length += part.length;
    expect([length, runs]).toEqual([320 * piece.length, round]);
  }
});

it('routes are cached over HTTP/2 as over HTTP/1.1', async () => {
  const cache = createCache({ clock: fakeClock() });
  const app = fastify({ http2: true });
  await app.register(askonceEndpoint(cache));
  let runs = 0;
  app.get('/json', async () => ({ run: ++runs }));
  app.get('/stream', async (_request, reply) => reply.send(Readable.from(['run ', String(++runs)])));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const session = connect(url);
  const ask = async (path: string) => {
    const stream = session.request({ ':path': path });
    const [headers] = await once(stream, 'response');
    return `${headers[':status']} ${await text(stream)} ${/hit|miss/.exec(headers['cache-status'])?.[0]}`;
  };
  expect([await ask('/json'), await ask('/json')]).toEqual(['200 {"run":1} miss', '200 {"run":1} hit']);
  expect([await ask('/stream'), await ask('/stream')]).toEqual(['200 run 2 miss', '200 run 2 hit']);
  session.close();
  await app.close();
  await cache.close();
});

it('a request over HTTP/2 that names two hosts leaves no answer for others', async () => {
  const cache = createCache();
  onTestFinished(async () => await cache.close());
  const app = fastify({ http2: true });
  onTestFinished(async () => await app.close());
  await app.register(askonceEndpoint(cache));
  app.get('/page', async (request) => ({ authority: request.raw.authority, host: request.host }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const session = connect(url);
  onTestFinished(() => session.close());
  const ask = async (hosts: Readonly<Record<string, string>>) => {
    const stream = session.request({ ':path': '/page', ...hosts });
    const [headers] = await once(stream, 'response');
    return `${/hit|miss|bypass/.exec(headers['cache-status'])?.[0]} ${await text(stream)}`;
  };
  const own = { authority: 'shop.test', host: 'shop.test' };
  expect(await ask({ ':authority': 'evil.test', host: 'shop.test' })).toContain('evil.test');
  expect(await ask({ ':authority': 'shop.test' })).toBe(`miss ${JSON.stringify(own)}`);
  expect(await ask({ ':authority': 'Shop.test', host: 'shop.test' })).toBe(`hit ${JSON.stringify(own)}`);
});

describe('stale answers', () => {
  it('a stale answer is served at once, and refreshed exactly once behind it', async () => {
    let runs = 0;
    const gate = gates();
    gate.open(1);
    const seen: string[] = [];
    const { url, clock } = await served(
      (app) => {
        let requests = 0;
        app.addHook('onRequest', async () => {
          requests += 1;
        });
        app.get('/news', async (request, reply) => {
          const run = runs++;
          seen.push(`${request.url} ${request.headers['x-own']} ${requests}`);
          await gate.wait(run);
          return reply.header('x-run', run).send(`news ${run}`);
        });
      },
      { ttl: 60, staleWhileRevalidate: 600 },
    );
    const ask = () => get(`${url}/news`, { headers: { 'x-own': 'yes' } });
    expect(await ask()).toMatchObject({ text: 'news 0', from: 'fwd=miss' });
    clock.advance(61_000);
    const stale = await Promise.all(Array.from({ length: 5 }, ask));
    expect(new Set(stale.map(({ text }) => text))).toEqual(new Set(['news 0']));
    await expect.poll(() => runs).toBe(2);
    gate.open(2);
    await expect.poll(async () => (await ask()).text).toBe('news 1');
    expect((await ask()).headers.get('x-run')).toBe('1');
    expect(runs).toBe(2);
    // The refresh is a run of the handler alone: no hook, and so no rate limit or log, counts another request.
    expect(seen[1]).toMatch(/^\/news yes [2-6]$/);
  });
});

describe('writes', () => {
  it('a write invalidates before its answer is sent', async () => {
    let name = 'Ada';
    const { url } = await served((app) => {
      app.get('/users/:id', async () => ({ name }));
      app.put<{ Body: string }>('/users/:id', async ({ body }) => {
        name = body;
        return { ok: true };
      });
      app.get('/report', { config: { askonce: { invalidateOn: ['PUT /users/:id'] } } }, async () => ({
        about: name,
      }));
      app.patch('/users/:id', async (_request, reply) => reply.code(409).send({ ok: false }));
    });
    const put = (body: string) =>
      get(`${url}/users/1`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body });
    for (const path of ['/users/1', '/report']) await get(url + path);
    expect(await get(`${url}/users/1`)).toMatchObject({ from: 'hit' });
    expect(await put('Grace')).toMatchObject({ status: 200 });
    expect(await get(`${url}/users/1`)).toMatchObject({ text: '{"name":"Grace"}', from: 'fwd=miss' });
    expect(await get(`${url}/report`)).toMatchObject({ text: '{"about":"Grace"}', from: 'fwd=miss' });
    await get(`${url}/users/1`, { method: 'PATCH' });
    expect(await get(`${url}/users/1`)).toMatchObject({ from: 'hit' });
  });

  it('a write invalidates once, before its answer is sent and not again after it', async () => {
    const { url, cache } = await served((app) => {
      app.addHook('onResponse', async () => {
        responses += 1;
      });
      app.get('/users/:id', async () => 'user');
      app.put('/users/:id', async (_request, reply) => reply.code(204).send());
    });
    let responses = 0;
    const invalidate = vi.spyOn(cache, 'invalidate');
    await get(`${url}/users/1`, { method: 'PUT' });
    await expect.poll(() => responses).toBe(1);
    expect(invalidate).toHaveBeenCalledTimes(1);
  });

  it('an async handler that calls send and returns something else answers once, by what it has sent', async () => {
    let value = 0;
    const { url } = await served((app) => {
      app.get('/value', async () => value);
      app.post('/value', async (_request, reply) => {
        value += 1;
        reply.code(201).send({ value });
      });
      app.put('/value', async (_request, reply) => {
        value = 7;
        reply.send('sent');
        return 'returned';
      });
      app.delete('/value', async (_request, reply) => {
        value = 0;
        reply.code(204).send();
        throw new Error('too late');
      });
    });
    await get(`${url}/value`);
    expect(await get(`${url}/value`, { method: 'POST' })).toMatchObject({ status: 201, text: '{"value":1}' });
    expect(await get(`${url}/value`)).toMatchObject({ from: 'fwd=miss', text: '1' });
    expect(await get(`${url}/value`, { method: 'PUT' })).toMatchObject({ status: 200, text: 'sent' });
    expect(await get(`${url}/value`)).toMatchObject({ from: 'fwd=miss', text: '7' });
    expect(await get(`${url}/value`, { method: 'DELETE' })).toMatchObject({ status: 204, text: '' });
    expect(await get(`${url}/value`)).toMatchObject({ from: 'fwd=miss', text: '0' });
  });

  it('a write that cannot invalidate answers 503', async () => {
    const { url, cache } = await served((app) => {
      app.get('/users/:id', async () => 'user');
      app.delete('/users/:id', async (_request, reply) => reply.code(204).send());
    });
    await get(`${url}/users/1`);
    await cache.close();
    expect(await get(`${url}/users/1`, { method: 'DELETE' })).toMatchObject({ status: 503 });
  });

  it.each([
    ['of Node.js', (parts: AsyncIterable<Uint8Array>) => Readable.from(parts)],
    ['of the Web', (parts: AsyncIterable<Uint8Array>) => ReadableStream.from(parts)],
    ['of a Response', (parts: AsyncIterable<Uint8Array>) => new Response(ReadableStream.from(parts))],
  ])(
    'the end of a stream %s waits until what the handler has changed meanwhile is invalidated',
    async (_, body) => {
      const gate = gates();
      let value = 0;
      async function* progress() {
        yield Buffer.from('begun, ');
        await gate.wait(0);
        value += 1;
        yield Buffer.from('done');
      }
      const { url } = await served((app) => {
        app.get('/job', async () => `${value}`);
        app.post('/job', (_request, reply) => reply.send(body(progress())));
      });
      const written = openClient(`${url}/job`, {}, 'POST');
      await (await written.reading).has('begun, ');
      expect(await get(`${url}/job`)).toMatchObject({ text: '0', from: 'fwd=miss' });
      gate.open(1);
      expect(await (await written.reading).whole).toBe('begun, done');
      expect(await get(`${url}/job`)).toMatchObject({ text: '1', from: 'fwd=miss' });
    },
  );

  it.each(['Location', 'Content-Location'])(
    'a write answered with a Response invalidates what its %s names, in whatever case its class lists that',
    async (name) => {
      let runs = 0;
      const { url } = await served((app) => {
        app.get('/made', async () => `run ${++runs}`);
        app.post('/make', async () => new WrittenResponse('done', [[name, '/made']], 201));
      });
      expect(await get(`${url}/made`)).toMatchObject({ text: 'run 1', from: 'fwd=miss' });
      expect(await get(`${url}/make`, { method: 'POST' })).toMatchObject({ status: 201, text: 'done' });
      expect(await get(`${url}/made`)).toMatchObject({ text: 'run 2', from: 'fwd=miss' });
    },
  );

  it('a stream that answers a write fails as without the cache, and is destroyed once its client has left', async () => {
    const held = new PassThrough();
    const { url, cache } = await served((app) => {
      app.post('/fails', (_request, reply) => {
        const payload = new PassThrough();
        setImmediate(() => payload.destroy(new Error('before the first byte')));
        return reply.send(payload);
      });
      app.post('/held', (_request, reply) => reply.send(held));
    });
    expect(await get(`${url}/fails`, { method: 'POST' })).toMatchObject({ status: 500 });
    const invalidate = vi.spyOn(cache, 'invalidate');
    const leaving = openClient(`${url}/held`, {}, 'POST');
    held.write('begun');
    await (await leaving.reading).has('begun');
    leaving.leave();
    await expect.poll(() => [held.destroyed, invalidate.mock.calls.length]).toEqual([true, 2]);
  });

  it('a stream that fails while its write invalidates answers 500', async () => {
    const payload = new PassThrough();
    const { url, cache } = await served((app) => {
      app.post('/fails', (_request, reply) => reply.send(payload));
    });
    vi.spyOn(cache, 'invalidate').mockImplementationOnce(async () => {
      payload.destroy(new Error('before the first byte'));
      await new Promise((closed) => payload.once('close', closed));
      return 0;
    });
    expect(await get(`${url}/fails`, { method: 'POST' })).toMatchObject({ status: 500 });
  });

  it('the stream of a write that cannot invalidate is ended, since it is not sent', async () => {
    const held = new PassThrough();
    let cancelled = 0;
    const { url, cache } = await served((app) => {
      app.post('/piped', (_request, reply) => reply.send(held));
      app.post('/web', (_request, reply) =>
        reply.send(
          new ReadableStream({
            cancel: () => {
              cancelled += 1;
            },
          }),
        ),
      );
    });
    await cache.close();
    for (const path of ['/piped', '/web'])
      expect(await get(url + path, { method: 'POST' })).toMatchObject({ status: 503 });
    expect([held.destroyed, cancelled]).toEqual([true, 1]);
  });

  it('a write whose answer a hook replaces by an error invalidates once', async () => {
    const { cache, url } = await served((app) => {
      const refuse = async () => Promise.reject(new Error('refused'));
      app.post('/refused', { onSend: refuse }, async () => 'written');
      app.addHook('onResponse', async () => {
        responses += 1;
      });
    });
    let responses = 0;
    const invalidate = vi.spyOn(cache, 'invalidate');
    expect(await get(`${url}/refused`, { method: 'POST' })).toMatchObject({ status: 500 });
    await expect.poll(() => responses).toBe(1);
    expect(invalidate).toHaveBeenCalledTimes(1);
  });

  it('a write whose handler wrote to the raw response invalidates as well', async () => {
    let version = 1;
    const { url } = await served((app) => {
      app.get('/item', async () => `version ${version}`);
      app.post('/item', (_request, reply) => {
        version += 1;
        reply.hijack();
        reply.raw.writeHead(201).end();
      });
    });
    await get(`${url}/item`);
    expect(await get(`${url}/item`, { method: 'POST' })).toMatchObject({ status: 201 });
    await expect.poll(async () => (await get(`${url}/item`)).text).toBe('version 2');
  });
});

it('the options of a route are checked where the route is declared', async () => {
  const { app } = await served((one) => {
    one.get(
      '/checked',
      { config: { askonce: { ttl: 60, user: (request) => request.ip } } },
      async () => 'yes',
    );
  });
  // @ts-expect-error A lifetime is a number of seconds.
  const wrong = () => app.get('/wrong', { config: { askonce: { ttl: 'long' } } }, async () => 'no');
  expect(wrong).toThrow(/Cannot add route/);
});
