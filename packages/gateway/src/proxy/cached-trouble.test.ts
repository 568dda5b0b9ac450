import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cacheStatusOf, gatewayForTest, postTo } from '../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startProvider,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';

describe('a stream', () => {
  const event = (content: string) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;

  async function startStreaming(): Promise<{
    url: string;
    begun: Promise<ServerResponse>;
    left: Promise<unknown>;
  }> {
    const begun = Promise.withResolvers<ServerResponse>();
    const left = Promise.withResolvers<unknown>();
    const url = await startProvider((request, response) => {
      request.resume();
      response.once('close', () => left.resolve(undefined));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      begun.resolve(response);
    });
    return { url, begun: begun.promise, left: left.promise };
  }

  async function open(url: string) {
    const response = await postTo(url, chatRequest('x', { stream: true }));
    if (response.body === null) throw new Error('no body');
    return { response, reader: response.body.getReader() };
  }

  it('a stream delivers its head before the first event, and each event before the next is sent', async () => {
    const provider = await startStreaming();
    const gateway = await gatewayForTest(provider.url);
    const { response, reader } = await open(gateway.url);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(cacheStatusOf(response)).toBe('askonce; fwd=miss');
    const upstream = await provider.begun;
    for (const text of [event('a'), event('b')]) {
      upstream.write(text);
      const { value } = await reader.read();
      expect(Buffer.from(value ?? []).toString()).toBe(text);
    }
    upstream.end('data: [DONE]\n\n');
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('data: [DONE]\n\n');
    expect((await reader.read()).done).toBe(true);
  });

  it('a stream that breaks off between events ends with an error event', async () => {
    const provider = await startStreaming();
    const gateway = await gatewayForTest(provider.url);
    const { reader } = await open(gateway.url);
    const upstream = await provider.begun;
    upstream.write(event('a'));
    await reader.read();
    upstream.destroy();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toContain('"provider_broke_off"');
    expect((await reader.read()).done).toBe(true);
  });

  it('a stream that breaks off within an event ends with a broken connection', async () => {
    const provider = await startStreaming();
    const gateway = await gatewayForTest(provider.url);
    const { reader } = await open(gateway.url);
    const upstream = await provider.begun;
    upstream.write('data: {"id":');
    await reader.read();
    upstream.destroy();
    await expect(reader.read()).rejects.toThrow();
  });

  it('a stream whose client disconnects is cancelled if the settings say so', async () => {
    const provider = await startStreaming();
    const gateway = await gatewayForTest(provider.url, { abandoned: 'cancel' });
    const { reader } = await open(gateway.url);
    (await provider.begun).write(event('a'));
    await reader.read();
    await reader.cancel();
    await expect(provider.left).resolves.toBeUndefined();
  });
});

describe('a provider in trouble', () => {
  it('an unreachable provider is 502 in the shape of the protocol, and hits are still served', async () => {
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('kept') }));
    const gateway = await gatewayForTest(provider.url, { connectRetries: 0 });
    await (await postTo(gateway.url, chatRequest('kept'))).text();
    const gone = await gatewayForTest('http://127.0.0.1:1', { connectRetries: 1 });
    const response = await postTo(gone.url, chatRequest('x'));
    expect([response.status, await response.json()]).toMatchObject([
      502,
      { error: { code: 'provider_unreachable' } },
    ]);
    expect(cacheStatusOf(await postTo(gateway.url, chatRequest('kept')))).toContain('hit');
  });

  it('a provider that does not answer in time is 504', async () => {
    const provider = await startProvider((request) => request.resume());
    const gateway = await gatewayForTest(provider, { firstByteTimeoutMs: 30 });
    const response = await postTo(gateway.url, chatRequest('x'));
    expect([response.status, await response.json()]).toMatchObject([
      504,
      { error: { code: 'provider_timeout' } },
    ]);
  });

  it('a provider that hangs up before it answers is called only once', async () => {
    let asked = 0;
    const provider = await startProvider((request) => {
      asked += 1;
      request.socket.destroy();
    });
    const gateway = await gatewayForTest(provider, { connectRetries: 2 });
    const response = await postTo(gateway.url, chatRequest('x'));
    expect([response.status, await response.json()]).toMatchObject([
      502,
      { error: { code: 'provider_broke_off' } },
    ]);
    expect(asked).toBe(1);
  });

  it.each([
    ['a short body', { 'content-length': '5000' }, Buffer.from(chatAnswer('x'))],
    ['a cut chunked body', {}, Buffer.from(chatAnswer('x'))],
    ['a cut gzip body', { 'content-encoding': 'gzip' }, gzipSync(chatAnswer('x')).subarray(0, -9)],
  ])('an answer with %s is never taken for complete, and not stored', async (name, headers, bytes) => {
    let asked = 0;
    const provider = await startProvider((request, response) => {
      asked += 1;
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json', ...headers });
      if (name.includes('gzip')) response.end(bytes);
      else response.write(bytes, () => response.destroy());
    });
    const gateway = await gatewayForTest(provider);
    for (const _ of [1, 2]) {
      const response = await postTo(gateway.url, chatRequest('x'));
      const whole = response.ok ? response.text() : Promise.reject(new Error(String(response.status)));
      await expect(whole).rejects.toThrow();
    }
    expect(asked).toBe(2);
  });

  it('error pages, errors and rate limits arrive unchanged', async () => {
    const provider = await startRememberingProvider(({ body }) =>
      body.includes('page')
        ? { status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>down</h1>' }
        : { status: 429, headers: { 'retry-after': '7' }, body: '{"error":{"message":"slow down"}}' },
    );
    const gateway = await gatewayForTest(provider.url);
    const page = await postTo(gateway.url, chatRequest('page'));
    expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([
      503,
      'text/html',
      '<h1>down</h1>',
    ]);
    const limit = await postTo(gateway.url, chatRequest('limit'));
    expect([limit.status, limit.headers.get('retry-after')]).toEqual([429, '7']);
  });
});
