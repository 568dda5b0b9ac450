import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { createCache, memoryStore } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { gatewayForTest, json } from '../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startProvider,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { traffic as replyCount } from '../proxy/context.ts';
import { createUpstreamClient } from '../upstream/client.ts';
import { shutDown, unusedConnections } from './shutdown.ts';

const ask = (url: string, body: string) =>
  fetch(`${url}/v1/chat/completions`, { method: 'POST', body, headers: json });

async function startStreaming(): Promise<{ url: string; begun: Promise<ServerResponse> }> {
  const begun = Promise.withResolvers<ServerResponse>();
  const url = await startProvider((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"first":1}\n\n');
    begun.resolve(response);
  });
  return { url, begun: begun.promise };
}

it('an open stream ends; until then new requests get 503, and afterwards the port is closed', async () => {
  const provider = await startStreaming();
  const gateway = await gatewayForTest(provider.url);
  const streaming = await ask(gateway.url, chatRequest('x', { stream: true }));
  const upstream = await provider.begun;
  const closing = gateway.close();

  const health = await fetch(`${gateway.url}/healthz`);
  expect([health.status, health.headers.get('connection')]).toEqual([503, 'close']);
  const ready = await fetch(`${gateway.url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([503, '{"status":"not ready"}']);
  const refused = await ask(gateway.url, chatRequest('y'));
  expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'shutting_down' } }]);

  upstream.end('data: [DONE]\n\n');
  expect(await streaming.text()).toBe('data: {"first":1}\n\ndata: [DONE]\n\n');
  await closing;
  await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow();
});

it('a stream that does not end in time is cut off', async () => {
  const provider = await startStreaming();
  const gateway = await gatewayForTest(provider.url, { shutdownTimeoutMs: 50 });
  const streaming = await ask(gateway.url, chatRequest('x', { stream: true }));
  await provider.begun;
  await gateway.close();
  await expect(streaming.text()).rejects.toThrow();
});

it('idle connections do not delay the shutdown', async () => {
  const provider = await startRememberingProvider(() => ({ body: '{}' }));
  const gateway = await gatewayForTest(provider.url, { shutdownTimeoutMs: 3_600_000 });
  const agent = new Agent({ keepAlive: true });
  const asking = httpRequest(`${gateway.url}/v1/models`, { agent }).end();
  const [answer]: IncomingMessage[] = await once(asking, 'response');
  answer?.resume();
  await once(asking, 'close');
  await expect(gateway.close()).resolves.toBeUndefined();
  agent.destroy();
});

it('a connection that a client has opened and never used does not delay the shutdown', async () => {
  const gateway = await gatewayForTest('http://127.0.0.1:1', { shutdownTimeoutMs: 3_600_000 });
  const socket = connect(gateway.port, '127.0.0.1');
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  // What came later has been answered, so the server knows of the connection.
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  await expect(gateway.close()).resolves.toBeUndefined();
  await closed;
});

it('closing a gateway twice closes it once', async () => {
  const gateway = await gatewayForTest('http://127.0.0.1:1');
  await Promise.all([gateway.close(), gateway.close()]);
  await expect(gateway.close()).resolves.toBeUndefined();
});

it('the next gateway on the same folder serves the answers that were stored before', async () => {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('kept') }));
  const dataDir = temporaryFolder();
  const first = await gatewayForTest(provider.url, { dataDir });
  await (await ask(first.url, chatRequest('x'))).text();
  await first.close();
  const second = await gatewayForTest(provider.url, { dataDir });
  const response = await ask(second.url, chatRequest('x'));
  expect(response.headers.get('cache-status')).toMatch(/^askonce; hit; ttl=\d+; detail="sqlite"$/);
  expect(await response.text()).toBe(chatAnswer('kept'));
  expect(provider.seen).toHaveLength(1);
});

it('a store that never closes does not delay the shutdown beyond its limit', async () => {
  const clock = fakeClock();
  const closing = Promise.withResolvers<void>();
  const server = createServer();
  const stopped = shutDown({
    servers: [{ server, unused: unusedConnections(server) }],
    cache: createCache({
      clock,
      store: {
        ...memoryStore({ clock }),
        close() {
          closing.resolve();
          return new Promise(() => {});
        },
      },
    }),
    client: createUpstreamClient({
      connectTimeoutMs: 1,
      connectRetries: 0,
      firstByteTimeoutMs: 1,
      betweenBytesTimeoutMs: 1,
    }),
    traffic: replyCount(),
    clock,
    timeoutMs: 30_000,
  });
  await closing.promise;
  clock.advance(30_000);
  await expect(stopped).resolves.toBeUndefined();
});
