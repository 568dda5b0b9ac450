/**
 * What is deleted or expires at the provider is not replayed: through the gateway, through the caching fetch, and for a
 * caller of the library.
 */
import { connect } from 'node:net';
import { type Cache, type CacheRequest, cacheStatusHeader, createCache } from 'askonce';
import { cachingFetch } from 'askonce/fetch';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { chat } from './support/chat.ts';
import { textOf } from './support/gated-provider.ts';
import { cacheStatusOf, gatewayForTest } from './support/gateway.ts';
import {
  chatAnswer,
  type Seen,
  startProvider,
  startRememberingProvider,
} from './support/remembering-provider.ts';
import { saying } from './support/set-up-cache.ts';

const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-test' };

function response(id: string, more: object = {}): string {
  const content = [{ type: 'output_text', text: 'hello', annotations: [] }];
  const output = [{ type: 'message', id: 'msg_1', status: 'completed', role: 'assistant', content }];
  return JSON.stringify({
    id,
    object: 'response',
    model: 'm',
    status: 'completed',
    error: null,
    output,
    ...more,
  });
}

const fileQuestion = (file: string) => [
  {
    role: 'user',
    content: [
      { type: 'file', file: { file_id: file } },
      { type: 'text', text: 'What is it?' },
    ],
  },
];

/** What makes an entry, and the deletion that ends it. */
const kinds: readonly (readonly [what: string, path: string, body: object, deleted: string])[] = [
  ['a response', '/v1/responses', { model: 'm', input: 'Who are you?' }, '/v1/responses/object_1'],
  [
    'a chat completion that is stored',
    '/v1/chat/completions',
    { model: 'm', store: true, messages: [{ role: 'user', content: 'Who are you?' }] },
    '/v1/chat/completions/object_1',
  ],
  ['a file', '/v1/chat/completions', { model: 'm', messages: fileQuestion('file-7') }, '/v1/files/file-7'],
  [
    'a file of a response',
    '/v1/responses',
    { model: 'm', input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-8' }] }] },
    '/v1/files/file-8?purpose=x',
  ],
  ['a model', '/v1/completions', { model: 'ft:m:1', prompt: 'Who?' }, '/v1/models/ft%3Am%3A1'],
];

function answerTo({ method, url, body }: Seen, count: number): { status?: number; body: string } {
  if (method === 'DELETE') return { status: url.includes('missing') ? 404 : 200, body: '{"deleted":true}' };
  if (url.includes('/responses')) return { body: response(`object_${count}`) };
  if (body.includes('"prompt"')) {
    const choices = [{ index: 0, text: 'hello', finish_reason: 'stop', logprobs: null }];
    return { body: JSON.stringify({ id: 'cmpl_1', object: 'text_completion', model: 'm', choices }) };
  }
  return { body: chatAnswer('hello', `object_${count}`) };
}

async function gateway() {
  let count = 0;
  const provider = await startRememberingProvider((seen) => {
    if (seen.method === 'POST') count += 1;
    return answerTo(seen, count);
  });
  const { url } = await gatewayForTest(provider.url);
  const ask = async (path: string, body: object) => {
    const reply = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(reply.status).toBe(200);
    await reply.text();
    return cacheStatusOf(reply)?.includes('; hit') ? 'hit' : 'miss';
  };
  const remove = async (path: string) => {
    const reply = await fetch(url + path, { method: 'DELETE', headers });
    return { status: reply.status, text: await reply.text() };
  };
  return { ask, remove };
}

describe('a DELETE through the gateway', () => {
  it.each(kinds)(
    'that deletes %s removes the answers that depend on it',
    async (_what, path, body, deleted) => {
      const { ask, remove } = await gateway();
      expect([await ask(path, body), await ask(path, body)]).toEqual(['miss', 'hit']);
      expect(await remove('/v1/files/another')).toEqual({ status: 200, text: '{"deleted":true}' });
      expect(await ask(path, body)).toBe('hit');
      expect(await remove(deleted)).toEqual({ status: 200, text: '{"deleted":true}' });
      expect(await ask(path, body)).toBe('miss');
    },
  );

  it('whose client leaves before the answer removes what depends on the object all the same', async () => {
    const stored = response('object_1');
    const reached = Promise.withResolvers<() => void>();
    const provider = await startProvider((request, reply) => {
      reply.setHeader('content-type', 'application/json');
      request.resume().on('end', () => {
        if (request.method === 'DELETE') reached.resolve(() => reply.end('{"deleted":true}'));
        else reply.end(stored);
      });
    });
    const { url } = await gatewayForTest(provider);
    const ask = async () => {
      const body = JSON.stringify({ model: 'm', input: 'Who are you?' });
      const reply = await fetch(`${url}/v1/responses`, { method: 'POST', headers, body });
      await reply.text();
      return cacheStatusOf(reply)?.includes('; hit') ?? false;
    };
    expect([await ask(), await ask()]).toEqual([false, true]);
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    const credential = `authorization: ${headers.authorization}`;
    client.write(`DELETE /v1/responses/object_1 HTTP/1.1\r\nhost: localhost\r\n${credential}\r\n\r\n`);
    const answer = await reached.promise;
    client.resetAndDestroy();
    // By then the gateway has noticed.
    for (let request = 0; request < 20; request += 1) await fetch(`${url}/healthz`);
    answer();
    let asked = 0;
    while ((await ask()) && asked < 200) asked += 1;
    expect(asked).toBeLessThan(200);
  });

  it('that the provider refuses removes nothing', async () => {
    const { ask, remove } = await gateway();
    const body = { model: 'm', messages: fileQuestion('missing') };
    await ask('/v1/chat/completions', body);
    expect((await remove('/v1/files/missing')).status).toBe(404);
    expect(await ask('/v1/chat/completions', body)).toBe('hit');
  });

  it('a chat completion that the provider does not store has no tag of its own', async () => {
    const { ask, remove } = await gateway();
    const body = { model: 'm', messages: [{ role: 'user', content: 'Who are you?' }] };
    await ask('/v1/chat/completions', body);
    await remove('/v1/chat/completions/object_1');
    expect(await ask('/v1/chat/completions', body)).toBe('hit');
  });
});

describe('a DELETE through the caching fetch', () => {
  const url = 'https://provider.test/v1/responses';
  function setUp(cache: Cache, upstreams?: readonly string[]) {
    let calls = 0;
    const beneath: typeof fetch = async (input, init) => {
      if (new Request(input, init).method === 'POST') calls += 1;
      return new Response(response(`resp_${calls}`), { headers: { 'content-type': 'application/json' } });
    };
    const caching = cachingFetch({ cache, fetch: beneath, upstreams });
    const ask = async () => {
      const body = JSON.stringify({ model: 'm', input: 'Who are you?' });
      await (await caching(url, { method: 'POST', headers, body })).text();
      return calls;
    };
    return { ask, caching };
  }

  it('removes the answers that depend on what it deleted', async () => {
    const { ask, caching } = setUp(createCache());
    expect([await ask(), await ask()]).toEqual([1, 1]);
    await caching(`${url}/resp_1`, { method: 'delete', headers });
    expect(await ask()).toBe(2);
    await caching(new Request(`${url}/resp_2`, { method: 'DELETE', headers }));
    expect(await ask()).toBe(3);
  });

  it('removes nothing if it goes to another provider than those that are cached', async () => {
    const { ask, caching } = setUp(createCache(), ['https://provider.test/v1']);
    await ask();
    await caching('https://elsewhere.test/v1/responses/resp_1', { method: 'DELETE' });
    expect(await ask()).toBe(1);
  });

  it('fails as fetch does if the answers cannot be invalidated', async () => {
    const cause = new Error('the store is away');
    const { caching } = setUp({ ...createCache(), invalidate: () => Promise.reject(cause) });
    await expect(caching(`${url}/resp_1`, { method: 'DELETE' })).rejects.toMatchObject({
      name: 'TypeError',
      cause,
    });
  });
});

describe('an answer with an expiry', () => {
  const asked = (cache: Cache, request: CacheRequest, text: string) =>
    cache.ask(request, saying(text)).then(async (reply) => {
      await textOf(reply);
      return cacheStatusHeader(reply.cacheStatus);
    });
  const responses = (more: Partial<CacheRequest> = {}): CacheRequest => ({
    ...chat(),
    protocol: 'openai-responses',
    route: '/responses',
    body: JSON.stringify({ model: 'm', input: 'Who are you?' }),
    ...more,
  });

  it('lives no longer than it, though the settings would let it', async () => {
    const clock = fakeClock();
    const cache = createCache({ clock });
    const audio = {
      id: 'audio_1',
      data: 'UklGRg==',
      transcript: 'hi',
      expires_at: clock.now() / 1000 + 3600,
    };
    const message = { role: 'assistant', content: null, audio };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    const text = JSON.stringify({ id: 'c', object: 'chat.completion', model: 'gpt-x', choices });
    await asked(cache, chat(), text);
    expect(await asked(cache, chat(), text)).toBe('askonce; hit; ttl=3600; detail="memory"');
    clock.advance(3_600_000);
    expect(await asked(cache, chat({ directives: { maxStale: 1e9 } }), text)).toContain('fwd=miss');
  });

  it('that is past already is not stored', async () => {
    const clock = fakeClock();
    const cache = createCache({ clock });
    const text = response('resp_1', { expires_at: clock.now() / 1000 - 10 });
    for (const _ of [1, 2]) expect(await asked(cache, responses(), text)).toMatch(/^askonce; fwd=miss/);
  });

  it('a response that the provider stores lives 30 days at most, another as long as the settings say', async () => {
    const settings = { ttlDays: 100, staleDays: 100 };
    const day = 86_400;
    const stored = createCache({ settings });
    await asked(stored, responses(), response('resp_1'));
    expect(await asked(stored, responses(), '')).toContain(`ttl=${30 * day};`);
    const unstored = createCache({ settings });
    await asked(unstored, responses(), response('resp_1', { store: false }));
    expect(await asked(unstored, responses(), '')).toContain(`ttl=${100 * day};`);
  });

  it('a caller of the library names the object by its tag', async () => {
    const cache = createCache();
    await asked(cache, responses(), response('resp_1'));
    expect(await cache.invalidate({ tags: 'resource=https://provider.test/resp_2' })).toBe(0);
    expect(await cache.invalidate({ tags: 'resource=https://provider.test/resp_1' })).toBe(1);
  });

  it("a function's value may name expiries of its own", async () => {
    const cache = createCache();
    const request = { ...chat(), protocol: 'function', body: '{"name":"f","input":1}' };
    await asked(cache, request, '{"expires_at":1700000000}');
    expect(await asked(cache, request, '')).toContain('hit');
  });
});
