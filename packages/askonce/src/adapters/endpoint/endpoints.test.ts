import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCache } from '../../cache.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { EndpointOptions, EndpointReply, EndpointRequest, HandlerCall } from './contract.ts';
import { endpointCache } from './endpoints.ts';

interface Asked {
  readonly user?: string;
}

type Handler = (
  request: EndpointRequest<Asked>,
  call: HandlerCall,
) => {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | AsyncIterable<Uint8Array>;
};

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function textOf({ body }: EndpointReply): Promise<string | null> {
  if (body === null) return null;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

function setUp(handler: Handler, options: EndpointOptions<Asked> = {}) {
  const clock = fakeClock();
  const cache = createCache({ clock });
  const endpoints = endpointCache(cache, options);
  let runs = 0;
  const calls: HandlerCall[] = [];
  const run =
    (request: EndpointRequest<Asked>) =>
    async (_: AbortSignal, call: HandlerCall): Promise<ProviderAnswer> => {
      runs += 1;
      calls.push(call);
      const { status = 200, headers = {}, body = `answer ${runs}` } = handler(request, call);
      return { status, headers, body: typeof body === 'string' ? once(body) : body };
    };
  const requestOf = (url: string, more: Partial<EndpointRequest<Asked>> = {}): EndpointRequest<Asked> => ({
    raw: {},
    method: 'GET',
    url,
    headers: { host: 'localhost', ...more.headers },
    ...('raw' in more ? { raw: more.raw ?? {} } : {}),
    ...(more.method === undefined ? {} : { method: more.method }),
    ...(more.route === undefined ? {} : { route: more.route }),
  });
  const ask = async (url: string, more: Partial<EndpointRequest<Asked>> = {}) => {
    const request = requestOf(url, more);
    const reply = await endpoints.answer(request, run(request));
    return { ...reply, text: await textOf(reply) };
  };
  return { clock, cache, endpoints, ask, requestOf, runs: () => runs, calls };
}

describe('an endpoint behind the cache', () => {
  it('answers the same request again without its handler, with the age of the answer', async () => {
    const { ask, clock, runs } = setUp(() => ({}));
    const first = await ask('/users/7', { route: '/users/:id' });
    expect(first.headers['cache-status']).toBe('askonce; fwd=miss; stored');
    clock.advance(5_000);
    const second = await ask('/users/7', { route: '/users/:id' });
    expect(second).toMatchObject({ status: 200, text: 'answer 1' });
    expect(second.headers).toMatchObject({
      age: '5',
      'cache-status': 'askonce; hit; ttl=295; detail="memory"',
      etag: first.headers['etag'],
      date: first.headers['date'],
    });
    expect((await ask('/users/8', { route: '/users/:id' })).text).toBe('answer 2');
    expect(runs()).toBe(2);
  });

  it('stores an answer for thirty days at most, even if it says that it is fresh for a year', async () => {
    const { ask, clock, runs } = setUp(() => ({ headers: { 'cache-control': 'max-age=31536000' } }));
    await ask('/terms');
    clock.advance(2_591_999_000);
    expect((await ask('/terms')).headers['cache-status']).toBe('askonce; hit; ttl=1; detail="memory"');
    clock.advance(1_000);
    expect([(await ask('/terms')).text, runs()]).toEqual(['answer 2', 2]);
  });

  it('has keys that name the route and nothing of the request', async () => {
    const { ask, cache } = setUp(() => ({}));
    await ask('/users/7?secret=1', { route: '/users/:id' });
    const { entries } = await cache.page();
    expect(entries.map(({ key }) => key)).toEqual([
      expect.stringMatching(/^askonce:api:\/users\/:id:\{[0-9a-f]{64}\}$/),
    ]);
  });

  it('runs the handler once for a hundred identical requests at once', async () => {
    const { ask, runs } = setUp(() => ({}));
    const replies = await Promise.all(Array.from({ length: 100 }, () => ask('/a')));
    expect(new Set(replies.map(({ text }) => text))).toEqual(new Set(['answer 1']));
    expect(runs()).toBe(1);
  });

  it('learns by which headers answers differ, and stores the first answer under them', async () => {
    const { ask, runs } = setUp(({ headers }) => ({
      headers: { vary: 'Accept-Language' },
      body: `in ${headers['accept-language']}`,
    }));
    const inLanguage = (language: string) => ask('/a', { headers: { 'accept-language': language } });
    expect((await inLanguage('de')).text).toBe('in de');
    expect((await inLanguage('fr')).text).toBe('in fr');
    expect((await inLanguage('de')).text).toBe('in de');
    expect((await inLanguage('fr')).text).toBe('in fr');
    expect(runs()).toBe(2);
  });

  it('takes white space round the members of a list for nothing, and that in quotes for a part of the value', async () => {
    const { ask } = setUp(({ headers }) => ({
      headers: { vary: 'X-Filter' },
      body: `by ${headers['x-filter']}`,
    }));
    const by = async (filter: string) => (await ask('/a', { headers: { 'x-filter': filter } })).text;
    expect([await by('one,two'), await by('one, two ')]).toEqual(['by one,two', 'by one,two']);
    for (const filter of ['{"name":"one,two"}', '{"name":"one, two"}'])
      expect(await by(filter)).toBe(`by ${filter}`);
  });

  it('an answer may vary by a header of any name, also of one that objects have', async () => {
    const { ask } = setUp(({ headers }) => ({
      headers: { vary: 'Constructor' },
      body: Object.hasOwn(headers, 'constructor') ? `by ${headers['constructor']}` : 'without',
    }));
    for (const _ of [1, 2]) {
      expect((await ask('/a')).text).toBe('without');
      expect((await ask('/a', { headers: { constructor: 'one' } })).text).toBe('by one');
    }
    expect((await ask('/a')).headers['cache-status']).toMatch(/^askonce; hit/);
  });

  it('does not take the digest of a long value for that value', async () => {
    const { ask } = setUp(({ headers }) => ({
      headers: { vary: 'User-Agent' },
      body: `${headers['user-agent']}`,
    }));
    const agent = 'Mozilla/5.0 '.repeat(12).trim();
    const digest = `#${hash('sha256', agent, 'hex')}`;
    for (const one of [digest, agent, digest])
      expect((await ask('/a', { headers: { 'user-agent': one } })).text).toBe(one);
  });

  it('serves an answer to those alone who follow its flight with the headers that it varies by', async () => {
    const { ask, runs } = setUp(({ headers }) => ({
      headers: { vary: 'Accept-Language' },
      body: `in ${headers['accept-language']}`,
    }));
    const languages = Array.from({ length: 60 }, (_, index) => ['de', 'fr', 'it'][index % 3] ?? '');
    const replies = await Promise.all(
      languages.map((language) => ask('/a', { headers: { 'accept-language': language } })),
    );
    expect(replies.map(({ text }) => text)).toEqual(languages.map((language) => `in ${language}`));
    expect(runs()).toBe(3);
  });

  it.each(['no-store', 'private', 'no-cache'])('shares no answer that says %s', async (control) => {
    const { ask, runs } = setUp(() => ({ headers: { 'cache-control': control } }));
    const replies = await Promise.all(Array.from({ length: 5 }, () => ask('/a')));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(5);
    expect(runs()).toBe(5);
  });

  it.each([
    { expires: '0' },
    { date: 'Sun, 06 Nov 1994 08:49:37 GMT', expires: 'Sun, 06 Nov 1994 08:49:37 GMT' },
    { 'cache-control': 'max-age=5', age: '10' },
  ])('shares no answer that is stale when it comes: %o', async (headers) => {
    const { ask, runs } = setUp(() => ({ headers }));
    const replies = await Promise.all(Array.from({ length: 5 }, () => ask('/a')));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(5);
    expect(runs()).toBe(5);
  });

  it('never shares an answer between credentials', async () => {
    const { ask } = setUp(({ headers }) => ({ body: `for ${headers['authorization']}` }));
    for (const name of ['one', 'two', 'one'])
      expect((await ask('/a', { headers: { authorization: name } })).text).toBe(`for ${name}`);
  });

  it('answers 304 to a client that has the answer', async () => {
    const { ask } = setUp(() => ({}));
    const { headers } = await ask('/a');
    const reply = await ask('/a', { headers: { 'if-none-match': `W/"x", ${headers['etag']}` } });
    expect(reply).toMatchObject({ status: 304, text: null });
    expect(reply.headers['etag']).toBe(headers['etag']);
    expect(reply.headers['content-length']).toBe(undefined);
  });

  it('serves nothing that a write has made outdated', async () => {
    const { ask, endpoints, requestOf } = setUp(() => ({}));
    const route = '/users/:id';
    await ask('/users/7', { route });
    await endpoints.wrote(requestOf('/users/7', { method: 'PUT', route }), { status: 200, headers: {} });
    expect((await ask('/users/7', { route })).text).toBe('answer 2');
    await endpoints.wrote(requestOf('/users/7', { method: 'PUT', route }), { status: 404, headers: {} });
    expect((await ask('/users/7', { route })).text).toBe('answer 2');
  });

  it('answers HEAD from the answer to GET', async () => {
    const { ask, runs } = setUp(() => ({ headers: { 'content-type': 'text/plain' } }));
    await ask('/a');
    const reply = await ask('/a', { method: 'HEAD' });
    expect(reply).toMatchObject({ status: 200, text: null, headers: { 'content-length': '8' } });
    expect(runs()).toBe(1);
  });

  it('answers only-if-cached with 504 where nothing is stored', async () => {
    const { ask, runs } = setUp(() => ({}));
    expect((await ask('/a', { headers: { 'cache-control': 'only-if-cached' } })).status).toBe(504);
    expect(runs()).toBe(0);
  });

  it('serves a stale answer while it is refreshed, if the answer allows it', async () => {
    const { ask, clock, runs } = setUp(() => ({
      headers: { 'cache-control': 'max-age=10, stale-while-revalidate=60' },
    }));
    await ask('/a');
    clock.advance(20_000);
    expect((await ask('/a')).text).toBe('answer 1');
    await new Promise((resolve) => setImmediate(resolve));
    expect(runs()).toBe(2);
    await new Promise((resolve) => setImmediate(resolve));
    expect((await ask('/a')).text).toBe('answer 2');
  });

  it('has a stale answer confirmed by its handler, and serves it with the fields of the confirmation', async () => {
    const { ask, clock, calls } = setUp((_, { conditions }) =>
      conditions === undefined
        ? {
            headers: {
              etag: '"v1"',
              'cache-control': 'max-age=10',
              'x-turn': '1',
              'content-type': 'text/plain',
            },
          }
        : {
            status: 304,
            headers: { 'cache-control': 'max-age=20', 'x-turn': '2', 'content-type': 'text/css' },
            body: '',
          },
    );
    const first = await ask('/a');
    clock.advance(11_000);
    const second = await ask('/a');
    expect(second).toMatchObject({ status: 200, text: 'answer 1' });
    expect(second.headers).toMatchObject({
      'cache-status': 'askonce; fwd=stale; stored',
      'x-turn': '2',
      'content-type': 'text/plain',
      etag: '"v1"',
    });
    expect(second.headers['date']).not.toBe(first.headers['date']);
    expect(calls).toEqual([
      { behind: false, conditions: undefined },
      { behind: false, conditions: { 'if-none-match': '"v1"' } },
    ]);
    clock.advance(19_000);
    expect((await ask('/a')).headers).toMatchObject({ age: '19', 'x-turn': '2' });
    expect(calls).toHaveLength(2);
  });

  it('stores an answer that says no-cache, and has it confirmed each time', async () => {
    const { ask, calls } = setUp((_, { conditions }) =>
      conditions === undefined
        ? { headers: { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT', 'cache-control': 'no-cache' } }
        : { status: 304, body: '' },
    );
    for (const _ of [1, 2, 3]) expect(await ask('/a')).toMatchObject({ status: 200, text: 'answer 1' });
    expect(calls.map(({ conditions }) => conditions)).toEqual([
      undefined,
      { 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' },
      { 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' },
    ]);
  });

  it('asks nothing of a handler by a validator that is not its own', async () => {
    const { ask, clock, calls } = setUp(() => ({ headers: { 'cache-control': 'max-age=10' } }));
    await ask('/a');
    clock.advance(11_000);
    await ask('/a');
    expect(calls.map(({ conditions }) => conditions)).toEqual([undefined, undefined]);
  });

  it('has nothing confirmed that was invalidated', async () => {
    const { ask, cache, calls } = setUp((_, { conditions }) =>
      conditions === undefined ? { headers: { etag: '"v1"', 'cache-control': 'no-cache' } } : { status: 304 },
    );
    await ask('/a');
    await cache.invalidate({ endpoint: '/a' });
    expect((await ask('/a')).text).toBe('answer 2');
    expect(calls.map(({ conditions }) => conditions)).toEqual([undefined, undefined]);
  });

  it.each(['public, max-age=60', 's-maxage=60'])(
    'shares an answer that says %s among credentials, and none that has ceased to',
    async (control) => {
      let says = control;
      const { ask, clock } = setUp(({ headers }) => ({
        headers: { 'cache-control': says },
        body: `for ${headers['authorization']}`,
      }));
      const as = (name: string) => ask('/a', { headers: { authorization: name } });
      expect((await as('one')).text).toBe('for one');
      expect((await as('two')).text).toBe('for one');
      expect((await ask('/a', { headers: { cookie: 'c=1' } })).text).toBe('for one');
      clock.advance(61_000);
      says = 'max-age=60';
      expect((await as('two')).text).toBe('for two');
      expect((await as('three')).text).toBe('for three');
      expect((await as('two')).text).toBe('for two');
    },
  );

  it('gives followers with other credentials nothing of an answer that turns out not to be public', async () => {
    let says = 'public, max-age=60';
    const { ask, clock } = setUp(({ headers }) => ({
      headers: { 'cache-control': says },
      body: `for ${headers['authorization']}`,
    }));
    const as = (name: string) => ask('/a', { headers: { authorization: name } });
    await as('one');
    clock.advance(4_000_000);
    says = 'max-age=60';
    const names = ['a', 'b', 'c', 'a', 'b'];
    const replies = await Promise.all(names.map(as));
    expect(replies.map(({ text }) => text)).toEqual(names.map((name) => `for ${name}`));
  });

  it.each([
    [301, 'max-age=60', 1],
    [404, 'max-age=60', 1],
    [404, '', 2],
    [301, '', 2],
    [500, 'max-age=60', 2],
    [403, 'max-age=60', 2],
    [206, 'max-age=60', 2],
    [201, '', 2],
    [201, 'max-age=60', 1],
    [204, '', 1],
  ])(
    'an answer with status %i that says %j leaves its handler %i runs',
    async (status, control, expected) => {
      const { ask, runs } = setUp(() => ({
        status,
        headers: control === '' ? {} : { 'cache-control': control },
      }));
      for (const _ of [1, 2]) expect((await ask('/a')).status).toBe(status);
      expect(runs()).toBe(expected);
    },
  );

  it('serves a stale answer whose refresh fails until its time is over, and then runs the handler', async () => {
    const { ask, clock, runs } = setUp((_, { behind }) => {
      if (behind) throw new Error('it cannot run again');
      return { headers: { 'cache-control': 'max-age=10, stale-while-revalidate=60' } };
    });
    await ask('/a');
    for (const seconds of [20, 5, 30]) {
      clock.advance(seconds * 1000);
      expect((await ask('/a')).text).toBe('answer 1');
      await new Promise((resolve) => setImmediate(resolve));
    }
    clock.advance(60_000);
    expect((await ask('/a')).text).toBe(`answer ${runs()}`);
    expect((await ask('/a')).headers['cache-status']).toContain('hit');
  });

  it('serves a stale answer in place of a failure, if the route allows it and the answer does not forbid it', async () => {
    for (const [control, expected] of [
      ['max-age=10', 200],
      ['max-age=10, must-revalidate', 500],
      ['s-maxage=10', 500],
      ['s-maxage=10, stale-if-error=60', 200],
    ] as const) {
      let status = 200;
      const { ask, clock } = setUp(() => ({ status, headers: { 'cache-control': control } }), {
        staleIfError: 60,
      });
      await ask('/a');
      clock.advance(11_000);
      status = 500;
      expect((await ask('/a')).status).toBe(expected);
    }
  });

  it('leaves a handler that is silent as soon as no client waits', async () => {
    const cache = createCache({ settings: { abandoned: 'cancel' } });
    const endpoints = endpointCache<null>(cache);
    const { promise: left, resolve } = Promise.withResolvers<void>();
    const silent: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          resolve();
          return { done: true, value: undefined };
        },
      }),
    };
    const request = { raw: null, method: 'GET', url: '/a', headers: {} };
    const { body } = await endpoints.answer(request, async () => ({
      status: 200,
      headers: {},
      body: silent,
    }));
    if (body === null || body instanceof Uint8Array) throw new TypeError('the answer was to be live');
    await body[Symbol.asyncIterator]().return?.();
    await expect(left).resolves.toBe(undefined);
  });

  it.each([
    [{ settings: { enabled: false } }, 'askonce; fwd=bypass; detail="disabled"'],
    [{ settings: { exactCache: false } }, 'askonce; fwd=miss'],
  ])('runs the handler each time if the cache is switched off: %j', async (options, status) => {
    const endpoints = endpointCache<null>(createCache(options));
    const request = { raw: null, method: 'GET', url: '/a', headers: {} };
    for (const text of ['one', 'two']) {
      const reply = await endpoints.answer(request, async () => ({
        status: 200,
        headers: {},
        body: once(text),
      }));
      expect([await textOf(reply), reply.headers['cache-status']]).toEqual([text, status]);
    }
  });

  it('answers by the handler once the cache is closed', async () => {
    const cache = createCache();
    await cache.close();
    const request = { raw: null, method: 'GET', url: '/a', headers: {} };
    const reply = await endpointCache<null>(cache).answer(request, async () => ({
      status: 200,
      headers: {},
      body: once('still'),
    }));
    expect(await textOf(reply)).toBe('still');
  });

  it.each([
    ['GET', { range: 'bytes=0-1' }, 'passes'],
    ['GET', { 'if-range': '"x"' }, 'passes'],
    ['GET', { 'if-match': '"x"' }, 'passes'],
    ['GET', { upgrade: 'websocket' }, 'passes'],
    ['GET', { expect: '100-continue' }, 'passes'],
    ['GET', { 'content-length': '3' }, 'passes'],
    ['GET', { 'content-length': '0' }, 'reads'],
    ['HEAD', {}, 'reads'],
    ['OPTIONS', {}, 'passes'],
    ['QUERY', {}, 'passes'],
    ['POST', { range: 'bytes=0-1' }, 'writes'],
    ['M-SEARCH', {}, 'writes'],
  ])('a %s with %j %s', (method, headers, role) => {
    const { endpoints, requestOf } = setUp(() => ({}));
    expect(endpoints.roleOf(requestOf('/a', { method, headers }))).toBe(role);
  });

  it.each([
    [{ user: 'ann' }, ['ann']],
    [{ endpoint: '/users/:id' }, ['ann', 'bob']],
    [{ endpoint: '/users/7' }, ['ann', 'bob']],
    [{ endpoint: '/Users/%37/' }, ['ann', 'bob']],
    [{ endpoint: 'GET /users/{other}' }, ['ann', 'bob']],
    [{ pattern: 'api:/users/*' }, ['ann', 'bob']],
    [{ pattern: 'api:/orders/*' }, []],
    [{ endpoint: '/users/8' }, []],
  ])('%j invalidates the answers of %j', async (selector, gone) => {
    const { ask, cache } = setUp(() => ({}), { user: ({ user }) => user });
    const as = async (user: string) => (await ask('/users/7', { raw: { user }, route: '/users/:id' })).text;
    const before = { ann: await as('ann'), bob: await as('bob') };
    expect(await cache.invalidate(selector)).toBe(gone.length);
    for (const name of ['ann', 'bob'] as const)
      expect([name, (await as(name)) !== before[name]]).toEqual([name, gone.includes(name)]);
  });

  it('erases the answers of one user', async () => {
    const { ask, cache } = setUp(() => ({}), { user: ({ user }) => user });
    for (const user of ['ann', 'bob']) await ask('/users/7', { raw: { user } });
    expect(await cache.erase('ann')).toBe(1);
    expect((await cache.page()).entries.map(({ meta }) => meta.user)).toEqual(['bob']);
  });

  it('has writes elsewhere and domain events invalidate a route that names them', async () => {
    const { ask, cache, endpoints, requestOf } = setUp(() => ({}), {
      routes: { '/sums': { invalidateOn: ['POST /orders/{id}', 'prices.changed'] } },
    });
    await ask('/sums');
    const write = (method: string, url: string, route?: string) =>
      endpoints.wrote(requestOf(url, { method, ...(route === undefined ? {} : { route }) }), {
        status: 201,
        headers: {},
      });
    await write('PUT', '/orders/7');
    await write('POST', '/orders');
    expect((await ask('/sums')).text).toBe('answer 1');
    await write('POST', '/orders/7');
    expect((await ask('/sums')).text).toBe('answer 2');
    await write('POST', '/orders/8', '/orders/:order');
    expect((await ask('/sums')).text).toBe('answer 3');
    await cache.emit({ type: 'prices.changed' });
    expect((await ask('/sums')).text).toBe('answer 4');
  });

  it.each([
    ['/account/me', '/account/me'],
    ['/ACCOUNT/me', '/account/me'],
    ['/%61ccount/me', undefined],
    ['//account/me/', undefined],
  ])('a route that is not cached is not in the spelling %s', (url, route) => {
    const { endpoints, requestOf } = setUp(() => ({}), {
      routes: { '/*': { ttl: 60 }, '/account/*': false, '/account/public': { ttl: 60 } },
    });
    const role = (path: string, pattern?: string) =>
      endpoints.roleOf(requestOf(path, pattern === undefined ? {} : { route: pattern }));
    expect(role(url, route)).toBe('passes');
    expect(role('/account/public')).toBe('reads');
  });

  it('the answers of a route that names users are theirs in every spelling', async () => {
    const { ask } = setUp(() => ({}), {
      sharesCredentials: true,
      routes: { '/*': {}, '/me': { user: ({ user }) => user } },
    });
    for (const url of ['/me', '/ME', '/%6De', '/me/']) {
      const ann = await ask(url, { raw: { user: 'ann' } });
      expect((await ask(url, { raw: { user: 'bob' } })).text).not.toBe(ann.text);
    }
  });

  it.each(['/B/1', '/b/1/', '/%62/1', '//b/1'])('a write on %s invalidates /b/1', async (url) => {
    const { ask, endpoints, requestOf } = setUp(() => ({}));
    await ask('/b/1', { route: '/b/:id' });
    await endpoints.wrote(requestOf(url, { method: 'PUT' }), { status: 200, headers: {} });
    expect((await ask('/b/1', { route: '/b/:id' })).text).toBe('answer 2');
  });

  it('a write elsewhere in another spelling invalidates the routes that name it', async () => {
    const { ask, endpoints, requestOf } = setUp(() => ({}), {
      routes: { 'GET /stats': { invalidateOn: ['POST /orders'] } },
    });
    await ask('/stats');
    await endpoints.wrote(requestOf('/ORDERS/', { method: 'POST' }), { status: 200, headers: {} });
    expect((await ask('/stats')).text).toBe('answer 2');
  });

  it('answers to two hosts, and to two schemes, are two answers', async () => {
    const { ask, endpoints, requestOf } = setUp(() => ({}));
    await ask('/a');
    expect((await ask('/a', { headers: { host: 'other.example' } })).text).toBe('answer 2');
    const run = async () => ({ status: 200, headers: {}, body: once('secure') });
    const reply = await endpoints.answer({ ...requestOf('/a'), scheme: 'https' }, run);
    expect(await textOf(reply)).toBe('secure');
  });

  it.each([201, 202, 302, 404, 410])(
    'does not store a %i that states no lifetime, whatever stale times the route has',
    async (status) => {
      const { ask, runs } = setUp(() => ({ status, headers: { etag: '"v1"' } }), {
        staleWhileRevalidate: 600,
        staleIfError: 600,
      });
      for (const _ of [1, 2]) await ask('/a');
      expect(runs()).toBe(2);
    },
  );

  it('shows no path in what it stores, and stores nothing besides answers, where no pattern is known', async () => {
    const { ask, cache, endpoints, requestOf } = setUp(() => ({ headers: { vary: 'accept-language' } }));
    for (const url of ['/reset/geheim1', '/reset/geheim2', '/geheim3']) {
      const { text } = await ask(url);
      expect((await ask(url)).text).toBe(text);
    }
    const { entries } = await cache.page();
    expect(entries).toHaveLength(3);
    expect(JSON.stringify(entries)).not.toContain('geheim');
    expect(await cache.invalidate({ pattern: 'api:/reset/*' }, { dryRun: true })).toBe(2);
    await endpoints.wrote(requestOf('/reset/geheim1', { method: 'PUT' }), { status: 200, headers: {} });
    expect((await cache.page()).entries).toHaveLength(2);
    expect(await cache.invalidate({ endpoint: '/geheim3' })).toBe(1);
  });

  it('says why a route is not cached whose options fail, and warns of it once', async () => {
    const warnings: string[] = [];
    const listen = ({ message }: Error) => void warnings.push(message);
    process.on('warning', listen);
    const { ask } = setUp(() => ({}), {
      user: () => {
        throw new RangeError('geheim');
      },
    });
    for (const text of ['answer 1', 'answer 2']) {
      const reply = await ask('/users/7', { route: '/users/:id' });
      expect([reply.text, reply.headers['cache-status']]).toEqual([
        text,
        'askonce; fwd=bypass; detail="RangeError"',
      ]);
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual(['askonce does not cache /users/:id: its options threw RangeError']);
  });

  it('has a write by a method of any name invalidate a route that names it', async () => {
    const { ask, endpoints, requestOf } = setUp(() => ({}), { invalidateOn: ['M-SEARCH', 'X-SYNC /all'] });
    const read = async () => (await ask('/users/7', { route: '/users/:id' })).text;
    const write = (method: string, url: string, route: string) =>
      endpoints.wrote(requestOf(url, { method, route }), { status: 200, headers: {} });
    expect(await read()).toBe('answer 1');
    await write('M-SEARCH', '/users/8', '/users/:id');
    expect(await read()).toBe('answer 2');
    await write('X-SYNC', '/all', '/all');
    expect(await read()).toBe('answer 3');
  });

  it('takes a user of 0 as any other, and does not cache for a name that is none', async () => {
    // As an application in JavaScript returns them.
    const ids: readonly unknown[] = [0, undefined, 0, null, '', Number.NaN, {}, ''];
    let at = 0;
    const options: object = { user: () => ids[at] };
    const { ask } = setUp(() => ({}), options);
    const texts: (string | null)[] = [];
    for (; at < ids.length; at += 1) texts.push((await ask('/users/7')).text);
    expect(texts).toEqual([
      'answer 1',
      'answer 2',
      'answer 1',
      'answer 2',
      'answer 3',
      'answer 4',
      'answer 5',
      'answer 6',
    ]);
  });

  it('ignores the parameters that are named, by whole name or by prefix', async () => {
    const { ask, runs } = setUp(() => ({}), { ignoredParameters: ['utm', 'x_*'] });
    for (const [query, expected] of [
      ['a=1', 1],
      ['a=1&utm=2&x_y=3&%75tm=4', 1],
      ['a=1&utmost=2', 2],
      ['a=1&x=2', 3],
    ] as const) {
      await ask(`/a?${query}`);
      expect([query, runs()]).toEqual([query, expected]);
    }
  });

  it('an answer that is public for one tenant is not for another', async () => {
    let says = 'public, max-age=60';
    const { ask } = setUp(
      ({ headers }) => ({ headers: { 'cache-control': says }, body: `for ${headers['authorization']}` }),
      {
        tenant: ({ user }) => user,
      },
    );
    const as = (tenant: string, name: string) =>
      ask('/a', { raw: { user: tenant }, headers: { authorization: name } });
    expect((await as('one', 'a')).text).toBe('for a');
    says = 'max-age=60';
    for (const name of ['b', 'c']) expect((await as('two', name)).text).toBe(`for ${name}`);
    expect((await as('one', 'd')).text).toBe('for a');
  });

  it('answers to hosts that only the framework sees are two answers', async () => {
    const { endpoints, requestOf } = setUp(() => ({}));
    const as = async (host: string) => {
      const run = async () => ({ status: 200, headers: {}, body: once(host) });
      return await textOf(await endpoints.answer({ ...requestOf('/a'), host }, run));
    };
    for (const host of ['a.example', 'b.example', 'localhost']) expect(await as(host)).toBe(host);
  });

  it('says of an answer without a body that it was stored', async () => {
    const { ask } = setUp(() => ({ status: 204, body: '' }));
    expect((await ask('/a')).headers['cache-status']).toBe('askonce; fwd=miss; stored');
    expect((await ask('/a')).headers['cache-status']).toContain('hit');
  });

  it('passes the failure of a handler on as it is', async () => {
    const cause = new Error('boom');
    const endpoints = endpointCache<Asked>(createCache());
    const request = { raw: {}, method: 'GET', url: '/a', headers: {} };
    await expect(endpoints.answer(request, () => Promise.reject(cause))).rejects.toBe(cause);
  });
});
