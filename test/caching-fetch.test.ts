import { describe, expect, it } from 'vitest';
import { chatUrl, jsonResponse, messages, post, setUpFetch } from './support/caching-fetch.ts';
import { completion } from './support/chat.ts';
import { settled } from './support/gated-provider.ts';

describe('a caching fetch', () => {
  const body = { model: 'gpt-x', messages };

  it('the caching fetch reports in headers what it did, and a caller cannot change the stored body', async () => {
    const { fetch } = setUpFetch(() => jsonResponse(completion(), { headers: { 'x-request-id': 'req_1' } }));
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
    const { fetch, seen } = setUpFetch(() => jsonResponse(completion()));
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
    const { fetch, seen } = setUpFetch(({ headers }) =>
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
      const { fetch, seen } = setUpFetch(() => jsonResponse(completion()));
      const first = await fetch(url, init);
      const second = await fetch(url, init);
      expect([first.headers.has('cache-status'), second.headers.has('cache-status')]).toEqual([false, false]);
      expect(seen.map((one) => one.url)).toEqual([url, url]);
    },
  );

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])(
    'a %s of a cached route is passed on each time',
    async (method) => {
      const { fetch, seen } = setUpFetch(() => jsonResponse(completion()));
      const init = { ...post(body), method, ...(method === 'GET' ? { body: null } : {}) };
      for (let time = 0; time < 2; time++)
        expect((await fetch(chatUrl, init)).headers.has('cache-status')).toBe(false);
      expect(seen.map((one) => one.method)).toEqual([method, method]);
    },
  );

  it('the caching fetch fails as fetch does for what is no URL, and for a request whose body was read', async () => {
    const { fetch, seen } = setUpFetch(() => jsonResponse(completion()));
    await expect(fetch('/v1/chat/completions', post(body))).rejects.toThrow(TypeError);
    const request = new Request(chatUrl, post(body));
    await request.text();
    await expect(fetch(request)).rejects.toThrow(/already been (?:read|used)|unusable|disturbed/i);
    expect(seen).toEqual([]);
  });

  it('the caching fetch stores only answers of the upstreams that are named', async () => {
    const options = { upstreams: ['https://provider.test/v1/'] };
    const { fetch } = setUpFetch(() => jsonResponse(completion()), options);
    const cacheStatus = async (url: string) => (await fetch(url, post(body))).headers.has('cache-status');
    expect(await cacheStatus(chatUrl)).toBe(true);
    expect(await cacheStatus('https://provider.test/v2/chat/completions')).toBe(false);
    expect(await cacheStatus('https://provider.test/v1/x/chat/completions')).toBe(false);
    expect(await cacheStatus('https://other.test/v1/chat/completions')).toBe(false);
  });

  it('the caching fetch honours Cache-Control', async () => {
    const { fetch, seen } = setUpFetch(() => jsonResponse(completion()));
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
    const { fetch } = setUpFetch(() => Promise.reject(failure));
    const results = await Promise.allSettled([fetch(chatUrl, post(body)), fetch(chatUrl, post(body))]);
    expect(results).toEqual(Array(2).fill({ status: 'rejected', reason: failure }));
  });

  it('the caching fetch streams live, honours the signal, and cancels the provider’s answer when its reader cancels', async () => {
    const controllers: ReadableStreamDefaultController[] = [];
    let cancelled = 0;
    const { fetch, seen } = setUpFetch(
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
    const { fetch } = setUpFetch(
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
