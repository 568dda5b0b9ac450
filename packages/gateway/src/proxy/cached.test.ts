import { once } from 'node:events';
import { connect } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  cacheStatusOf,
  gatewayForTest,
  json,
  postTo,
  rawExchange,
  statusOf,
} from '../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';

it('the first request reaches the provider unchanged, and the second is answered from the cache', async () => {
  const answer = chatAnswer('forty-two');
  const provider = await startRememberingProvider(() => ({
    body: answer,
    headers: {
      'x-request-id': 'upstream-1',
      'set-cookie': ['a=1', 'b=2'],
      'x-ratelimit-remaining-requests': '9',
      'access-control-allow-origin': '*',
      'cache-status': 'edge; hit',
    },
  }));
  const gateway = await gatewayForTest(provider.url);
  const body = chatRequest('what is the answer?');

  const first = await postTo(gateway.url, body, {
    'askonce-tags': 'a=b',
    'x-custom': 'kept',
    'cache-control': 'max-age=60',
  });
  expect([first.status, await first.text()]).toEqual([200, answer]);
  expect(cacheStatusOf(first)).toMatch(/^edge; hit, askonce; fwd=miss/);
  expect(first.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('9');
  expect(first.headers.get('access-control-allow-origin')).toBeNull();

  const second = await postTo(gateway.url, body, { 'x-custom': 'kept' });
  expect([second.status, await second.text()]).toEqual([200, answer]);
  expect(cacheStatusOf(second)).toMatch(/^askonce; hit; ttl=\d+; detail="memory"$/);
  expect(second.headers.get('age')).toMatch(/^\d+$/);
  expect(second.headers.get('askonce-key')).toBe(first.headers.get('askonce-key'));
  expect(second.headers.get('askonce-origin-request-id')).toBe('upstream-1');
  expect(second.headers.get('x-request-id')).not.toBe('upstream-1');
  expect(second.headers.getSetCookie()).toEqual([]);

  expect(provider.seen).toHaveLength(1);
  const [seen] = provider.seen;
  expect(seen).toMatchObject({ method: 'POST', url: '/v1/chat/completions', body });
  expect(seen?.headers).toMatchObject({
    authorization: json.authorization,
    'x-custom': 'kept',
    host: new URL(provider.url).host,
  });
  expect(Object.keys(seen?.headers ?? {}).filter((name) => name.startsWith('askonce-'))).toEqual([]);
  expect(seen?.headers['cache-control']).toBeUndefined();
});

it('Anthropic messages go to their own provider', async () => {
  const provider = await startRememberingProvider(() => ({
    status: 400,
    body: '{"type":"error","error":{"type":"invalid_request_error","message":"no"}}',
  }));
  const gateway = await gatewayForTest(provider.url);
  const body = '{"model":"claude","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}';
  const response = await postTo(
    gateway.url,
    body,
    { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
    '/v1/messages?beta=true',
  );
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { type: 'error', error: { message: 'no' } },
  ]);
  expect(provider.seen[0]).toMatchObject({ url: '/v1/messages?beta=true', body });
});

it.each(['gzip', 'br'])(
  'an answer in %s reaches the client decoded, the first time and the second',
  async (encoding) => {
    const encode = encoding === 'gzip' ? gzipSync : brotliCompressSync;
    const answer = chatAnswer('x'.repeat(5000));
    const provider = await startRememberingProvider(() => ({
      body: encode(answer),
      headers: { 'content-encoding': encoding },
    }));
    const gateway = await gatewayForTest(provider.url);
    for (const expected of ['fwd=miss', 'hit;']) {
      const response = await postTo(gateway.url, chatRequest('x'));
      expect(await response.text()).toBe(answer);
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(cacheStatusOf(response)).toContain(expected);
    }
    expect(provider.seen[0]?.headers['accept-encoding']).toContain(encoding);
  },
);

it('a redirect is passed on and not followed', async () => {
  const provider = await startRememberingProvider(() => ({
    status: 307,
    headers: { location: 'http://127.0.0.1:1/' },
  }));
  const gateway = await gatewayForTest(provider.url);
  const response = await postTo(gateway.url, chatRequest('x'));
  expect([response.status, response.headers.get('location')]).toEqual([307, 'http://127.0.0.1:1/']);
  expect(provider.seen).toHaveLength(1);
});

it('a model chooses its provider, which receives its own name for it and every other byte unchanged', async () => {
  const usual = await startRememberingProvider(() => ({ body: chatAnswer('usual') }));
  const local = await startRememberingProvider(() => ({ body: chatAnswer('local') }));
  const gateway = await gatewayForTest(usual.url, {
    providers: [
      {
        name: 'local',
        protocol: 'openai',
        baseUrl: `${local.url}/api/`,
        models: [{ prefix: 'local/', strip: true }],
      },
    ],
  });
  const body = '{ "model": "local/llama",  "messages": [{"role":"user","content":"hi"}], "seed": 1.0 }';
  expect(await (await postTo(gateway.url, body)).text()).toBe(chatAnswer('local'));
  expect(await (await postTo(gateway.url, chatRequest('hi'))).text()).toBe(chatAnswer('usual'));
  expect(local.seen).toHaveLength(1);
  expect(local.seen[0]).toMatchObject({
    url: '/api/chat/completions',
    body: body.replace('local/llama', 'llama'),
  });
});

describe('a refused request to a cached route', () => {
  const openAiError = (code: string) => ({
    error: { code, message: expect.any(String), type: expect.any(String) },
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/json; charset=unheard-of',
    'application/jsonp',
  ])('a body of type %s that is not JSON is 415 in the shape of the protocol', async (type) => {
    const provider = await startRememberingProvider(() => ({}));
    const gateway = await gatewayForTest(provider.url);
    const response = await postTo(gateway.url, 'model=m&prompt=x', { 'content-type': type });
    expect([response.status, await response.json()]).toMatchObject([
      415,
      openAiError('unsupported_media_type'),
    ]);
    const anthropic = await postTo(gateway.url, '{}}', { 'content-type': type }, '/v1/messages');
    expect([anthropic.status, await anthropic.json()]).toMatchObject([
      415,
      { type: 'error', error: { type: expect.any(String) } },
    ]);
    expect(provider.seen).toEqual([]);
  });

  it('a body over the limit is 413, with and without a declared length', async () => {
    const provider = await startRememberingProvider(() => ({}));
    const gateway = await gatewayForTest(provider.url, { bodyLimit: 1000 });
    const long = chatRequest('x'.repeat(1000));
    const response = await postTo(gateway.url, long);
    expect([response.status, await response.json()]).toMatchObject([413, openAiError('body_too_large')]);
    const head =
      'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n';
    const chunked = `${head}transfer-encoding: chunked\r\n\r\n${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n`;
    expect(statusOf(await rawExchange(gateway.port, chunked))).toBe(413);
    const expecting = `${head}content-length: 5000\r\nexpect: 100-continue\r\n\r\n`;
    expect(statusOf(await rawExchange(gateway.port, expecting))).toBe(413);
    expect(provider.seen).toEqual([]);
  });

  it('a body that does not arrive in time is 408', async () => {
    const gateway = await gatewayForTest('http://127.0.0.1:1', { requestTimeoutMs: 50 });
    const head =
      'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"a"';
    const exchange = await rawExchange(gateway.port, head);
    expect(statusOf(exchange)).toBe(408);
    expect(exchange).toContain('"request_timeout"');
  });

  it('a wrong Askonce header is 400, and the error names it', async () => {
    const gateway = await gatewayForTest('http://127.0.0.1:1');
    const response = await postTo(gateway.url, chatRequest('x'), { 'askonce-ttl': 'soon' });
    expect([response.status, await response.json()]).toMatchObject([400, openAiError('invalid_request')]);
  });

  it('only-if-cached without a stored answer is 504', async () => {
    const gateway = await gatewayForTest('http://127.0.0.1:1');
    const response = await postTo(gateway.url, chatRequest('x'), { 'cache-control': 'only-if-cached' });
    expect([response.status, await response.json()]).toMatchObject([504, openAiError('not_cached')]);
    expect(response.headers.get('cache-status')).toBe('askonce; detail="only-if-cached"');
  });

  it('a body that is not JSON is 400 without a provider call', async () => {
    const provider = await startRememberingProvider(() => ({}));
    const gateway = await gatewayForTest(provider.url);
    const response = await postTo(gateway.url, '{"model":');
    expect([response.status, await response.json()]).toMatchObject([400, openAiError('invalid_json')]);
  });
});

describe('a body that the gateway cannot interpret', () => {
  const utf16 = Buffer.from(`\ufeff${chatRequest('x')}`, 'utf16le');
  it.each<[string, string | Uint8Array, string | undefined, string?]>([
    ['JSON as text', chatRequest('x'), 'text/plain'],
    ['JSON as a form, as curl sends it', chatRequest('x'), 'application/x-www-form-urlencoded'],
    ['JSON without a content type', Buffer.from(chatRequest('x')), undefined],
    ['JSON of a further type', chatRequest('x'), 'application/vnd.api+json'],
    ['JSON with a parameter', chatRequest('x'), 'application/json; profile="x"'],
    ['JSON in UTF-16', utf16, 'application/json; charset=utf-16'],
    ['JSON in Latin-1', Buffer.from('{"model":"é"}', 'latin1'), 'application/json; charset="ISO-8859-1"'],
    ['a byte order mark', `\ufeff${chatRequest('x')}`, 'application/json'],
    ['a byte order mark as text', `\ufeff${chatRequest('x')}`, 'text/plain'],
    ['a number as a string', chatRequest('x', { max_tokens: '100' }), 'application/json'],
    ['a list', `[${chatRequest('x')}]`, 'application/json'],
    ['no messages', '{ "model": "m", "prompt": "x" }', 'application/json'],
    ['embeddings of messages', chatRequest('x'), 'application/json', '/v1/embeddings'],
    ['a prompt that is an object', '{"model":"m","prompt":{}}', 'application/json', '/v1/completions'],
    ['an input that is a number', '{"model":"m","input":7}', 'application/json', '/v1/responses'],
    ['messages that are a text', '{"model":"m","messages":"x"}', 'application/json', '/v1/messages'],
  ])(
    'goes to the provider byte for byte, and its answer comes back unstored: %s',
    async (_what, body, type, path = '/v1/chat/completions') => {
      const provider = await startRememberingProvider(() => ({ status: 202, body: '{"said":"this"}' }));
      const gateway = await gatewayForTest(provider.url);
      const sent = Buffer.from(body);
      const ask = (more: Record<string, string> = {}) =>
        fetch(gateway.url + path, {
          method: 'POST',
          headers: { authorization: 'Bearer sk-test', ...(type && { 'content-type': type }), ...more },
          body: sent,
        });
      for (const _ of [1, 2]) {
        const response = await ask();
        expect([response.status, await response.text()]).toEqual([202, '{"said":"this"}']);
        expect(cacheStatusOf(response)).toBe('askonce; fwd=bypass; detail="unrepresentable"');
      }
      expect(provider.seen.map(({ bytes }) => bytes.equals(sent))).toEqual([true, true]);
      expect(provider.seen[0]?.headers['content-type']).toBe(type);
      const refused = await ask({ 'cache-control': 'only-if-cached' });
      expect([refused.status, await refused.json()]).toMatchObject([504, { error: expect.anything() }]);
      expect(provider.seen).toHaveLength(2);
    },
  );
});

describe('Cache-Control that a client library sends by itself', () => {
  const statuses = async (requestCacheControl: 'heed' | 'narrow' | 'ignore', directive: string) => {
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('x') }));
    const gateway = await gatewayForTest(provider.url, { requestCacheControl });
    const seen: (string | null)[] = [];
    for (const cacheControl of ['', directive]) {
      const response = await postTo(gateway.url, chatRequest('x'), { 'cache-control': cacheControl });
      await response.text();
      seen.push(`${response.status} ${cacheStatusOf(response)}`.replace(/ttl=\d+/, 'ttl'));
    }
    return seen[1];
  };
  const hit = '200 askonce; hit; ttl; detail="memory"';

  it.each<['heed' | 'narrow' | 'ignore', string, string]>([
    ['heed', 'no-store', '200 askonce; fwd=bypass; detail="no-store"'],
    ['narrow', 'no-store', hit],
    ['narrow', 'no-cache', hit],
    ['narrow', 'min-fresh=99999999', '200 askonce; fwd=request; stored'],
    ['ignore', 'no-store, no-cache', hit],
    ['ignore', 'min-fresh=99999999', hit],
  ])('with requestCacheControl %s a request with %s gets %s', async (heeded, directive, status) => {
    expect(await statuses(heeded, directive)).toBe(status);
  });

  it('only-if-cached is heeded by narrow and not by ignore', async () => {
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('x') }));
    for (const [heeded, status] of [['narrow', 504] as const, ['ignore', 200] as const]) {
      const gateway = await gatewayForTest(provider.url, { requestCacheControl: heeded });
      const only = { 'cache-control': 'only-if-cached' };
      expect((await postTo(gateway.url, chatRequest('x'), only)).status).toBe(status);
      const compressed = { ...only, 'content-encoding': 'gzip' };
      expect((await postTo(gateway.url, gzipSync(chatRequest('x')), compressed)).status).toBe(status);
    }
  });
});

it('a compressed request body passes through unchanged, and its answer is not stored', async () => {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('x') }));
  const gateway = await gatewayForTest(provider.url);
  const body = gzipSync(chatRequest('x'));
  for (const _ of [1, 2]) {
    const response = await postTo(gateway.url, body, { 'content-encoding': 'gzip' });
    expect(await response.text()).toBe(chatAnswer('x'));
    expect(cacheStatusOf(response)).toBe('askonce; fwd=bypass; detail="encoded-body"');
  }
  expect(provider.seen.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', 'gzip']);
  const only = { 'content-encoding': 'gzip', 'cache-control': 'only-if-cached' };
  const refused = await postTo(gateway.url, body, only);
  expect([refused.status, await refused.json()]).toMatchObject([504, { error: { code: 'not_cached' } }]);
  expect(provider.seen).toHaveLength(2);
});

it('a client that waits for 100-continue gets it, and its answer', async () => {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('x') }));
  const gateway = await gatewayForTest(provider.url);
  const body = chatRequest('x');
  const socket = connect(gateway.port, '127.0.0.1');
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n`,
  );
  const [first] = await once(socket, 'data');
  expect(String(first)).toMatch(/^HTTP\/1\.1 100 Continue/);
  socket.write(body);
  const [second] = await once(socket, 'data');
  expect(String(second)).toMatch(/^HTTP\/1\.1 200 OK/);
  socket.destroy();
});

it('the log holds no credential, body, query or key', async () => {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('the-answer-text') }));
  const gateway = await gatewayForTest(provider.url);
  const response = await postTo(
    gateway.url,
    chatRequest('the-prompt-text'),
    {},
    '/v1/chat/completions?key=query-secret',
  );
  await response.text();
  await (await postTo(gateway.url, chatRequest('x'), { 'askonce-ttl': 'header-secret' })).text();
  await (await fetch(`${gateway.url}/v1/models?key=query-secret`, { headers: json })).text();
  const log = gateway.log.join('');
  expect(gateway.log.length).toBeGreaterThan(2);
  expect(log).toContain('"requestId"');
  for (const secret of [
    'sk-test-0000',
    'the-prompt-text',
    'the-answer-text',
    'query-secret',
    'header-secret',
    'askonce:v1',
  ])
    expect(log).not.toContain(secret);
});

it('bodies are logged if the settings ask for it, except those of sensitive requests', async () => {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('x') }));
  const gateway = await gatewayForTest(provider.url, { logBodies: true });
  await (await postTo(gateway.url, chatRequest('ordinary-prompt'))).text();
  await (await postTo(gateway.url, chatRequest('delicate-prompt'), { 'askonce-sensitive': 'on' })).text();
  const log = gateway.log.join('');
  expect(log).toContain('ordinary-prompt');
  expect(log).not.toContain('delicate-prompt');
});
