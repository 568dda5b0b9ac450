import { describe, expect, it } from 'vitest';
import { createCache } from '../../cache.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { EndpointOptions, EndpointReply, EndpointRequest } from './contract.ts';
import { endpointCache } from './endpoints.ts';

interface Asked {
  readonly user?: string;
}

type Handler = (request: EndpointRequest<Asked>) => {
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
  const run = (request: EndpointRequest<Asked>) => async (): Promise<ProviderAnswer> => {
    runs += 1;
    const { status = 200, headers = {}, body = `answer ${runs}` } = handler(request);
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
  return { clock, cache, endpoints, ask, requestOf, runs: () => runs };
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

  it('passes the failure of a handler on as it is', async () => {
    const cause = new Error('boom');
    const endpoints = endpointCache<Asked>(createCache());
    const request = { raw: {}, method: 'GET', url: '/a', headers: {} };
    await expect(endpoints.answer(request, () => Promise.reject(cause))).rejects.toBe(cause);
  });
});
