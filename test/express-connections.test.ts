/**
 * Connections to an application of Express behind the cache: kept alive, pipelined, slow, and many.
 */
import { EventEmitter, once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect as connectSecond, createServer as createSecondServer } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/express';
import express from 'express';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { serve } from './support/express.ts';
import { collectGarbage } from './support/garbage.ts';

/** What a socket sends before it closes, if it is asked for this. */
async function raw(base: string, text: string): Promise<string> {
  const { port, hostname } = new URL(base);
  const socket = connect(Number(port), hostname);
  socket.write(text);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const line = (path: string, close = false): string =>
  `GET ${path} HTTP/1.1\r\nHost: test\r\n${close ? 'Connection: close\r\n' : ''}\r\n`;

describe('connections to an application of Express behind the cache', () => {
  it('pipelined requests are answered in their order, whether they are hits, misses or pass', async () => {
    const app = express();
    app.use(askonceEndpoint(createCache(), { routes: { '/live': false } }));
    app.get('/slow', async ({ query }, response) => {
      response.write(`slow ${String(query['n'])} `);
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      response.end('done');
    });
    app.get(['/fast', '/live'], (request, response) => void response.send(`fast ${request.url}`));
    const base = await serve(app);
    const paths = ['/slow?n=1', '/fast', '/slow?n=1', '/live', '/slow?n=2', '/fast', '/fast?last'];
    const answered = await raw(base, paths.map((path, at) => line(path, at === paths.length - 1)).join(''));
    const bodies = [...answered.matchAll(/slow \d |fast \S+?(?=HTTP|$)/g)].map(([body]) => body.trim());
    expect(bodies).toEqual([
      'slow 1',
      'fast /fast',
      'slow 1',
      'fast /live',
      'slow 2',
      'fast /fast',
      'fast /fast?last',
    ]);
  });

  it.each([
    ['GET', '/'],
    ['POST', '/'],
  ])('a handler of %s writes no faster than a client reads, beyond what may wait', async (method, path) => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const pieces = 2_000;
    let written = 0;
    const app = express();
    app.use(askonceEndpoint(createCache()));
    app.all('/', async (_, response) => {
      response.type('bin');
      for (; written < pieces; written++) if (!response.write(piece)) await once(response, 'drain');
      response.end();
    });
    const base = await serve(app);
    const sent = request(base + path, { method, agent: false }).end();
    const [answer] = await once(sent, 'response');
    // It is read no further until the handler has stood still for a while.
    let before = -1;
    await vi.waitUntil(
      () => {
        const still = before === written;
        before = written;
        return still;
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(written).toBeLessThan(pieces / 2);
    let length = 0;
    for await (const one of answer) length += one.length;
    expect([length, written]).toEqual([pieces * piece.length, pieces]);
  });

  it('ten thousand requests leave no listeners and no responses behind', async () => {
    const responses: WeakRef<ServerResponse>[] = [];
    const sockets = new Set<Socket>();
    const app = express();
    app.use((_, response, next) => {
      responses.push(new WeakRef(response));
      next();
    });
    app.use(askonceEndpoint(createCache()));
    app.all('/:n', (_, response) => void response.json({ some: 'thing' }));
    const server = createServer(app).listen(0, '127.0.0.1');
    server.on('connection', (socket: Socket) => sockets.add(socket));
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    onTestFinished(() => {
      agent.destroy();
      server.close();
      server.closeAllConnections();
    });
    async function ask(number: number): Promise<void> {
      const method = number % 100 === 0 ? 'POST' : 'GET';
      const sent = request({ port, host: '127.0.0.1', agent, method, path: `/${number % 1_000}` }).end();
      const [answer] = await once(sent, 'response');
      answer.resume();
      await once(answer, 'end');
    }
    const listeners = () =>
      [...sockets].map((socket) =>
        socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0),
      );
    for (let at = 0; at < 64; at += 8) await Promise.all(Array.from({ length: 8 }, (_, n) => ask(at + n)));
    const before = listeners();
    for (let at = 0; at < 10_000; at += 8)
      await Promise.all(Array.from({ length: 8 }, (_, n) => ask(at + n)));
    expect(listeners()).toEqual(before);
    await vi.waitUntil(
      () => {
        collectGarbage();
        return responses.filter((one) => one.deref() !== undefined).length < 50;
      },
      { timeout: 10_000, interval: 50 },
    );
    expect(responses.length).toBe(10_064);
  }, 120_000);
});

/** The middleware of a process that has not warned yet. */
async function firstMiddleware(): Promise<ReturnType<typeof askonceEndpoint>> {
  vi.resetModules();
  const fresh = await import('askonce/express');
  return fresh.askonceEndpoint<IncomingMessage>(createCache());
}

it('a response that is not of node:http passes without a warning of HTTP/2', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const middleware = await firstMiddleware();
  let passed = 0;
  // As tests of an application hand it objects that stand in for requests and responses.
  for (const request of [{ method: 'GET', url: '/a', headers: {} }, { httpVersionMajor: 1 }])
    Reflect.apply(middleware, undefined, [request, new EventEmitter(), () => passed++]);
  expect([passed, warned.mock.calls]).toEqual([2, []]);
});

it('a request over HTTP/2 passes, and a warning says so once', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const middleware = await firstMiddleware();
  let runs = 0;
  const server = createSecondServer((request, response) => {
    // As JavaScript calls it: the types allow a response of HTTP/1.1 alone.
    Reflect.apply(middleware, undefined, [request, response, () => response.end(`run ${++runs}`)]);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const session = connectSecond(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  onTestFinished(() => {
    session.close();
    server.close();
  });
  for (const method of ['GET', 'GET', 'POST']) {
    const stream = session.request({ ':method': method, ':path': '/a' });
    const [headers] = await once(stream, 'response');
    expect([await text(stream), headers['cache-status']]).toEqual([`run ${runs}`, undefined]);
  }
  expect(runs).toBe(3);
  expect(warned.mock.calls).toEqual([[expect.stringContaining('HTTP/2'), { code: 'ASKONCE_HTTP2' }]]);
});
