import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { gatewayForTest, json, rawExchange, statusOf } from '../../../../test/support/gateway.ts';
import { startProvider, startRememberingProvider } from '../../../../test/support/remembering-provider.ts';

describe('a request to a route that is not cached', () => {
  it.each([
    ['GET', '/v1/models', {}, 'openai', '/v1/models'],
    ['DELETE', '/v1/files/file-1?x=%2F..', {}, 'openai', '/v1/files/file-1?x=%2F..'],
    ['GET', '/v1/chat/completions?limit=2', {}, 'openai', '/v1/chat/completions?limit=2'],
    ['PATCH', '/v1/anything/at/all', {}, 'openai', '/v1/anything/at/all'],
    ['PROPFIND', '/v1/x', {}, 'openai', '/v1/x'],
    ['OPTIONS', '/v1/x', {}, 'openai', '/v1/x'],
    ['GET', '/v1/models', { 'anthropic-version': '2023-06-01' }, 'anthropic', '/v1/models'],
    ['GET', '/v1/models', { 'x-api-key': 'k' }, 'anthropic', '/v1/models'],
    ['GET', '/v1/messages/batches', {}, 'anthropic', '/v1/messages/batches'],
    ['DELETE', '/v1/messages/batches/b', {}, 'anthropic', '/v1/messages/batches/b'],
    ['GET', '/v1/messagesx', {}, 'openai', '/v1/messagesx'],
    ['GET', '/v1/complete', {}, 'anthropic', '/v1/complete'],
  ])('%s %s with %j passes through to %s', async (method, path, headers, family, url) => {
    const openai = await startRememberingProvider(() => ({ body: 'openai' }));
    const anthropic = await startRememberingProvider(() => ({ body: 'anthropic' }));
    const gateway = await gatewayForTest(openai.url, { anthropicBaseUrl: anthropic.url });
    const response = await fetch(`${gateway.url}${path}`, { method, headers });
    expect(await response.text()).toBe(family);
    expect(response.headers.get('cache-status')).toBe('askonce; fwd=bypass');
    expect([...openai.seen, ...anthropic.seen]).toMatchObject([{ method, url }]);
  });

  it('headers pass both ways unchanged, except those of one hop and the gateway’s own', async () => {
    const provider = await startRememberingProvider(() => ({
      status: 201,
      headers: {
        'x-answer': 'kept',
        'set-cookie': ['a=1', 'b=2'],
        'access-control-allow-origin': '*',
        connection: 'close, x-hop',
        'x-hop': 'dropped',
      },
      body: '{}',
    }));
    const gateway = await gatewayForTest(provider.url);
    const exchange = await rawExchange(
      gateway.port,
      [
        'POST /v1/files HTTP/1.1',
        'Host: localhost',
        'Authorization: Bearer sk-1',
        'X-Twice: 1',
        'X-Twice: 2',
        'Cache-Control: no-cache',
        'Accept-Encoding: zstd',
        'Askonce-User: u',
        'X-Forwarded-For: 10.0.0.1',
        'Connection: close, X-Private',
        'X-Private: dropped',
        'Content-Length: 2',
        '',
        '{}',
      ].join('\r\n'),
    );
    expect(statusOf(exchange)).toBe(201);
    expect(exchange).toMatch(/x-answer: kept/);
    expect(exchange.match(/set-cookie: /g)).toHaveLength(2);
    expect(exchange).not.toMatch(/access-control|x-hop/i);
    const [seen] = provider.seen;
    expect(seen?.body).toBe('{}');
    expect(seen?.rawHeaders.filter((_, index) => index % 2 === 0)).toEqual(
      expect.arrayContaining(['Authorization', 'X-Twice', 'Cache-Control', 'Accept-Encoding']),
    );
    expect(seen?.headers).toMatchObject({
      'x-twice': '1, 2',
      'accept-encoding': 'zstd',
      host: new URL(provider.url).host,
    });
    expect(Object.keys(seen?.headers ?? {}).filter((name) => /askonce|forwarded|private/.test(name))).toEqual(
      [],
    );
  });

  it('an encoded answer is passed on encoded', async () => {
    const body = gzipSync('{"data":[]}');
    const provider = await startRememberingProvider(() => ({
      body,
      headers: { 'content-encoding': 'gzip' },
    }));
    const gateway = await gatewayForTest(provider.url);
    const exchange = await rawExchange(
      gateway.port,
      'GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(exchange).toMatch(/content-encoding: gzip/);
  });

  it('a HEAD reply has the length and no body', async () => {
    const provider = await startProvider((_, response) => {
      response.writeHead(200, { 'content-length': '1234' });
      response.end();
    });
    const gateway = await gatewayForTest(provider);
    const response = await fetch(`${gateway.url}/v1/files/x`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
      200,
      '1234',
      '',
    ]);
  });
});

describe('bodies in both directions', () => {
  async function startMeeting(): Promise<{
    url: string;
    met: Promise<readonly [IncomingMessage, ServerResponse]>;
  }> {
    const met = Promise.withResolvers<readonly [IncomingMessage, ServerResponse]>();
    const url = await startProvider((request, response) => met.resolve([request, response]));
    return { url, met: met.promise };
  }

  function upload(url: string, headers: Record<string, string> = {}) {
    const sending = httpRequest(`${url}/v1/files`, { method: 'POST', headers: { ...json, ...headers } });
    sending.on('error', () => {});
    return sending;
  }

  it('the provider receives the first part of a request before the client sends the last', async () => {
    const provider = await startMeeting();
    const gateway = await gatewayForTest(provider.url);
    const sending = upload(gateway.url);
    sending.write('first');
    const [request, response] = await provider.met;
    expect(String((await once(request, 'data'))[0])).toBe('first');
    sending.end('last');
    expect(String((await once(request, 'data'))[0])).toBe('last');
    response.end('done');
    const [answer] = await once(sending, 'response');
    expect(answer.statusCode).toBe(200);
    answer.resume();
  });

  it('the client receives the head and the first part of an answer before the provider sends the last', async () => {
    const provider = await startMeeting();
    const gateway = await gatewayForTest(provider.url);
    const sending = upload(gateway.url);
    sending.end();
    const [request, response] = await provider.met;
    request.resume();
    response.writeHead(200, { 'content-type': 'audio/mpeg' });
    response.flushHeaders();
    const [answer] = await once(sending, 'response');
    const ended = once(answer, 'end');
    response.write('first');
    expect(String((await once(answer, 'data'))[0])).toBe('first');
    response.end('last');
    expect(String((await once(answer, 'data'))[0])).toBe('last');
    await ended;
    expect(answer.complete).toBe(true);
  });

  it('100 MB pass in both directions without being held in memory', async () => {
    const total = 100 * 1024 * 1024;
    const provider = await startProvider((request, response) => {
      response.writeHead(200, { 'content-length': String(request.headers['content-length']) });
      request.pipe(response);
    });
    const gateway = await gatewayForTest(provider);
    const part = Buffer.alloc(1024 * 1024, 'x');
    const sending = upload(gateway.url, { 'content-length': String(total) });
    let most = 0;
    let received = 0;
    const finished = once(sending, 'response').then(async ([answer]) => {
      for await (const chunk of answer) received += chunk.length;
    });
    for (let sent = 0; sent < total; sent += part.length) {
      if (!sending.write(part)) await once(sending, 'drain');
      most = Math.max(most, sent - received);
    }
    sending.end();
    await finished;
    expect(received).toBe(total);
    // What is between the two ends at a time is what the system's socket buffers hold.
    expect(most).toBeLessThan(64 * 1024 * 1024);
  });

  it('a client of an uncached route that expects 100-continue receives it', async () => {
    const provider = await startRememberingProvider(() => ({ body: 'ok' }));
    const gateway = await gatewayForTest(provider.url);
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(
      'POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n',
    );
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 100 Continue/);
    socket.write('body');
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 OK/);
    socket.destroy();
    expect(provider.seen).toMatchObject([{ body: 'body' }]);
  });

  it('a client that disconnects aborts its call to the provider', async () => {
    const provider = await startMeeting();
    const gateway = await gatewayForTest(provider.url);
    const sending = upload(gateway.url);
    sending.write('first');
    const [request] = await provider.met;
    request.on('error', () => {});
    request.resume();
    const closed = new Promise((resolve) => request.once('close', resolve));
    sending.destroy();
    await closed;
    expect(request.complete).toBe(false);
  });

  it('an answer that breaks off breaks off for the client', async () => {
    const provider = await startMeeting();
    const gateway = await gatewayForTest(provider.url);
    const sending = upload(gateway.url);
    sending.end();
    const [request, response] = await provider.met;
    request.resume();
    response.write('first');
    const [answer] = await once(sending, 'response');
    await once(answer, 'data');
    const broken = once(answer, 'error');
    response.destroy();
    await broken;
    expect(answer.complete).toBe(false);
  });

  it('an answer that arrives before the upload has ended reaches the client', async () => {
    const provider = await startProvider((_, response) => {
      response.writeHead(413);
      response.end('too much');
    });
    const gateway = await gatewayForTest(provider);
    const sending = upload(gateway.url);
    sending.write('x'.repeat(100_000));
    const [answer] = await once(sending, 'response');
    expect(answer.statusCode).toBe(413);
    answer.resume();
    sending.destroy();
  });

  it('a stalled upload is 408', async () => {
    const provider = await startProvider((request) => request.resume());
    const gateway = await gatewayForTest(provider, { requestTimeoutMs: 60 });
    const exchange = await rawExchange(
      gateway.port,
      'POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\nhalf',
    );
    expect(statusOf(exchange)).toBe(408);
  });
});

it('an unreachable provider is 502 in the shape of its protocol, also during an upload', async () => {
  const gateway = await gatewayForTest('http://127.0.0.1:1', { connectRetries: 0 });
  const openai = await fetch(`${gateway.url}/v1/files`, { method: 'POST', body: 'x'.repeat(500_000) });
  expect([openai.status, await openai.json()]).toMatchObject([
    502,
    { error: { code: 'provider_unreachable' } },
  ]);
  const anthropic = await fetch(`${gateway.url}/v1/messages/batches`);
  expect([anthropic.status, await anthropic.json()]).toMatchObject([502, { type: 'error' }]);
});
