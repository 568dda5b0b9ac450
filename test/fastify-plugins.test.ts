/**
 * `askonce/fastify` beside other plugins and hooks, registered before it and after it.
 */
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import etag from '@fastify/etag';
import { createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/fastify';
import { fakeClock } from 'askonce/testing';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { get } from './support/endpoint-clients.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Add = (app: FastifyInstance) => unknown;

const clock = fakeClock();

/** An application to which something is added before the plugin or after it, and then the routes. */
async function served(order: 'before' | 'after', add: Add, routes: Add): Promise<string> {
  const cache = createCache({ clock: fakeClock() });
  const app = fastify();
  if (order === 'before') await add(app);
  await app.register(askonceEndpoint(cache));
  if (order === 'after') await add(app);
  await routes(app);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  closing.push(
    () => app.close(),
    () => cache.close(),
  );
  return url;
}

it.each([
  ['bytes', 'no hook onSend', false],
  ['a string', 'a hook onSend', true],
])('the text of a hit is sent as %s if the application has %s', async (expected, _, hasHook) => {
  const sent: string[] = [];
  const url = await served(
    'after',
    (app) => {
      if (hasHook) app.addHook('onSend', async (_request, _reply, payload) => payload);
      app.addHook('preHandler', async (_request, reply) => {
        const { send } = reply;
        reply.send = function kindSeen(payload?: unknown) {
          sent.push(typeof payload === 'string' ? 'a string' : 'bytes');
          return send.call(this, payload);
        };
      });
    },
    (app) => app.get('/text', async () => 'текст'),
  );
  await get(`${url}/text`);
  sent.length = 0;
  const hit = await get(`${url}/text`);
  expect(hit).toMatchObject({ text: 'текст', from: 'hit' });
  expect(hit.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(sent).toEqual([expected]);
});

const long = 'a text that is long enough to be compressed. '.repeat(60);

describe.each(['before', 'after'] as const)('registered %s the cache', (order) => {
  it(`an onSend hook that changes the body changes it once (${order})`, async () => {
    let runs = 0;
    const url = await served(
      order,
      (app) =>
        app.addHook('onSend', async (_request, reply, payload) => {
          reply.header('x-hook', 'seen');
          return JSON.stringify({ data: JSON.parse(String(payload)) });
        }),
      (app) => app.get('/data', async () => ({ run: ++runs })),
    );
    for (const from of ['fwd=miss', 'hit']) {
      const got = await get(`${url}/data`);
      expect(got).toMatchObject({ text: '{"data":{"run":1}}', from });
      expect(got.headers.get('x-hook')).toBe('seen');
    }
  });

  it(`an onSend hook that replaces a string finds a string (${order})`, async () => {
    const url = await served(
      order,
      (app) =>
        app.addHook('onSend', (_request, _reply, payload, done) => {
          done(null, typeof payload === 'string' ? payload.replace('secret', '***') : 'no string');
        }),
      (app) => app.get('/text', async () => 'a secret word'),
    );
    for (const from of ['fwd=miss', 'hit'])
      expect(await get(`${url}/text`)).toMatchObject({ text: 'a *** word', from });
  });

  it(`an answer that an onSend hook forbids to store is not stored (${order})`, async () => {
    let runs = 0;
    const url = await served(
      order,
      (app) =>
        app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store')),
      (app) => app.get('/private', async () => ({ run: ++runs })),
    );
    for (const run of [1, 2]) {
      const got = await get(`${url}/private`);
      expect(got.text).toBe(`{"run":${run}}`);
      expect(got.headers.get('cache-control')).toBe('no-store');
    }
  });

  it(`an answer that sets a cookie reaches its client, and is not stored (${order})`, async () => {
    let runs = 0;
    const url = await served(
      order,
      (app) => app.register(cookie),
      (app) =>
        app.get('/login', async (_request, reply) => {
          reply.setCookie('session', String(++runs));
          return { runs };
        }),
    );
    for (const run of [1, 2]) {
      const got = await get(`${url}/login`);
      expect(got.text).toBe(`{"runs":${run}}`);
      expect(got.headers.getSetCookie()).toEqual([`session=${run}; SameSite=Lax`]);
    }
  });

  it(`a hook that refuses a reply is obeyed for stored answers too (${order})`, async () => {
    let isOpen = true;
    const url = await served(
      order,
      (app) =>
        app.addHook('onSend', async (_request, reply) => {
          if (isOpen || reply.statusCode === 451) return;
          throw Object.assign(new Error('not any more'), { statusCode: 451 });
        }),
      (app) => app.get('/film', async () => 'a film'),
    );
    await get(`${url}/film`);
    expect(await get(`${url}/film`)).toMatchObject({ status: 200, text: 'a film', from: 'hit' });
    isOpen = false;
    const refused = await get(`${url}/film`);
    expect(refused.status).toBe(451);
    expect(refused.text).toContain('not any more');
  });

  it(`@fastify/etag makes the validator, and hits are revalidated by it (${order})`, async () => {
    let runs = 0;
    const url = await served(
      order,
      (app) => app.register(etag),
      (app) =>
        app.get('/page', async () => {
          runs += 1;
          return 'the page';
        }),
    );
    const miss = await get(`${url}/page`);
    const validator = miss.headers.get('etag') ?? '';
    expect(validator).not.toBe('');
    expect((await get(`${url}/page`)).headers.get('etag')).toBe(validator);
    const again = await get(`${url}/page`, { headers: { 'if-none-match': validator } });
    expect(again).toMatchObject({ status: 304, text: '', from: 'hit' });
    const first = await get(`${url}/page?first`, { headers: { 'if-none-match': validator } });
    expect(first).toMatchObject({ status: 304, text: '' });
    expect(await get(`${url}/page?first`)).toMatchObject({ status: 200, text: 'the page', from: 'hit' });
    expect(runs).toBe(2);
  });

  it(`@fastify/compress gives each client what it accepts (${order})`, async () => {
    const url = await served(
      order,
      (app) => app.register(compress, { threshold: 0 }),
      (app) => app.get('/long', async () => long),
    );
    for (let round = 0; round < 2; round++)
      for (const [accepted, encoding] of [
        ['gzip', 'gzip'],
        ['identity', null],
        ['br', 'br'],
      ] as const) {
        const got = await get(`${url}/long`, { headers: { 'accept-encoding': accepted } });
        expect([accepted, round, got.headers.get('content-encoding')]).toEqual([accepted, round, encoding]);
        expect(got.text).toBe(long);
      }
    expect(await get(`${url}/long`, { headers: { 'accept-encoding': 'gzip' } })).toMatchObject({
      from: 'hit',
    });
  });

  it(`what hooks put on request and reply is there for the handler (${order})`, async () => {
    const url = await served(
      order,
      (app) => {
        app.decorateReply('locals', null);
        app.decorateRequest('wish', '');
        app.addHook('preHandler', async (request, reply) => {
          Reflect.set(reply, 'locals', { from: 'hook' });
          Reflect.set(request, 'wish', 'granted');
          reply.type('text/plain');
        });
      },
      (app) =>
        app.get('/local', async (request, reply) =>
          JSON.stringify([
            Reflect.get(reply, 'locals'),
            Reflect.get(request, 'wish'),
            reply.getHeader('content-type'),
          ]),
        ),
    );
    const text = '[{"from":"hook"},"granted","text/plain"]';
    for (const from of ['fwd=miss', 'hit']) expect(await get(`${url}/local`)).toMatchObject({ text, from });
  });
});

it('a stale answer is confirmed by the handler’s own validator, and keeps its body', async () => {
  const cache = createCache({ clock });
  const app = fastify();
  await app.register(askonceEndpoint(cache, { ttl: 60 }));
  const seen: string[] = [];
  app.get('/report', async ({ headers }, reply) => {
    seen.push(headers['if-none-match'] ?? 'none');
    reply.header('etag', '"v1"').header('x-run', seen.length);
    return headers['if-none-match'] === '"v1"' ? reply.code(304).send() : 'the report';
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  closing.push(
    () => app.close(),
    () => cache.close(),
  );
  await get(`${url}/report`);
  clock.advance(61_000);
  const confirmed = await get(`${url}/report`, { headers: { 'if-none-match': '"other"' } });
  expect(confirmed).toMatchObject({ status: 200, text: 'the report' });
  expect(confirmed.headers.get('x-run')).toBe('2');
  expect(await get(`${url}/report`)).toMatchObject({ text: 'the report', from: 'hit' });
  expect(seen).toEqual(['none', '"v1"']);
});

it('a time limit of the handler answers the client, and the run goes on for others', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  let runs = 0;
  const url = await served(
    'before',
    () => {},
    (app) =>
      app.get('/slow', { handlerTimeout: 50 }, async () => {
        runs += 1;
        return await promise;
      }),
  );
  expect(await get(`${url}/slow`)).toMatchObject({ status: 503 });
  resolve('late');
  await expect.poll(async () => (await get(`${url}/slow`)).text).toBe('late');
  expect(await get(`${url}/slow`)).toMatchObject({ text: 'late', from: 'hit' });
  expect(runs).toBeLessThanOrEqual(2);
});

it('a request for an upgrade is the handler’s alone', async () => {
  const cache = createCache({ clock });
  const app = fastify();
  await app.register(askonceEndpoint(cache));
  let runs = 0;
  app.get('/socket', (_request, reply) => {
    runs += 1;
    reply.hijack();
    reply.raw.end(`run ${runs}`);
  });
  for (const run of [1, 2]) {
    const response = await app.inject({
      url: '/socket',
      headers: { connection: 'upgrade', upgrade: 'websocket' },
    });
    expect(response.body).toBe(`run ${run}`);
    expect(response.headers['cache-status']).toBeUndefined();
  }
  await app.close();
  await cache.close();
});

it('`inject` is answered as a client on a socket is', async () => {
  const cache = createCache({ clock: fakeClock() });
  const app = fastify();
  await app.register(askonceEndpoint(cache));
  let runs = 0;
  app.get('/injected', async () => ({ run: ++runs }));
  for (const run of [1, 1]) {
    const response = await app.inject('/injected');
    expect(response.json()).toEqual({ run });
  }
  await app.close();
  await cache.close();
});
