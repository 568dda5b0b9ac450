/**
 * Two gateways behind a small balancer are restarted one after another under load, and no request fails.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../scripts/services/server-process.ts';
import {
  type GatewayProcess,
  running,
  sharedSecret,
  startGatewayProcess,
} from './support/gateway-process.ts';
import { startRedis } from './support/redis-server.ts';
import { chatAnswer, chatRequest, startProvider } from './support/remembering-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/**
 * Sends each request to the next gateway, and to the other one if there is no reply, or a 503 because that one shuts down. So
 * does nginx with `proxy_next_upstream error http_503 non_idempotent`.
 */
async function startBalancer(urls: readonly string[]): Promise<string> {
  const agent = new Agent();
  let turn = 0;
  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const first = turn++;
    for (let attempt = 0; attempt < urls.length; attempt++) {
      const url = urls[(first + attempt) % urls.length];
      const isLast = attempt === urls.length - 1;
      try {
        const { statusCode, headers, body } = await request(`${url}${incoming.url}`, {
          method: 'POST',
          dispatcher: agent,
          headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test' },
          body: Buffer.concat(chunks),
        });
        const text = await body.text();
        if (!isLast && statusCode === 503 && text.includes('shutting_down')) continue;
        response.writeHead(statusCode, { 'cache-status': String(headers['cache-status'] ?? '') }).end(text);
        return;
      } catch (error) {
        if (isLast) {
          response.writeHead(502).end(String(error));
          return;
        }
      }
    }
  }
  const server = createServer((incoming, response) => void forward(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await agent.destroy();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

it('no request fails while two gateways behind a balancer are restarted one after another, and the cache stays warm', async () => {
  const redis = await startRedis();
  let calls = 0;
  const provider = await startProvider((incoming, response) => {
    incoming.resume();
    incoming.on('end', () => {
      calls++;
      response.writeHead(200, { 'content-type': 'application/json' });
      // Long enough that a restart meets answers in progress.
      setTimeout(() => response.end(chatAnswer(`Answer ${calls}`)), 50);
    });
  });
  const ports = [await freePort(), await freePort()];
  const folders = ports.map(() => temporaryFolder());
  const start = async (index: number): Promise<GatewayProcess> => {
    const gateway = running(
      await startGatewayProcess({
        dataDir: folders[index] ?? '',
        provider,
        port: ports[index],
        environment: { REDIS_URL: redis.url, ASKONCE_SECRET: sharedSecret },
      }),
    );
    onTestFinished(async () => {
      await gateway.end('SIGKILL');
    });
    return gateway;
  };
  const gateways = await Promise.all(ports.map((_port, index) => start(index)));
  const balancer = await startBalancer(ports.map((port) => `http://127.0.0.1:${port}`));
  let asks = true;
  const statuses: number[] = [];
  const failures: string[] = [];
  async function client(name: number): Promise<void> {
    for (let count = 0; asks; count++) {
      const text = count % 2 === 0 ? 'Is it open?' : `Question ${name}.${count}`;
      const answer = await fetch(`${balancer}/v1/chat/completions`, {
        method: 'POST',
        body: chatRequest(text),
      });
      statuses.push(answer.status);
      const body = await answer.text();
      if (answer.status !== 200) failures.push(body);
    }
  }
  const clients = Array.from({ length: 8 }, (_none, name) => client(name));
  const answered = (more: number) => {
    const target = statuses.length + more;
    return expect.poll(() => statuses.length, { timeout: 20_000 }).toBeGreaterThan(target);
  };
  await answered(40);
  for (const [index, gateway] of gateways.entries()) {
    expect(await gateway.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await answered(20);
    gateways[index] = await start(index);
    await answered(40);
  }
  asks = false;
  await Promise.all(clients);
  expect(failures).toEqual([]);
  expect(new Set(statuses)).toEqual(new Set([200]));
  const warm = await gateways[0]?.ask('/v1/chat/completions', chatRequest('Is it open?'));
  expect(warm?.headers['cache-status']).toMatch(/^askonce; hit/);
}, 90_000);
