import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { collectGarbage } from '../../../../../test/support/garbage.ts';
import { WrittenResponse } from '../../../../../test/support/written-response.ts';
import { createCache } from '../../cache.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { cachedHandler } from './cached-handler.ts';
import type { EndpointOptions } from './contract.ts';

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A real server whose requests a cached handler answers. */
async function served(
  handler: (request: Request) => Response | Promise<Response>,
  options: EndpointOptions<Request> = {},
) {
  const cache = createCache();
  const cached = cachedHandler(cache, handler, options);
  const server = createServer(getRequestListener(cached));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await cache.close();
  });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return { cache, origin: `http://127.0.0.1:${address.port}` };
}

describe('a plain handler behind the cache', () => {
  it('answers the second request without the handler, and 304 to a client that has the answer', async () => {
    let runs = 0;
    const { origin } = await served(() => Response.json({ run: ++runs }));
    const first = await fetch(`${origin}/a`);
    expect([await first.json(), first.headers.get('cache-status')]).toEqual([
      { run: 1 },
      'askonce; fwd=miss; stored',
    ]);
    const second = await fetch(`${origin}/a`);
    expect(await second.json()).toEqual({ run: 1 });
    expect(second.headers.get('cache-status')).toMatch(/^askonce; hit; ttl=\d+; detail="memory"$/);
    expect(second.headers.get('age')).toMatch(/^\d+$/);
    const etag = first.headers.get('etag') ?? '';
    // `fetch` adds no-cache to a condition, unless the request has a Cache-Control of its own.
    const headers = { 'if-none-match': etag, 'cache-control': 'max-age=600' };
    const third = await fetch(`${origin}/a`, { headers });
    expect([third.status, await third.text()]).toEqual([304, '']);
    expect(runs).toBe(1);
  });

  it('passes a stream on while it is made, to all who ask meanwhile, and replays it', async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>();
    let runs = 0;
    const { origin } = await served(() => {
      runs += 1;
      async function* events() {
        yield Buffer.from('data: 1\n\n');
        await release;
        yield Buffer.from('data: 2\n\n');
      }
      return new Response(ReadableStream.from(events()), {
        headers: { 'content-type': 'text/event-stream' },
      });
    });
    const [one, other] = await Promise.all([fetch(`${origin}/events`), fetch(`${origin}/events`)]);
    const readers = [one, other].map((response) => response.body?.getReader());
    for (const reader of readers)
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 1\n\n');
    resolve();
    for (const reader of readers)
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 2\n\n');
    for (const reader of readers) expect((await reader?.read())?.done).toBe(true);
    expect(await (await fetch(`${origin}/events`)).text()).toBe('data: 1\n\ndata: 2\n\n');
    expect(runs).toBe(1);
  });

  it('gives the handler no condition, an abort once no client waits, and its further arguments', async () => {
    const cache = createCache({ settings: { abandoned: 'cancel' } });
    const { promise: seen, resolve } = Promise.withResolvers<Request>();
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
    const cached = cachedHandler(cache, async (request: Request, context: { readonly name: string }) => {
      resolve(request);
      request.signal.addEventListener('abort', () => abort());
      await aborted;
      return new Response(context.name);
    });
    const leaving = new AbortController();
    const headers = {
      'if-none-match': '"x"',
      'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT',
      accept: 'text/plain',
    };
    const asked = cached(new Request('http://localhost/a', { headers, signal: leaving.signal }), {
      name: 'n',
    });
    const request = await seen;
    expect([...request.headers]).toEqual([['accept', 'text/plain']]);
    leaving.abort(new Error('left'));
    await expect(asked).rejects.toThrow('left');
    await aborted;
    await cache.close();
  });

  it('serves nothing older than a write that has been answered', async () => {
    let value = 0;
    const { origin } = await served(
      (request) => {
        if (request.method === 'PUT') value += 1;
        return request.method === 'PUT' ? new Response(null, { status: 204 }) : new Response(`${value}`);
      },
      { routes: { '/users/:id': {} } },
    );
    expect(await (await fetch(`${origin}/users/7`)).text()).toBe('0');
    await fetch(`${origin}/users/7`, { method: 'PUT' });
    expect(await (await fetch(`${origin}/users/7`)).text()).toBe('1');
  });

  it('holds the end of a stream that a write answers until what changed meanwhile is invalidated', async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>();
    let value = 0;
    async function* progress() {
      yield Buffer.from('begun, ');
      await release;
      value += 1;
      yield Buffer.from('done');
    }
    const { cache, origin } = await served((request) =>
      request.method === 'POST'
        ? new Response(ReadableStream.from(progress()), { status: 202, headers: { 'x-job': '7' } })
        : new Response(`${value}`),
    );
    const invalidate = vi.spyOn(cache, 'invalidate');
    const read = async () => await (await fetch(`${origin}/job`)).text();
    const written = await fetch(`${origin}/job`, { method: 'POST' });
    expect([written.status, written.headers.get('x-job'), await read()]).toEqual([202, '7', '0']);
    resolve();
    expect(await written.text()).toBe('begun, done');
    expect(await read()).toBe('1');
    expect(invalidate).toHaveBeenCalledTimes(2);
  });

  it('invalidates once for a write whose whole answer is there', async () => {
    const { cache, origin } = await served(() => Response.json({ done: true }, { status: 201 }));
    const invalidate = vi.spyOn(cache, 'invalidate');
    const written = await fetch(`${origin}/job`, { method: 'POST' });
    expect([written.status, await written.json()]).toEqual([201, { done: true }]);
    expect(invalidate).toHaveBeenCalledTimes(1);
  });

  it('a client that leaves the stream of a write cancels it, and what changed is invalidated', async () => {
    let cancelled = 0;
    const cache = createCache();
    const cached = cachedHandler(cache, () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('begun')),
        cancel() {
          cancelled += 1;
        },
      });
      return new Response(body);
    });
    const invalidate = vi.spyOn(cache, 'invalidate');
    const { body } = await cached(new Request('http://localhost/job', { method: 'POST' }));
    expect(invalidate).toHaveBeenCalledTimes(1);
    await body?.cancel();
    expect([cancelled, invalidate.mock.calls.length]).toEqual([1, 2]);
    const { body: waiting } = await cached(new Request('http://localhost/job', { method: 'POST' }));
    const reader = waiting?.getReader();
    await reader?.read();
    const next = reader?.read();
    // By then the handler's next piece is awaited.
    await new Promise((pass) => setImmediate(pass));
    await reader?.cancel();
    await next;
    expect([cancelled, invalidate.mock.calls.length]).toEqual([2, 4]);
    await cache.close();
  });

  it('the stream of a write fails as the handler’s does, and breaks off if what changed cannot be invalidated', async () => {
    async function* broken() {
      yield Buffer.from('begun');
      await new Promise((pass) => setImmediate(pass));
      await new Promise((pass) => setImmediate(pass));
      throw new RangeError('boom');
    }
    const cache = createCache();
    const bodies = [() => ReadableStream.from(broken()), () => ReadableStream.from(failing())];
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield await Promise.reject(new RangeError('boom'));
    }
    for (const body of bodies) {
      const cached = cachedHandler(cache, () => new Response(body()));
      const invalidate = vi.spyOn(cache, 'invalidate').mockClear();
      const response = await cached(new Request('http://localhost/job', { method: 'POST' }));
      await expect(response.text()).rejects.toThrow(new RangeError('boom'));
      expect(invalidate).toHaveBeenCalledTimes(2);
    }
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const cached = cachedHandler(cache, () => new Response(ReadableStream.from(late(release))));
    async function* late(until: Promise<void>) {
      yield Buffer.from('begun');
      await until;
    }
    const response = await cached(new Request('http://localhost/job', { method: 'POST' }));
    await cache.close();
    resolve();
    await expect(response.text()).rejects.toThrow();
  });

  it('does not fail the body of a client that leaves while it reads', async () => {
    const leaving = new AbortController();
    async function* silent() {
      yield Buffer.from('first');
      await new Promise(() => {});
    }
    const cached = cachedHandler(
      createCache({ settings: { abandoned: 'cancel' } }),
      () => new Response(ReadableStream.from(silent())),
    );
    const { body } = await cached(new Request('http://localhost/a', { signal: leaving.signal }));
    const reader = body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first');
    leaving.abort(new Error('left'));
    const next = reader?.read();
    await reader?.cancel();
    expect((await next)?.done).toBe(true);
  });

  it('takes the lifetime of the environment where neither route nor cache has one', async () => {
    vi.stubEnv('API_CACHE_TTL', '7');
    const clock = fakeClock();
    const caches = [createCache({ clock }), createCache({ clock, settings: { apiCacheTtlSeconds: 9 } })];
    vi.stubEnv('API_CACHE_TTL', 'soon');
    expect(() => createCache()).toThrow(/API_CACHE_TTL/);
    vi.unstubAllEnvs();
    const seen = caches.map(async (cache) => {
      const cached = cachedHandler(cache, () => new Response('a'));
      await cached(new Request('http://localhost/a'));
      return (await cached(new Request('http://localhost/a'))).headers.get('cache-status');
    });
    expect(await Promise.all(seen)).toEqual([
      'askonce; hit; ttl=7; detail="memory"',
      'askonce; hit; ttl=9; detail="memory"',
    ]);
  });

  it('fails as its handler does', async () => {
    const cached = cachedHandler(createCache(), () => {
      throw new RangeError('boom');
    });
    await expect(cached(new Request('http://localhost/a'))).rejects.toThrow(new RangeError('boom'));
  });

  it('runs the handler with a copy of a request that is a proxy, or of a class that stands in for the standard one', async () => {
    class Own extends Request {
      get isOwn() {
        return true;
      }
    }
    class Foreign {}
    const proxied = <Of extends Request>(request: Of, type: new (...given: never[]) => unknown) =>
      new Proxy(request, {
        getPrototypeOf: () => type.prototype,
        get(target, name) {
          if (name === 'constructor') return type;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    const cached = cachedHandler(createCache(), async (request) => {
      const { url, method, headers, redirect, credentials } = request;
      const isOwn = request instanceof Own && request.isOwn;
      const given = [headers.get('x-of'), headers.get('if-none-match')];
      return Response.json([url, method, ...given, redirect, credentials, isOwn]);
    });
    const asked = async (path: string, type: new (...given: never[]) => unknown) => {
      const headers = { 'x-of': path, 'if-none-match': '"of-the-client"' };
      const init = { headers, redirect: 'manual', credentials: 'omit' } as const;
      const response = await cached(proxied(new Own(`http://localhost${path}`, init), type));
      return [response.headers.get('cache-status')?.split(';')[1], await response.text()];
    };
    // Next.js hands handlers a proxy of its own class of request; @whatwg-node/server has a class that is no Request.
    for (const [path, type, isOwn] of [
      ['/proxy', Own, true] as const,
      ['/foreign', Foreign, false] as const,
    ]) {
      const given = [`http://localhost${path}`, 'GET', path, null, 'manual', 'omit', isOwn];
      const answer = JSON.stringify(given);
      expect(await asked(path, type)).toEqual([' fwd=miss', answer]);
      expect(await asked(path, type)).toEqual([' hit', answer]);
    }
  });

  it('the answer to a write has one framing, though its handler names another', async () => {
    // As tRPC answers calls that its client streams.
    const headers = { 'transfer-encoding': 'chunked' };
    const { origin } = await served(({ method }) => new Response(`done by ${method}`, { headers }));
    for (const method of ['POST', 'GET', 'GET'])
      expect(await (await fetch(`${origin}/a`, { method })).text()).toMatch(/^done by /);
  });

  it('reads the headers of an answer in whatever case a class of another library lists them', async () => {
    const answers: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
      '/private': [['Cache-Control', 'private']],
      '/twice': [
        ['cache-control', 'max-age=60'],
        ['Cache-Control', 'no-store'],
      ],
      '/cookie': [['Set-Cookie', 'session=1']],
      '/language': [['Vary', 'Accept-Language']],
    };
    let runs = 0;
    const { origin } = await served((request) => {
      runs += 1;
      return new WrittenResponse('for one', answers[new URL(request.url).pathname] ?? []);
    });
    for (const path of Object.keys(answers)) {
      for (const language of ['de', 'en'])
        await (await fetch(origin + path, { headers: { 'accept-language': language } })).text();
      expect([path, runs]).toEqual([path, 2]);
      runs = 0;
    }
  });

  it('holds no path that a client has made very long, however many come', async () => {
    const megabytes = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed / 2 ** 20;
    };
    const cache = createCache();
    const routes = { '/users/:id': { ttl: 60 }, '/health': false } as const;
    const cached = cachedHandler(cache, () => new Response(null, { status: 404 }), { routes });
    const long = 'x'.repeat(50_000);
    const ask = async (path: string) => await cached(new Request(`http://localhost/${path}`));
    await ask('warm-up/orders');
    const before = megabytes();
    for (let at = 0; at < 500; at++) {
      await ask(`${at}${long}/orders`);
      await ask(`orders/${at}${long}`);
    }
    // Of the thousand paths, 48 MB together, a tenth is far more than what else comes and goes.
    expect(megabytes() - before).toBeLessThan(5);
    await cache.close();
  });
});
