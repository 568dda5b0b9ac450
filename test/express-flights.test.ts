/**
 * Hits, flights and stale answers of a route of Express.
 */
import { once } from 'node:events';
import compression from 'compression';
import { describe, expect, it, vi } from 'vitest';
import { follow, get, isHit } from './support/express.ts';
import { setUpRoute } from './support/express-route.ts';

describe('a route of Express behind the cache', () => {
  it('a hundred requests at a time run the handler once', async () => {
    const { url, run, runs } = await setUpRoute();
    const all = Array.from({ length: 100 }, () => get(url));
    const { response } = await run(0);
    response.json({ news: 'one' });
    const answers = await Promise.all(all);
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['{"news":"one"}']));
    expect(runs.length).toBe(1);
    expect(isHit(await get(url))).toBe(true);
  });

  it.each([
    ['alone', []],
    ['behind compression', [compression({ threshold: 0 })]],
  ])('a stream %s reaches its leader, followers and late joiners as it is written', async (_, before) => {
    const { url, run, runs } = await setUpRoute({}, before);
    const leader = follow(url);
    const { response } = await run(0);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    expect((await leader.head).headers['content-type']).toBe('text/event-stream');
    response.write('data: 1\n\n');
    await leader.heard('data: 1\n\n');
    const joiner = follow(url);
    await joiner.heard('data: 1\n\n');
    response.write('data: 2\n\n');
    await leader.heard('data: 1\n\ndata: 2\n\n');
    await joiner.heard('data: 1\n\ndata: 2\n\n');
    response.end('data: 3\n\n');
    expect(await joiner.whole).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
    expect(await leader.whole).toBe(await joiner.whole);
    expect(runs.length).toBe(1);
    expect((await get(url)).text).toBe(await leader.whole);
  });

  it('events leave compression as they are written', async () => {
    const { url, run } = await setUpRoute({}, [compression({ threshold: 0 })]);
    const events = await Promise.all([
      fetch(url, { headers: { 'accept-encoding': 'gzip' } }),
      run(0).then(({ response }) => response.type('text/event-stream').write('data: 1\n\n')),
    ]);
    const [answer] = events;
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe('data: 1\n\n');
    (await run(0)).response.end();
    expect((await reader?.read())?.done).toBe(true);
  });

  it.each([
    ['by itself', []],
    ['behind compression', [compression({ threshold: 0 })]],
  ])('a stale answer is served at once %s, and the handler runs behind it', async (_, before) => {
    const { url, run, runs, clock } = await setUpRoute({ staleWhileRevalidate: 600 }, before);
    const headers = { 'accept-encoding': 'gzip' };
    const first = get(url, { headers });
    (await run(0)).response.set('X-Of', 'first').send('first');
    expect((await first).status).toBe(200);
    clock.advance(90_000);
    const stale = await get(url, { headers });
    expect([isHit(stale), stale.headers['x-of']]).toEqual([true, 'first']);
    const { request, response } = await run(1);
    expect([
      response.statusCode,
      response.headersSent,
      response.writableEnded,
      response.getHeader('x-of'),
    ]).toEqual([200, false, false, undefined]);
    expect([request.params['id'], request.destroyed, request.ip]).toEqual(['1', false, '127.0.0.1']);
    const finished = once(response, 'finish');
    response.send('second');
    await finished;
    await vi.waitUntil(async () => (await get(url)).text === 'second', { timeout: 10_000, interval: 5 });
    expect(runs.length).toBe(2);
  });

  it('a client that has the answer gets 304, and what is stored is whole', async () => {
    const { url, run, runs } = await setUpRoute();
    const first = get(url, {
      headers: { 'if-none-match': '"other"', 'if-modified-since': 'Sun, 01 Nov 2026 00:00:00 GMT' },
    });
    const { request, response } = await run(0);
    expect([request.headers['if-none-match'], request.get('If-Modified-Since'), request.fresh]).toEqual([
      undefined,
      undefined,
      false,
    ]);
    response.set('Last-Modified', 'Sat, 01 Jan 2000 00:00:00 GMT').json({ whole: true });
    expect((await first).text).toBe('{"whole":true}');
    const etag = (await first).headers.etag ?? '';
    const again = await get(url, { headers: { 'if-none-match': etag } });
    expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag]);
    expect((await get(url)).text).toBe('{"whole":true}');
    expect(runs.length).toBe(1);
  });

  it('the first client may have the answer already', async () => {
    const { url, run } = await setUpRoute();
    const first = get(url, { headers: { 'if-none-match': '"v1"' } });
    (await run(0)).response.set('ETag', '"v1"').send('the first version');
    expect((await first).status).toBe(304);
    expect((await get(url)).text).toBe('the first version');
  });

  it('a stale answer is confirmed by the validator that Express gives it, and served whole', async () => {
    const { url, run, clock } = await setUpRoute();
    const first = get(url);
    (await run(0)).response.json({ news: 'one' });
    const { etag } = (await first).headers;
    clock.advance(90_000);
    const second = get(url);
    const { request, response } = await run(1);
    expect(request.headers['if-none-match']).toBe(etag);
    response.json({ news: 'one' });
    expect(response.statusCode).toBe(304);
    expect([(await second).status, (await second).text, (await second).headers.etag]).toEqual([
      200,
      '{"news":"one"}',
      etag,
    ]);
    expect(isHit(await get(url))).toBe(true);
  });

  it('an answer that varies is stored for each value', async () => {
    const { url, run, runs } = await setUpRoute();
    for (const [number, language] of ['en', 'pt'].entries()) {
      const asked = get(url, { headers: { 'accept-language': language } });
      (await run(number)).response.vary('Accept-Language').send(language);
      expect((await asked).text).toBe(language);
    }
    for (const language of ['en', 'pt', 'en']) {
      const { text, headers } = await get(url, { headers: { 'accept-language': language } });
      expect([text, headers.vary]).toEqual([language, 'Accept-Language']);
    }
    expect(runs.length).toBe(2);
  });

  it('users never share an answer', async () => {
    const { url, run, runs } = await setUpRoute({ user: (request) => request.get('x-user') });
    const ada = get(url, { headers: { 'x-user': 'ada' } });
    (await run(0)).response.send('for ada');
    const bob = get(url, { headers: { 'x-user': 'bob' } });
    (await run(1)).response.send('for bob');
    expect([(await ada).text, (await bob).text]).toEqual(['for ada', 'for bob']);
    const again = await get(url, { headers: { 'x-user': 'ada' } });
    expect([again.text, isHit(again), runs.length]).toEqual(['for ada', true, 2]);
  });

  it('HEAD gets the head of the stored answer, and is asked of the handler if there is none', async () => {
    const { url, run, runs } = await setUpRoute();
    const head = get(url, { method: 'HEAD' });
    const first = await run(0);
    expect(first.request.method).toBe('HEAD');
    first.response.json({ a: 1 });
    expect([(await head).status, (await head).text, (await head).headers['content-length']]).toEqual([
      200,
      '',
      '7',
    ]);
    const body = get(url);
    (await run(1)).response.json({ a: 1 });
    expect((await body).text).toBe('{"a":1}');
    const again = await get(url, { method: 'HEAD' });
    expect([again.status, again.headers['content-length'], isHit(again), runs.length]).toEqual([
      200,
      '7',
      true,
      2,
    ]);
  });

  it('a part of an answer is asked of the handler', async () => {
    const { url, run } = await setUpRoute();
    const asked = get(url, { headers: { range: 'bytes=0-1' } });
    const { request, response } = await run(0);
    expect(request.headers.range).toBe('bytes=0-1');
    response.send('a part');
    expect((await asked).cacheStatus).toBe('');
  });
});
