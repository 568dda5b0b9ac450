import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { generateText, streamText } from 'ai';
import { createCache, type SettingsInput } from 'askonce';
import { type CachingFetchOptions, cachingFetch } from 'askonce/fetch';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { apiError, completion, events } from './support/chat.ts';
import { settled } from './support/gated-provider.ts';

interface Seen {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
  readonly signal: AbortSignal | null | undefined;
}

type Respond = (seen: Seen) => Response | Promise<Response>;

/** A `fetch` that answers without a network, and a caching one on top of it. */
function setUp(respond: Respond, options: Partial<CachingFetchOptions> = {}, settings: SettingsInput = {}) {
  const seen: Seen[] = [];
  const beneath: typeof fetch = async (input, init) => {
    const request = new Request(input, { ...init, signal: null });
    const one = {
      url: request.url,
      method: request.method,
      headers: request.headers,
      body: await request.text(),
      signal: init?.signal,
    };
    seen.push(one);
    return respond(one);
  };
  const cache = createCache({ settings });
  return { seen, cache, fetch: cachingFetch({ cache, fetch: beneath, ...options }) };
}

function jsonResponse(body: string, init: ResponseInit = {}): Response {
  return new Response(body, { ...init, headers: { 'content-type': 'application/json', ...init.headers } });
}

function eventStream(pieces: readonly string[]): Response {
  return new Response(ReadableStream.from(pieces.map((piece) => Buffer.from(piece))), {
    headers: { 'content-type': 'text/event-stream' },
  });
}

const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
const chatUrl = 'https://provider.test/v1/chat/completions';
const post = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer k', ...headers },
  body: JSON.stringify(body),
});

function anthropicEvents(): readonly string[] {
  const event = (type: string, rest: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  return [
    event('message_start', {
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-x',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 9, output_tokens: 1 },
      },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Paris.' } }),
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 3 },
    }),
    event('message_stop', {}),
  ];
}

const anthropicMessage = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [{ type: 'text', text: 'Paris.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 3 },
});

// Its warnings about unknown models are beside the point here.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

describe('official clients on the caching fetch', () => {
  it('the openai client is answered from one call, plain and streamed', async () => {
    const { fetch, seen } = setUp(({ body }) =>
      body.includes('"stream":true') ? eventStream(events(['Pa', 'ris.'])) : jsonResponse(completion()),
    );
    const client = new OpenAI({ apiKey: 'k', baseURL: 'https://provider.test/v1', fetch, maxRetries: 0 });
    const plain = () => client.chat.completions.create({ model: 'gpt-x', messages });
    const answers = await Promise.all([plain(), plain(), plain()]);
    expect(answers.map(({ choices }) => choices[0]?.message.content)).toEqual(Array(3).fill('Paris.'));
    for (let time = 0; time < 2; time++) {
      let text = '';
      for await (const chunk of await client.chat.completions.create({
        model: 'gpt-y',
        messages,
        stream: true,
      }))
        text += chunk.choices[0]?.delta.content ?? '';
      expect(text).toBe('Paris.');
    }
    expect(seen.length).toBe(2);
  });

  it('the openai client gets the provider’s errors as they are', async () => {
    const { fetch } = setUp(() =>
      jsonResponse(apiError('slow down', 'rate_limit_error'), {
        status: 429,
        headers: { 'retry-after': '7' },
      }),
    );
    const client = new OpenAI({ apiKey: 'k', baseURL: 'https://provider.test/v1', fetch, maxRetries: 0 });
    const error: unknown = await client.chat.completions
      .create({ model: 'gpt-x', messages })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ status: 429, type: 'rate_limit_error' });
    expect(error instanceof OpenAI.APIError && error.headers?.get('retry-after')).toBe('7');
  });

  it('the anthropic client is answered from one call, plain and streamed', async () => {
    const { fetch, seen } = setUp(({ body }) =>
      body.includes('"stream":true') ? eventStream(anthropicEvents()) : jsonResponse(anthropicMessage),
    );
    const client = new Anthropic({ apiKey: 'k', baseURL: 'https://provider.test', fetch, maxRetries: 0 });
    for (let time = 0; time < 2; time++) {
      const message = await client.messages.create({ model: 'claude-x', max_tokens: 50, messages });
      expect(message.content[0]).toMatchObject({ type: 'text', text: 'Paris.' });
      const streamed = await client.messages
        .stream({ model: 'claude-y', max_tokens: 50, messages })
        .finalText();
      expect(streamed).toBe('Paris.');
    }
    expect(seen.map(({ url }) => url)).toEqual(Array(2).fill('https://provider.test/v1/messages'));
  });

  it('the AI SDK is answered from one call through both of its providers', async () => {
    const { fetch, seen } = setUp(({ url, body }) => {
      if (url.endsWith('/messages'))
        return body.includes('"stream":true')
          ? eventStream(anthropicEvents())
          : jsonResponse(anthropicMessage);
      return body.includes('"stream":true')
        ? eventStream(events(['Pa', 'ris.'], { usage: true }))
        : jsonResponse(completion());
    });
    const openai = createOpenAI({ apiKey: 'k', baseURL: 'https://provider.test/v1', fetch });
    const anthropic = createAnthropic({ apiKey: 'k', baseURL: 'https://anthropic.test/v1', fetch });
    const prompt = 'What is the capital of France?';
    for (const model of [openai.chat('gpt-x'), anthropic('claude-x')]) {
      for (let time = 0; time < 2; time++) {
        expect((await generateText({ model, prompt, maxRetries: 0 })).text).toBe('Paris.');
        const { textStream } = streamText({ model, prompt: 'Streamed?', maxRetries: 0 });
        let text = '';
        for await (const piece of textStream) text += piece;
        expect(text).toBe('Paris.');
      }
    }
    expect(seen.length).toBe(4);
  });
});

describe('a caching fetch', () => {
  const body = { model: 'gpt-x', messages };

  it('the caching fetch reports in headers what it did, and a caller cannot change the stored body', async () => {
    const { fetch } = setUp(() => jsonResponse(completion(), { headers: { 'x-request-id': 'req_1' } }));
    const miss = await fetch(chatUrl, post(body));
    expect(miss.headers.get('cache-status')).toBe('askonce; fwd=miss; stored');
    expect(miss.headers.get('x-request-id')).toBe('req_1');
    expect(miss.headers.has('age')).toBe(false);
    const hit = await fetch(new URL(chatUrl), post(body));
    expect(hit.headers.get('cache-status')).toMatch(/^askonce; hit; ttl=\d+; detail="memory"$/);
    expect(hit.headers.get('age')).toBe('0');
    expect(hit.headers.get('askonce-key')).toMatch(/^askonce:v1:/);
    new Uint8Array(await hit.arrayBuffer()).fill(0);
    const again = await fetch(new Request(chatUrl, post(body)));
    expect(await again.text()).toBe(completion());
  });

  it('the caching fetch sends the headers of the call, but for those that control the cache', async () => {
    const { fetch, seen } = setUp(() => jsonResponse(completion()));
    await fetch(
      chatUrl,
      post(body, { 'x-own': '1', 'cache-control': 'max-age=60', 'askonce-tags': 'a=b', cookie: 'c=d' }),
    );
    const headers = Object.fromEntries(seen[0]?.headers ?? []);
    expect(headers).toMatchObject({ authorization: 'Bearer k', 'x-own': '1' });
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['cache-control']));
    expect(Object.keys(headers).some((name) => name.startsWith('askonce'))).toBe(false);
  });

  it('the caching fetch never serves one credential’s answer to another', async () => {
    const { fetch, seen } = setUp(({ headers }) =>
      jsonResponse(completion({ text: headers.get('authorization') ?? '' })),
    );
    const one = await (await fetch(chatUrl, post(body))).text();
    const other = await (await fetch(chatUrl, post(body, { authorization: 'Bearer other' }))).text();
    expect([one.includes('Bearer k'), other.includes('Bearer other')]).toEqual([true, true]);
    expect(seen.length).toBe(2);
  });

  it.each([
    ['another method', 'https://provider.test/v1/models', { method: 'GET' }],
    ['another route', 'https://provider.test/v1/audio/speech', post(body)],
    ['messages of a thread', 'https://provider.test/v1/threads/t/messages', post(body)],
    [
      'a form',
      chatUrl,
      { method: 'POST', body: new FormData(), headers: { 'content-type': 'multipart/form-data' } },
    ],
    ['a compressed body', chatUrl, post(body, { 'content-encoding': 'gzip' })],
    ['a body that is not JSON', chatUrl, { ...post(body), body: '{"model":' }],
  ] satisfies [string, string, RequestInit][])(
    'the caching fetch passes %s on, each time',
    async (_what, url, init) => {
      const { fetch, seen } = setUp(() => jsonResponse(completion()));
      const first = await fetch(url, init);
      const second = await fetch(url, init);
      expect([first.headers.has('cache-status'), second.headers.has('cache-status')]).toEqual([false, false]);
      expect(seen.map((one) => one.url)).toEqual([url, url]);
    },
  );

  it('the caching fetch stores only answers of the upstreams that are named', async () => {
    const options = { upstreams: ['https://provider.test/v1/'] };
    const { fetch } = setUp(() => jsonResponse(completion()), options);
    const cacheStatus = async (url: string) => (await fetch(url, post(body))).headers.has('cache-status');
    expect(await cacheStatus(chatUrl)).toBe(true);
    expect(await cacheStatus('https://provider.test/v2/chat/completions')).toBe(false);
    expect(await cacheStatus('https://provider.test/v1/x/chat/completions')).toBe(false);
    expect(await cacheStatus('https://other.test/v1/chat/completions')).toBe(false);
  });

  it('the caching fetch honours Cache-Control', async () => {
    const { fetch, seen } = setUp(() => jsonResponse(completion()));
    const none = await fetch(chatUrl, post(body, { 'cache-control': 'only-if-cached' }));
    expect([none.status, await none.json()]).toMatchObject([504, { error: { code: 'not_cached' } }]);
    await fetch(chatUrl, post(body, { 'cache-control': 'no-store' }));
    await fetch(chatUrl, post(body));
    const asked = await fetch(chatUrl, post(body, { 'cache-control': 'max-stale, no-cache' }));
    expect(asked.headers.get('cache-status')).toBe('askonce; fwd=request; stored');
    expect(seen.length).toBe(3);
  });

  it('the caching fetch fails as fetch does when the provider cannot be reached', async () => {
    const failure = new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') });
    const { fetch } = setUp(() => Promise.reject(failure));
    const results = await Promise.allSettled([fetch(chatUrl, post(body)), fetch(chatUrl, post(body))]);
    expect(results).toEqual(Array(2).fill({ status: 'rejected', reason: failure }));
  });

  it('the caching fetch streams live, honours the signal, and cancels the provider’s answer when its reader cancels', async () => {
    const controllers: ReadableStreamDefaultController[] = [];
    let cancelled = 0;
    const { fetch, seen } = setUp(
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => void controllers.push(controller),
            cancel: () => void cancelled++,
          }),
          { headers: { 'content-type': 'text/event-stream' } },
        ),
      {},
      { abandoned: 'cancel' },
    );
    const reader = (await fetch(chatUrl, post({ ...body, stream: true }))).body?.getReader();
    controllers[0]?.enqueue(Buffer.from('data: 1\n\n'));
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 1\n\n');
    await reader?.cancel();
    await settled();
    expect([cancelled, seen[0]?.signal?.aborted]).toEqual([1, true]);

    const controller = new AbortController();
    const asked = await fetch(chatUrl, {
      ...post({ ...body, stream: true }),
      signal: controller.signal,
    });
    const text = asked.text();
    controller.abort(new DOMException('left', 'AbortError'));
    await expect(text).rejects.toThrow('left');
    const early = fetch(chatUrl, { ...post(body), signal: controller.signal });
    await expect(early).rejects.toThrow('left');
  });

  it('the caching fetch reads no further ahead than its reader', async () => {
    const wide = 'x'.repeat(64 * 1024);
    let pulled = 0;
    const { fetch } = setUp(
      () =>
        new Response(
          new ReadableStream(
            {
              pull(controller) {
                pulled++;
                if (pulled <= 400) controller.enqueue(Buffer.from(wide));
                else controller.close();
              },
            },
            { highWaterMark: 0 },
          ),
          { headers: { 'content-type': 'text/event-stream' } },
        ),
      {},
      { flightMaxBytes: 1024 * 1024 },
    );
    const response = await fetch(chatUrl, post({ ...body, stream: true }));
    await settled();
    const before = pulled;
    expect(before).toBeLessThan(40);
    const text = await response.text();
    expect([text.length, pulled]).toEqual([400 * wide.length, 401]);
  });
});
