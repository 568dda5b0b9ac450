import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { gatewayForTest, json, rawExchange, statusOf } from '../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startProvider,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';

const get = (target: string, ...headers: string[]) =>
  [`GET ${target} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n');

describe('a request that is refused before it is routed', () => {
  it.each([
    ['//evil.example/v1/models', 400, 'invalid_path'],
    ['http://evil.example/v1/models', 400, 'invalid_path'],
    ['/v1/../admin', 400, 'invalid_path'],
    ['/v1/%2e%2e/admin', 400, 'invalid_path'],
    ['/v1/a%5cb', 400, 'invalid_path'],
    ['/v1\\models', 400, 'invalid_path'],
    ['/nothing', 404, 'route_unknown'],
    ['/', 404, 'route_unknown'],
    ['/v1', 404, 'route_unknown'],
    ['/V1/models', 404, 'route_unknown'],
  ])('the request target %s is %i', async (target, status, code) => {
    const provider = await startRememberingProvider(() => ({}));
    const gateway = await gatewayForTest(provider.url);
    const exchange = await rawExchange(gateway.port, get(target, 'Host: localhost'));
    expect(statusOf(exchange)).toBe(status);
    expect(exchange).toContain(`"${code}"`);
    expect(provider.seen).toEqual([]);
  });

  it.each([
    [[], 400],
    [['Host: localhost', 'Host: localhost'], 400],
    [['Host: evil.example'], 403],
    [['Host: localhost', 'Origin: https://evil.example'], 403],
    [['Host: localhost', 'Sec-Fetch-Site: cross-site'], 403],
    [['Host: localhost', 'Sec-Fetch-Site: same-site'], 403],
    [['Host: localhost', ...Array.from({ length: 300 }, (_, index) => `X-${index}: 1`)], 400],
    [['Host: localhost', `X-Long: ${'x'.repeat(70_000)}`], 431],
  ])('the set of headers %# is refused', async (headers, status) => {
    const provider = await startRememberingProvider(() => ({}));
    const gateway = await gatewayForTest(provider.url);
    const exchange = await rawExchange(gateway.port, get('/v1/models', ...headers));
    expect(statusOf(exchange)).toBe(status);
    expect(exchange).toContain('{"error":{');
    expect(provider.seen).toEqual([]);
  });

  it('an Anthropic client gets a refusal in its own shape', async () => {
    const gateway = await gatewayForTest('http://127.0.0.1:1');
    const exchange = await rawExchange(gateway.port, get('/v1/messages/%2e%2e/x', 'Host: localhost'));
    expect(exchange).toContain('{"type":"error","error":{"type":"invalid_request_error"');
  });

  it('a preflight is refused, and no answer ever has CORS headers', async () => {
    const gateway = await gatewayForTest('http://127.0.0.1:1');
    const exchange = await rawExchange(
      gateway.port,
      'OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n',
    );
    expect(statusOf(exchange)).toBe(403);
    expect(exchange.toLowerCase()).not.toContain('access-control');
  });
});

it('further hosts are accepted if the settings list them', async () => {
  const provider = await startRememberingProvider(() => ({ body: '{}' }));
  const gateway = await gatewayForTest(provider.url, { allowedHosts: ['gateway.internal'] });
  const exchange = await rawExchange(gateway.port, get('/v1/models', 'Host: gateway.internal:8787'));
  expect(statusOf(exchange)).toBe(200);
});

describe('input that is not HTTP', () => {
  it.each([
    ['garbage', 'garbage\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost localhost\r\n\r\n'],
    ['a wrong length', 'POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n'],
    [
      'two lengths',
      'POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    ],
    [
      'length and chunks',
      'POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00])],
  ])('input with %s is 400, and the gateway goes on', async (_, bytes) => {
    const gateway = await gatewayForTest('http://127.0.0.1:1');
    expect(statusOf(await rawExchange(gateway.port, bytes))).toBe(400);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });

  it('garbage after a request never gets into the answer that is being written', async () => {
    const provider = await startProvider((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {}\n\n');
    });
    const gateway = await gatewayForTest(provider, { abandoned: 'cancel' });
    const body = chatRequest('x', { stream: true });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => {});
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    while (!received.includes('data: {}')) await once(socket, 'data');
    socket.write('garbage\r\n\r\n');
    await once(socket, 'close');
    expect(received).not.toContain('400 Bad Request');
  });
});

describe.each([
  ['/healthz', '{"status":"ok"}'],
  ['/readyz', '{"status":"ready"}'],
])('%s', (path, body) => {
  it('answers any client with a constant body, and only by its exact name', async () => {
    const gateway = await gatewayForTest('http://127.0.0.1:1', { adminKey: 'an-admin-key-of-a-test' });
    const response = await fetch(gateway.url + path);
    expect([response.status, await response.text()]).toEqual([200, body]);
    expect(Array.from(response.headers.keys(), String).sort()).toEqual([
      'cache-control',
      'connection',
      'content-length',
      'content-type',
      'date',
      'keep-alive',
    ]);
    expect((await fetch(gateway.url + path, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${gateway.url}${path}/`)).status).toBe(404);
  });
});

it('many requests on one connection, sent at once, are answered in their order', async () => {
  const provider = await startRememberingProvider(({ body }) => ({
    body: chatAnswer(body.includes('"a"') ? 'a' : 'b'),
  }));
  const gateway = await gatewayForTest(provider.url);
  const one = (content: string, last: boolean) => {
    const body = chatRequest(content);
    return `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${json.authorization}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${last ? 'Connection: close\r\n' : ''}\r\n${body}`;
  };
  const exchange = await rawExchange(gateway.port, one('a', false) + one('b', false) + one('a', true));
  const contents = [...exchange.matchAll(/"content":"(.)"/g)].map((match) => match[1]);
  expect(contents).toEqual(['a', 'b', 'a']);
});
