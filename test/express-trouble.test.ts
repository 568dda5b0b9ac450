/**
 * Clients that leave and handlers that fail behind the cache of a route of Express.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/express';
import express from 'express';
import { describe, expect, it, vi } from 'vitest';
import { follow, get, isHit, serve } from './support/express.ts';
import { type Run, setUpRoute } from './support/express-route.ts';

/** The events of a handler's request and response that have been heard, in order. */
function endingsOf({ request, response }: Run) {
  const heard: string[] = [];
  for (const name of ['finish', 'close'] as const) response.on(name, () => heard.push(`response ${name}`));
  for (const name of ['aborted', 'close'] as const) request.on(name, () => heard.push(`request ${name}`));
  request.socket.on('close', () => heard.push('socket close'));
  return heard;
}

const soon = { timeout: 10_000, interval: 5 } as const;

describe('trouble of a route of Express behind the cache', () => {
  it('a leader that leaves takes nothing from those who follow it, and its handler does not hear of it', async () => {
    const { url, run, runs } = await setUpRoute();
    const leader = follow(url);
    const first = await run(0);
    const { request, response } = first;
    const heard = endingsOf(first);
    response.type('txt').write('one ');
    await leader.heard('one ');
    const joiner = follow(url);
    await joiner.heard('one ');
    leader.hangUp();
    await expect(leader.whole).rejects.toThrow();
    await vi.waitUntil(() => Reflect.get(request.socket, 'destroyed') === true, soon);
    expect([
      heard,
      request.destroyed,
      request.aborted,
      response.destroyed,
      response.socket?.writable,
    ]).toEqual([[], false, false, false, true]);
    await pipeline(Readable.from(['two ', 'three']), response);
    expect(await joiner.whole).toBe('one two three');
    await vi.waitUntil(() => heard.length > 2, soon);
    expect(heard).toEqual(['response finish', 'response close', 'request close', 'socket close']);
    expect([isHit(await get(url)), runs.length]).toEqual([true, 1]);
  });

  it('a handler for which no caller waits any more is stopped', async () => {
    const { url, run, clock } = await setUpRoute();
    const only = follow(url);
    const first = await run(0);
    const heard = endingsOf(first);
    const signal: unknown = Reflect.get(first.request, 'signal');
    first.response.type('txt').write('one ');
    await only.heard('one ');
    only.hangUp();
    await vi.waitUntil(() => Reflect.get(first.request.socket, 'destroyed') === true, soon);
    await vi.waitUntil(() => {
      clock.advance(10_000);
      return heard.length > 0;
    }, soon);
    expect(heard).toEqual(['response close', 'request aborted', 'request close', 'socket close']);
    expect(signal).toMatchObject({ aborted: true });
    expect([first.request.aborted, first.response.destroyed, first.response.write('more')]).toEqual([
      true,
      true,
      true,
    ]);
    const again = get(url);
    (await run(1)).response.send('again');
    expect((await again).text).toBe('again');
  });

  it('a handler that never answers is run again for the next who asks once its client has left', async () => {
    const { url, run, clock } = await setUpRoute();
    const only = follow(url);
    const first = await run(0);
    const heard = endingsOf(first);
    only.hangUp();
    await vi.waitUntil(() => {
      clock.advance(10_000);
      return heard.includes('response close');
    }, soon);
    const again = get(url);
    (await run(1)).response.send('again');
    expect((await again).text).toBe('again');
  });

  it.each([
    ['destroys its response', ({ response }) => response.destroy()],
    ['destroys the connection', ({ request }) => request.socket.destroy()],
    ['destroys its request', ({ request }) => request.destroy()],
    ['fails once it has written', ({ request }) => request.next?.(new Error('late'))],
  ] satisfies readonly (readonly [string, (run: Run) => unknown])[])(
    'the answer of a handler that %s breaks off, and is not stored',
    async (_, breakOff) => {
      const { url, run } = await setUpRoute();
      const reader = follow(url);
      const first = await run(0);
      first.response.app.set('env', 'test');
      first.response.set('Content-Length', '10').write('123');
      breakOff(first);
      await expect(reader.whole).rejects.toThrow();
      const again = get(url);
      (await run(1)).response.send('whole');
      expect((await again).text).toBe('whole');
    },
  );

  it.each([
    ['less', ''],
    ['more', '45678901234'],
  ])('an answer of %s bytes than its handler has stated is an error, and is not stored', async (_, rest) => {
    const { url, run } = await setUpRoute();
    const reader = get(url);
    (await run(0)).response.set('Content-Length', '10').write('123');
    (await run(0)).response.end(rest);
    expect([(await reader).status, (await reader).text]).toEqual([
      502,
      expect.stringContaining('The handler stated a Content-Length of 10'),
    ]);
    const again = get(url);
    (await run(1)).response.send('whole');
    expect((await again).text).toBe('whole');
  });

  it('a handler that destroys its response before it answers loses its client, as without the cache', async () => {
    const { url, run } = await setUpRoute();
    const reader = follow(url);
    (await run(0)).response.destroy();
    await expect(reader.head).rejects.toThrow();
  });

  it('a handler that answers twice has answered once', async () => {
    const { url, run } = await setUpRoute();
    const reader = get(url);
    const { response } = await run(0);
    const done: unknown[] = [];
    response.json(1);
    expect(() => response.json(2)).toThrow(/^Cannot set headers after they are sent/);
    expect(() => response.writeHead(500)).toThrow(expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' }));
    expect([
      response.headersSent,
      response.writableEnded,
      response.write('x', (error) => done.push(error)),
    ]).toEqual([true, true, false]);
    response.end('3', () => done.push('ended'));
    expect([(await reader).status, (await reader).text]).toEqual([200, '1']);
    expect(done).toEqual([expect.objectContaining({ code: 'ERR_STREAM_WRITE_AFTER_END' }), 'ended']);
    expect((await get(url)).text).toBe('1');
  });

  it('an error that a middleware for errors answers is the answer', async () => {
    const app = express();
    let runs = 0;
    app.use(askonceEndpoint(createCache()));
    app.get('/', async () => {
      runs += 1;
      await Promise.resolve();
      throw new Error('unlucky');
    });
    app.use(((error, _request, response, _next) => {
      response.status(503).json({ sorry: error.message });
    }) satisfies express.ErrorRequestHandler);
    const base = await serve(app);
    const [first, second] = [await get(base), await get(base)];
    expect([first.status, first.text]).toEqual([503, '{"sorry":"unlucky"}']);
    expect([second.text, runs]).toEqual([first.text, 2]);
  });
});
