/**
 * Writes to routes of Express: what they make outdated is invalidated before their answers leave.
 */
import { once } from 'node:events';
import { AskonceError, createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/express';
import express, { type Request, type Response } from 'express';
import { describe, expect, it, vi } from 'vitest';
import { follow, get, isHit, send, serve } from './support/express.ts';

type Handler = (request: Request, response: Response) => unknown;

/** Things that can be read and written; the handler of writes is the test's. */
async function setUp(write: Handler = (_, response) => response.json({ done: true })) {
  const cache = createCache();
  const app = express();
  let version = 0;
  app.use(
    askonceEndpoint(cache, {
      routes: { '/things': {}, '/things/:id': {}, '/others': { invalidateOn: ['POST /things'] } },
    }),
  );
  app.use(express.json());
  app.get(['/things', '/things/:id', '/others'], (_, response) => {
    version += 1;
    response.json({ version });
  });
  app.all('/things{/:id}', write);
  const base = await serve(app);
  const urls = [`${base}/things`, `${base}/things/1`, `${base}/others`];
  for (const url of urls) await get(url);
  /** Which of the answers are still stored. */
  async function stored() {
    const answers: boolean[] = [];
    for (const url of urls) answers.push(isHit(await get(url)));
    return answers;
  }
  return { cache, base, things: `${base}/things`, stored };
}

describe('writes to routes of Express', () => {
  it('a write that succeeds invalidates the answers of its route, and of the routes that name it', async () => {
    const { things, stored } = await setUp((request, response) => response.status(201).json(request.body));
    expect(await stored()).toEqual([true, true, true]);
    const answer = await send(things, { method: 'POST', json: { name: 'a' } });
    expect([answer.status, answer.text, answer.cacheStatus]).toEqual([201, '{"name":"a"}', '']);
    expect(await stored()).toEqual([false, true, false]);
    await send(`${things}/1`, { method: 'PUT', json: {} });
    expect(await stored()).toEqual([true, false, true]);
  });

  it('a write that fails invalidates nothing', async () => {
    const { things, stored } = await setUp((_, response) => response.status(409).json({ error: 'taken' }));
    expect((await send(things, { method: 'POST', json: {} })).text).toBe('{"error":"taken"}');
    expect(await stored()).toEqual([true, true, true]);
  });

  it('the place that an answer names is invalidated', async () => {
    const { things, stored } = await setUp((_, response) => response.location('/things/1').sendStatus(201));
    await send(things, { method: 'POST', json: {} });
    expect(await stored()).toEqual([false, false, false]);
  });

  it('an answer waits until what it makes outdated is invalidated', async () => {
    const { cache, things, stored } = await setUp();
    const began = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { invalidate } = cache;
    vi.spyOn(cache, 'invalidate').mockImplementation(async (selector) => {
      began.resolve();
      await goOn.promise;
      return await invalidate(selector);
    });
    const written = follow(things, {}, 'POST');
    let isAnswered = false;
    void written.head.then(() => {
      isAnswered = true;
    });
    await began.promise;
    await get(`${things}/none`);
    expect(isAnswered).toBe(false);
    goOn.resolve();
    expect(await written.whole).toBe('{"done":true}');
    expect(await stored()).toEqual([false, true, false]);
  });

  it('a write is answered with 503 if what it makes outdated cannot be invalidated', async () => {
    const closed = Promise.withResolvers<void>();
    const { cache, things } = await setUp((_, response) => {
      response.on('close', closed.resolve).set('X-Thing', '1').cookie('a', 'b').json({ done: true });
    });
    vi.spyOn(cache, 'invalidate').mockRejectedValue(
      new AskonceError('invalidation_failed', 'The store is out of reach; try again.'),
    );
    const { status, text, headers } = await send(things, { method: 'POST', json: {} });
    expect([status, JSON.parse(text)]).toEqual([
      503,
      { error: { code: 'invalidation_failed', message: 'The store is out of reach; try again.' } },
    ]);
    expect([headers['x-thing'], headers['set-cookie'], headers['cache-control']]).toEqual([
      undefined,
      undefined,
      'no-store',
    ]);
    await closed.promise;
  });

  it('a stream is passed on once its head has invalidated, and ends once it has invalidated again', async () => {
    const responses: Response[] = [];
    const { cache, things, stored } = await setUp((_, response) => void responses.push(response));
    const invalidate = vi.spyOn(cache, 'invalidate');
    const written = follow(things, {}, 'POST');
    await vi.waitUntil(() => responses.length > 0);
    const [response] = responses;
    response?.type('text/event-stream').write('data: 1\n\n');
    await written.heard('data: 1\n\n');
    expect(invalidate).toHaveBeenCalledTimes(1);
    expect(await stored()).toEqual([false, true, false]);
    response?.end('data: 2\n\n');
    expect(await written.whole).toBe('data: 1\n\ndata: 2\n\n');
    expect(invalidate).toHaveBeenCalledTimes(2);
    expect(await stored()).toEqual([false, true, false]);
  });

  it('a write whose client leaves invalidates all the same, and its handler hears that it has left', async () => {
    const responses: Response[] = [];
    const { things, stored } = await setUp((_, response) => void responses.push(response));
    const written = follow(things, {}, 'POST');
    await vi.waitUntil(() => responses.length > 0);
    const [response] = responses;
    if (response === undefined) throw new Error('there is no response');
    const left = once(response, 'close');
    written.hangUp();
    await left;
    expect([response.destroyed, response.headersSent]).toEqual([true, false]);
    response.json({ done: true });
    await vi.waitUntil(async () => JSON.stringify(await stored()) === '[false,true,false]');
    expect(response.writableEnded).toBe(true);
  });

  it('a write sees its preconditions, and its large body', async () => {
    const { things } = await setUp((request, response) =>
      response.json([request.get('if-match'), request.body.text.length]),
    );
    const answer = await send(things, {
      method: 'PUT',
      headers: { 'if-match': '"v1"' },
      json: { text: 'x'.repeat(90_000) },
    });
    expect(answer.text).toBe('["\\"v1\\"",90000]');
  });

  it('an answer without a body ends', async () => {
    const finished = Promise.withResolvers<void>();
    const { things } = await setUp((_, response) => response.on('finish', finished.resolve).sendStatus(204));
    expect((await send(things, { method: 'DELETE' })).status).toBe(204);
    await finished.promise;
  });
});
