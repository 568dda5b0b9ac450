import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEgressProxy } from '../../../../test/support/egress-proxy.ts';
import { cacheStatusOf, gatewayForTest, postTo } from '../../../../test/support/gateway.ts';
import { loopbackCertificate, loopbackKey } from '../../../../test/support/loopback-certificate.ts';
import {
  chatAnswer,
  chatRequest,
  startProvider,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { headersByName } from './egress.ts';

/** A provider behind TLS that is trusted for as long as the test runs. */
async function startSecureProvider(handle: RequestListener): Promise<string> {
  const trusted = getCACertificates('default');
  setDefaultCACertificates([...trusted, loopbackCertificate]);
  const server = createServer(
    { key: loopbackKey, cert: loopbackCertificate, ALPNProtocols: ['h2', 'http/1.1'] },
    handle,
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    setDefaultCACertificates(trusted);
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

const answering =
  (text = chatAnswer('through')): RequestListener =>
  (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  };

describe('a provider that is reached through a proxy', () => {
  it('a plain provider is asked by its whole URL, and its answer is stored', async () => {
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('through') }));
    const proxy = await startEgressProxy();
    const gateway = await gatewayForTest(provider.url, { httpProxy: `http://${proxy.host}` });
    const first = await postTo(gateway.url, chatRequest('x'));
    expect(await first.text()).toBe(chatAnswer('through'));
    const second = await postTo(gateway.url, chatRequest('x'));
    expect(cacheStatusOf(second)).toContain('hit');
    expect(proxy.asked).toEqual([`POST ${provider.url}/v1/chat/completions`]);
    expect(provider.seen).toHaveLength(1);
    expect(provider.seen[0]?.headers['host']).toBe(new URL(provider.url).host);
  });

  it('a provider behind TLS is reached by a tunnel over HTTP/1.1, and the proxy sees no credential of the client', async () => {
    const versions: string[] = [];
    const provider = await startSecureProvider((request, response) => {
      versions.push(request.httpVersion);
      answering()(request, response);
    });
    const proxy = await startEgressProxy();
    const gateway = await gatewayForTest(provider, { httpsProxy: `http://user:p%40ss@${proxy.host}` });
    const reply = await postTo(gateway.url, chatRequest('x'));
    expect([reply.status, await reply.text()]).toEqual([200, chatAnswer('through')]);
    const again = await postTo(gateway.url, chatRequest('x'));
    expect(cacheStatusOf(again)).toContain('hit');
    const basic = Buffer.from('user:p@ss').toString('base64');
    expect(proxy.asked).toEqual([`CONNECT ${new URL(provider).host} Basic ${basic}`]);
    expect(versions).toEqual(['1.1']);
  });

  it('one proxy serves both kinds of providers if only HTTP_PROXY is set', async () => {
    const provider = await startSecureProvider(answering());
    const proxy = await startEgressProxy();
    const gateway = await gatewayForTest(provider, { httpProxy: proxy.host });
    expect((await postTo(gateway.url, chatRequest('x'))).status).toBe(200);
    expect(proxy.asked).toEqual([`CONNECT ${new URL(provider).host}`]);
  });

  it('requests do not wait for one another', async () => {
    const waiting: (() => void)[] = [];
    const provider = await startProvider((request, response) => {
      request.resume();
      waiting.push(() => answering()(request, response));
      if (waiting.length === 5) for (const answer of waiting) answer();
    });
    const proxy = await startEgressProxy();
    const gateway = await gatewayForTest(provider, { httpProxy: proxy.host });
    const replies = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((text) => postTo(gateway.url, chatRequest(text))),
    );
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it.each(['plain', 'behind TLS'])('the time-outs of a provider %s hold through a proxy', async (kind) => {
    const silent: RequestListener = (request) => request.resume();
    const provider = await (kind === 'plain' ? startProvider(silent) : startSecureProvider(silent));
    const proxy = await startEgressProxy();
    const gateway = await gatewayForTest(provider, { httpProxy: proxy.host, firstByteTimeoutMs: 50 });
    const reply = await postTo(gateway.url, chatRequest('x'));
    expect([reply.status, await reply.json()]).toMatchObject([504, { error: { code: 'provider_timeout' } }]);
  });

  it('a stream arrives event by event, and its pause is limited, through a tunnel', async () => {
    const provider = await startSecureProvider((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[]}\n\n');
    });
    const proxy = await startEgressProxy();
    const gateway = await gatewayForTest(provider, { httpProxy: proxy.host, betweenBytesTimeoutMs: 100 });
    const reply = await postTo(gateway.url, chatRequest('x', { stream: true }));
    const text = await reply.text();
    expect(text).toMatch(/^data: \{"choices":\[\]\}\n\n/);
    expect(text).toContain('provider_timeout');
  });

  it('every line of a repeated header passes on an uncached route', async () => {
    const provider = await startRememberingProvider(() => ({ body: '{}' }));
    const proxy = await startEgressProxy();
    const gateway = await gatewayForTest(provider.url, { httpProxy: proxy.host });
    const reply = await fetch(`${gateway.url}/v1/models?limit=2`, { headers: { 'x-own': 'one' } });
    expect(reply.status).toBe(200);
    expect(proxy.asked).toEqual([`GET ${provider.url}/v1/models?limit=2`]);
    expect(provider.seen[0]?.headers).toMatchObject({ 'x-own': 'one' });
    expect(headersByName(['Beta', 'one', 'x', '1', 'beta', 'two'])).toEqual({ Beta: ['one', 'two'], x: '1' });
  });

  it('a host in NO_PROXY is reached directly', async () => {
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('direct') }));
    const proxy = await startEgressProxy();
    const settings = { httpProxy: proxy.host, httpsProxy: proxy.host, noProxy: 'example.com,127.0.0.0/8' };
    const gateway = await gatewayForTest(provider.url, settings);
    expect((await postTo(gateway.url, chatRequest('x'))).status).toBe(200);
    expect(proxy.asked).toEqual([]);
  });
});

describe('a proxy that fails', () => {
  it.each([
    ['plain', 407],
    ['behind TLS', 407],
    ['behind TLS', 403],
  ])(
    'a provider %s whose proxy answers %i is unreachable, and neither error nor log holds the password',
    async (kind, status) => {
      const provider = await (kind === 'plain'
        ? startProvider(answering())
        : startSecureProvider(answering()));
      const proxy = await startEgressProxy();
      proxy.refuse(status);
      const gateway = await gatewayForTest(provider, {
        httpProxy: `http://user:hidden@${proxy.host}`,
        connectRetries: 0,
      });
      const reply = await postTo(gateway.url, chatRequest('x'));
      const text = await reply.text();
      expect(reply.status).toBe(502);
      expect(text).toContain('provider_unreachable');
      expect(text).toContain(`through the proxy http://${proxy.host} (status ${status})`);
      const hidden = [text, ...gateway.log].join('\n');
      expect(hidden).not.toMatch(new RegExp(`hidden|${Buffer.from('user:hidden').toString('base64')}`));
    },
  );

  it('a proxy that cannot be reached is named', async () => {
    const provider = await startProvider(answering());
    const gateway = await gatewayForTest(provider, { httpProxy: '127.0.0.1:1', connectRetries: 1 });
    const reply = await postTo(gateway.url, chatRequest('x'));
    expect(await reply.text()).toContain('through the proxy http://127.0.0.1:1 (ECONNREFUSED)');
  });

  it('a proxy that accepts a tunnel and stalls costs the time to connect', async () => {
    const provider = await startSecureProvider(answering());
    const proxy = await startEgressProxy();
    proxy.stall();
    const gateway = await gatewayForTest(provider, {
      httpProxy: proxy.host,
      connectTimeoutMs: 50,
      connectRetries: 0,
    });
    const reply = await postTo(gateway.url, chatRequest('x'));
    expect([reply.status, await reply.text()]).toEqual([504, expect.stringContaining('connectTimeoutMs')]);
  });
});
