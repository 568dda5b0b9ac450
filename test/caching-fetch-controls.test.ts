/**
 * The `Askonce-*` request headers at the caching fetch: they steer the cache as at the gateway, and no provider sees them.
 */
import { type Cache, type CacheRequest, type CallerContext, createCache, type Directives } from 'askonce';
import { type CachingFetchOptions, cachingFetch } from 'askonce/fetch';
import type { askonceHeaders } from 'askonce/gateway-kit';
import { describe, expect, it } from 'vitest';
import { completion } from './support/chat.ts';

const chatUrl = 'https://provider.test/v1/chat/completions';
const question = { model: 'gpt-x', messages: [{ role: 'user', content: 'What is the capital of France?' }] };
const post = (
  headers: Record<string, string> = {},
  body: string = JSON.stringify(question),
): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer k', ...headers },
  body,
});

/** A caching fetch over a provider without a network; `sent` has the headers of each provider call. */
function setUp(options: Partial<CachingFetchOptions> = {}) {
  const sent: Headers[] = [];
  const requests: CacheRequest[] = [];
  const own = createCache();
  const cache: Cache = {
    ...own,
    ask(request, provider, askOptions) {
      requests.push(request);
      return own.ask(request, provider, askOptions);
    },
  };
  const beneath: typeof fetch = async (input, init) => {
    sent.push(new Request(input, { ...init, signal: null }).headers);
    return new Response(completion(), { headers: { 'content-type': 'application/json' } });
  };
  const caching = cachingFetch({ cache, fetch: beneath, ...options });
  return { sent, requests, cache, fetch: caching };
}

const ownNames = (headers: Headers | undefined) =>
  [...(headers?.keys() ?? [])].filter((name) => name.startsWith('askonce-'));

interface Effect {
  readonly header: string;
  readonly value: string;
  readonly context?: CallerContext;
  readonly directives?: Directives;
}

const effects = {
  ttl: { header: 'Askonce-Ttl', value: '60', directives: { ttl: 60 } },
  staleAfter: { header: 'Askonce-Stale-After', value: '0', directives: { staleAfter: 0 } },
  category: { header: 'Askonce-Category', value: 'pricing', context: { category: 'pricing' } },
  language: { header: 'Askonce-Language', value: 'pt-br', context: { language: 'pt-BR' } },
  user: { header: 'Askonce-User', value: 'ada', context: { user: 'ada' } },
  session: { header: 'Askonce-Session', value: 's-1', context: { session: 's-1' } },
  template: {
    header: 'Askonce-Template',
    value: 'greeting@3',
    context: { template: { id: 'greeting', version: '3' } },
  },
  indexVersion: { header: 'Askonce-Index-Version', value: '7', context: { indexVersion: '7' } },
  tenant: { header: 'Askonce-Tenant', value: 'acme', context: { tenant: 'acme' } },
  character: { header: 'Askonce-Character', value: 'wizard', context: { character: 'wizard' } },
  locale: { header: 'Askonce-Locale', value: 'pt-BR', context: { locale: 'pt-BR' } },
  tags: {
    header: 'Askonce-Tags',
    value: 'team=search, beta',
    context: { tags: ['team=search', 'beta=true'] },
  },
  sensitive: { header: 'Askonce-Sensitive', value: 'on', context: { sensitive: true } },
  eventIds: { header: 'Askonce-Event-Ids', value: 'on', directives: { eventIds: true } },
  semantic: {
    header: 'Askonce-Semantic',
    value: 'max-error=0.01, question',
    directives: { semantic: { maxErrorRate: 0.01, question: true } },
  },
  confidence: { header: 'Askonce-Confidence', value: '0.85', context: { confidence: 0.85 } },
  warm: { header: 'Askonce-Warm', value: 'ask', directives: { warm: 'ask' } },
} as const satisfies Record<keyof typeof askonceHeaders, Effect>;

describe('an Askonce-* header at the caching fetch', () => {
  it.each(Object.values<Effect>(effects))(
    'the caching fetch applies $header to the request, and does not send it to the provider',
    async ({ header, value, context = {}, directives = {} }) => {
      const { fetch, sent, requests } = setUp();
      await fetch(chatUrl, post({ [header]: value }));
      const [request] = requests;
      expect(request?.context).toEqual({ ...context });
      expect(request?.directives).toEqual({ ...directives });
      expect(sent.map(ownNames)).toEqual([[]]);
    },
  );

  it.each(Object.values<Effect>(effects))(
    'the caching fetch refuses an invalid $header with a 400 that does not quote its value',
    async ({ header }) => {
      const { fetch, sent } = setUp();
      const wrong = `${'wrong '.repeat(2000)}@@`;
      const response = await fetch(chatUrl, post({ [header]: wrong }));
      const text = await response.text();
      expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/json']);
      expect(JSON.parse(text)).toMatchObject({ error: { code: 'invalid_request' } });
      expect(text).toContain(header);
      expect(text).not.toContain('wrong wrong');
      expect(sent).toEqual([]);
    },
  );
});

describe('the controls of the caching fetch', () => {
  it('users named by a header have separate answers at the caching fetch', async () => {
    const { fetch, sent } = setUp();
    const status = async (user: string) =>
      (await fetch(chatUrl, post({ 'askonce-user': user }))).headers.get('cache-status');
    expect(await status('ada')).toMatch(/fwd=miss/);
    expect(await status('bob')).toMatch(/fwd=miss/);
    expect(await status('ada')).toMatch(/; hit;/);
    expect(sent).toHaveLength(2);
  });

  it('an answer of the caching fetch is invalidated by the tag that its header names', async () => {
    const { fetch, cache } = setUp();
    await fetch(chatUrl, post({ 'askonce-tags': 'release="2026-11"' }));
    expect(await cache.invalidate({ tags: 'release=2026-11' })).toBe(1);
  });

  it('a sensitive request bypasses the caching fetch’s cache', async () => {
    const { fetch, sent } = setUp();
    for (let time = 0; time < 2; time++) {
      const response = await fetch(chatUrl, post({ 'askonce-sensitive': 'on' }));
      expect(response.headers.get('cache-status')).toBe('askonce; fwd=bypass; detail="sensitive"');
    }
    expect(sent).toHaveLength(2);
  });

  it('context and directives of the caching fetch override its headers, part by part', async () => {
    const { fetch, requests } = setUp({
      context: () => ({ user: 'from the option' }),
      directives: () => ({ ttl: 5 }),
    });
    await fetch(
      chatUrl,
      post({
        'askonce-user': 'ada',
        'askonce-tenant': 'acme',
        'askonce-ttl': '60',
        'cache-control': 'max-age=9',
        'last-event-id': 'rec:7',
      }),
    );
    expect(requests[0]?.context).toMatchObject({ user: 'from the option', tenant: 'acme' });
    expect(requests[0]?.directives).toMatchObject({ ttl: 5, maxAge: 9, lastEventId: 'rec:7' });
  });

  it.each(['context', 'directives'])(
    '%s that come as a promise are refused: a promise has no user',
    async (name) => {
      const promised: object = { [name]: async () => ({ user: 'ada' }) };
      const { fetch, sent } = setUp(promised);
      await expect(fetch(chatUrl, post())).rejects.toMatchObject({
        code: 'invalid_settings',
        message: `${name}: must be returned at once, not as a promise`,
      });
      expect(sent).toEqual([]);
    },
  );

  it.each(['context', 'directives'])(
    'an unknown part of the %s is refused: with a misspelt user, answers would be shared',
    async (name) => {
      const misspelt: object = { [name]: () => ({ usr: 'ada' }) };
      const { fetch, sent } = setUp(misspelt);
      await expect(fetch(chatUrl, post())).rejects.toMatchObject({
        code: 'invalid_settings',
        message: expect.stringMatching(`^${name}\\.usr: there is no such option`),
      });
      expect(sent).toEqual([]);
    },
  );

  it.each([
    ['another route', 'https://provider.test/v1/audio/speech', post({ 'askonce-user': 'ada' })],
    ['another method', 'https://provider.test/v1/models', { headers: { 'Askonce-User': 'ada' } }],
    ['a body that is not JSON', chatUrl, post({ 'askonce-user': 'ada' }, '{"model":')],
    ['a compressed body', chatUrl, post({ 'askonce-user': 'ada', 'content-encoding': 'gzip' })],
  ] satisfies [string, string, RequestInit][])(
    'a call past the cache, for %s, reaches its provider without them',
    async (_what, url, init) => {
      const { fetch, sent } = setUp();
      await fetch(url, init);
      await fetch(new Request(url, init));
      expect(sent.map(ownNames)).toEqual([[], []]);
      expect(sent.map((headers) => headers.get('authorization'))).toEqual(
        sent.map(() => new Headers(init.headers).get('authorization')),
      );
    },
  );

  it('the provider’s CORS and Askonce-* response headers are not returned, and its cookies are', async () => {
    const beneath: typeof fetch = async () =>
      new Response(completion(), {
        headers: {
          'content-type': 'application/json',
          'access-control-allow-origin': '*',
          'askonce-key': 'of another cache',
          'set-cookie': 'a=b',
          'x-own': '1',
        },
      });
    const { fetch } = setUp({ fetch: beneath });
    const { headers } = await fetch(chatUrl, post());
    expect(headers.has('access-control-allow-origin')).toBe(false);
    expect(headers.get('askonce-key')).not.toContain('another');
    expect([headers.getSetCookie(), headers.get('x-own')]).toEqual([['a=b'], '1']);
  });
});

it('a header stays in force where an option leaves its part undefined, and gives way where the option names it', async () => {
  const { fetch, requests } = setUp({
    context: () => ({ user: undefined, sensitive: undefined, category: 'news' }),
    directives: () => ({ noStore: undefined, ttl: 5 }),
  });
  const headers = {
    'askonce-user': 'ada',
    'askonce-sensitive': '?1',
    'askonce-category': 'pricing',
    'askonce-ttl': '60',
    'cache-control': 'no-store',
  };
  await fetch(chatUrl, post(headers));
  expect(requests[0]?.context).toMatchObject({ user: 'ada', sensitive: true, category: 'news' });
  expect(requests[0]?.directives).toMatchObject({ noStore: true, ttl: 5 });
});

describe.each(['no-store', 'no-cache', 'no-cache, no-store, max-age=60'])(
  'a client library that sends %s with every call',
  (directive) => {
    it.each([
      ['heed', 2],
      ['narrow', 1],
      ['ignore', 1],
    ] as const)('with requestCacheControl %s the provider is called %i times', async (heeded, calls) => {
      const { fetch, sent } = setUp({ requestCacheControl: heeded });
      const ask = () => fetch(chatUrl, post({ 'cache-control': directive, pragma: 'no-cache' }));
      for (const _ of [1, 2]) expect(await (await ask()).text()).toBe(completion());
      expect(sent).toHaveLength(calls);
    });
  },
);

it('the directives of the caching fetch and its own headers apply whatever requestCacheControl says', async () => {
  const { fetch, sent } = setUp({ requestCacheControl: 'ignore', directives: () => ({ noStore: true }) });
  for (const _ of [1, 2]) await fetch(chatUrl, post());
  expect(sent).toHaveLength(2);
  const sensitive = setUp({ requestCacheControl: 'ignore' });
  for (const _ of [1, 2]) await sensitive.fetch(chatUrl, post({ 'askonce-sensitive': 'on' }));
  expect(sensitive.sent).toHaveLength(2);
});
