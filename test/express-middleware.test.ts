/**
 * Middleware before and behind the cache of a route of Express keeps its sense.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { OutgoingMessage, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/express';
import compression from 'compression';
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import morgan from 'morgan';
import { describe, expect, it, vi } from 'vitest';
import { get, isHit, majors, serve } from './support/express.ts';

const text = 'the same text over and over '.repeat(200);
const zipped = { 'accept-encoding': 'gzip' };

describe.each(majors)('middleware of %s around the cache', (_, express) => {
  interface Around {
    readonly before?: readonly RequestHandler[];
    readonly behind?: readonly RequestHandler[];
    readonly handler?: (request: Request, response: Response) => unknown;
  }

  async function setUp({ before = [], behind = [], handler = (_, response) => response.send(text) }: Around) {
    const app = express();
    let runs = 0;
    for (const one of before) app.use(one);
    app.use(askonceEndpoint(createCache(), { ttl: 60 }));
    for (const one of behind) app.use(one);
    app.get('/', (request, response) => {
      runs += 1;
      return handler(request, response);
    });
    const base = await serve(app);
    return { base, runs: () => runs };
  }

  it('compression before the cache compresses each reply, and one answer serves all encodings', async () => {
    const { base, runs } = await setUp({ before: [compression()] });
    for (const hit of [false, true, true]) {
      const answer = await get(base, { headers: zipped });
      expect([answer.headers['content-encoding'], isHit(answer)]).toEqual(['gzip', hit]);
      expect(gunzipSync(answer.body).toString()).toBe(text);
      expect(answer.headers.vary).toBe('Accept-Encoding');
    }
    expect((await get(base)).text).toBe(text);
    expect(runs()).toBe(1);
  });

  it('compression behind the cache compresses once for each encoding', async () => {
    const { base, runs } = await setUp({ behind: [compression()] });
    for (const hit of [false, true]) {
      const answer = await get(base, { headers: zipped });
      expect([answer.headers['content-encoding'], isHit(answer)]).toEqual(['gzip', hit]);
      expect(gunzipSync(answer.body).toString()).toBe(text);
      const plain = await get(base);
      expect([plain.headers['content-encoding'], plain.text, isHit(plain)]).toEqual([undefined, text, hit]);
    }
    expect(runs()).toBe(2);
  });

  it('a session before the cache gives each client a cookie of its own', async () => {
    const { base, runs } = await setUp({
      before: [
        session({ secret: 'a secret of tests', resave: true, saveUninitialized: true, rolling: true }),
      ],
      // Without this word, an answer for a new session is that visitor's alone.
      handler: (_request, response) => response.set('Cache-Control', 'public, max-age=60').send(text),
    });
    const cookies = new Set<string>();
    for (const hit of [false, true, true]) {
      const answer = await get(base);
      expect([answer.text, isHit(answer)]).toEqual([text, hit]);
      cookies.add(String(answer.headers['set-cookie']));
    }
    expect(cookies.size).toBe(3);
    expect(cookies).not.toContain('undefined');
    expect(runs()).toBe(1);
  });

  it('a session behind the cache keeps its answers out of the store', async () => {
    const { base, runs } = await setUp({
      behind: [session({ secret: 'a secret of tests', resave: false, saveUninitialized: true })],
    });
    const answers = [await get(base), await get(base)];
    expect(new Set(answers.map(({ headers }) => String(headers['set-cookie']))).size).toBe(2);
    expect(answers.map(({ text: one }) => one)).toEqual([text, text]);
    expect(runs()).toBe(2);
  });

  it('a cookie that is set past the response’s own method keeps its answer out of the store', async () => {
    let visitors = 0;
    const { base, runs } = await setUp({
      before: [
        (_request, response, next) => {
          response.cookie('before', '1');
          next();
        },
      ],
      behind: [
        // As `cookie-session` does it: at the last moment, by Node's own method.
        (_request, response, next) => {
          const { writeHead } = response;
          response.writeHead = (...given: unknown[]) => {
            OutgoingMessage.prototype.setHeader.call(response, 'Set-Cookie', [`visitor=${++visitors}`]);
            return Reflect.apply(writeHead, response, given);
          };
          next();
        },
      ],
      handler: (_request, response) => response.send(`for ${visitors + 1}`),
    });
    for (const visitor of [1, 2]) {
      const answer = await get(base);
      expect([answer.text, isHit(answer)]).toEqual([`for ${visitor}`, false]);
      expect(answer.headers['set-cookie']).toEqual(['before=1; Path=/', `visitor=${visitor}`]);
    }
    expect(runs()).toBe(2);
  });

  it('a log before the cache has a line for each reply, and one behind it for each run', async () => {
    const replies: string[] = [];
    const runs: string[] = [];
    const log = (lines: string[]) =>
      morgan(':method :url :status :res[content-length] :res[x-own]', {
        stream: { write: (line) => void lines.push(line.trim()) },
      });
    const { base } = await setUp({
      before: [log(replies)],
      behind: [log(runs)],
      handler: (_, response) => response.status(203).set('X-Own', 'yes').send('logged'),
    });
    const first = await get(base);
    await get(base);
    await get(base, { headers: { 'if-none-match': first.headers.etag ?? '' } });
    await vi.waitUntil(() => replies.length === 3);
    expect(replies.slice(0, 2)).toEqual(['GET / 203 6 yes', 'GET / 203 6 yes']);
    expect(runs).toEqual(['GET / 203 6 yes']);
  });

  it.each(['no-store', 'private'])(
    'an answer that middleware has called %s is not stored',
    async (control) => {
      const { base, runs } = await setUp({
        before: [(_request, response, next) => next(void response.set('Cache-Control', control))],
      });
      for (const _ of [1, 2]) {
        const answer = await get(base);
        expect([isHit(answer), answer.headers['cache-control']]).toEqual([false, control]);
      }
      expect(runs()).toBe(2);
    },
  );

  it('answers differ by a header that middleware has named in Vary', async () => {
    const { base, runs } = await setUp({
      before: [(_request, response, next) => next(void response.set('Vary', 'X-Lang'))],
      handler: (request, response) => response.send(`in ${request.get('x-lang')}`),
    });
    for (const hit of [false, true])
      for (const language of ['de', 'he']) {
        const answer = await get(base, { headers: { 'x-lang': language } });
        expect([answer.text, isHit(answer)]).toEqual([`in ${language}`, hit]);
      }
    expect(runs()).toBe(2);
  });

  it('fields that are set before the cache are those of each request, unless they say what the answer is', async () => {
    let number = 0;
    const { base, runs } = await setUp({
      before: [
        (request, response, next) => {
          number += 1;
          response.set({ 'X-Request-Id': String(number), 'Content-Language': 'pt', Vary: 'Accept-Language' });
          response.cookie('seen', String(number));
          response.set('Access-Control-Allow-Origin', request.get('origin') ?? '*');
          next();
        },
      ],
      handler: (_, response) => {
        const id = response.get('X-Request-Id');
        response.vary('Accept').cookie('own', '1');
        return response.json([
          id,
          response.get('Content-Language'),
          response.getHeaderNames().includes('x-request-id'),
        ]);
      },
    });
    const first = await get(base, { headers: { origin: 'https://a.test' } });
    expect(first.text).toBe('["1","pt",true]');
    expect(first.headers).toMatchObject({
      'x-request-id': '1',
      'access-control-allow-origin': 'https://a.test',
      'content-language': 'pt',
      vary: 'Accept-Language, Accept',
      'set-cookie': ['seen=1; Path=/', 'own=1; Path=/'],
    });
    expect(runs()).toBe(1);
  });

  it('a field of each request is no part of the stored answer', async () => {
    let number = 0;
    const { base } = await setUp({
      before: [
        (_, response, next) => {
          number += 1;
          response.set('X-Request-Id', String(number));
          next();
        },
      ],
    });
    const answers = [await get(base), await get(base)];
    expect(answers.map((answer) => [answer.headers['x-request-id'], isHit(answer)])).toEqual([
      ['1', false],
      ['2', true],
    ]);
  });

  it('what middleware before the cache says of caching counts', async () => {
    const { base, runs } = await setUp({
      before: [
        (_, response, next) => {
          response.set('Cache-Control', 'no-store');
          next();
        },
      ],
    });
    const answers = [await get(base), await get(base)];
    expect(answers.map(({ headers }) => headers['cache-control'])).toEqual(['no-store', 'no-store']);
    expect(runs()).toBe(2);
  });

  it('middleware behind the cache changes the answer that is stored', async () => {
    const { base, runs } = await setUp({
      behind: [
        (_, response, next) => {
          const { end, json, writeHead } = response;
          Object.assign(response, {
            json: (value: unknown) => json.call(response, { wrapped: value }),
            writeHead(...given: unknown[]) {
              response.setHeader('X-Last', 'moment');
              return Reflect.apply(writeHead, response, given);
            },
            end: (...given: unknown[]) => Reflect.apply(end, response, given),
          });
          next();
        },
      ],
      handler: (_, response) => response.json(1),
    });
    for (const hit of [false, true]) {
      const answer = await get(base);
      expect([answer.text, answer.headers['x-last'], isHit(answer)]).toEqual([
        '{"wrapped":1}',
        'moment',
        hit,
      ]);
    }
    expect(runs()).toBe(1);
  });

  it('listeners of the response hear its events once, with the response as their this', async () => {
    const heard: unknown[] = [];
    const before = Promise.withResolvers<void>();
    const { base } = await setUp({
      before: [
        (_, response, next) => {
          response.on('finish', () => heard.push('reply')).on('close', before.resolve);
          next();
        },
      ],
      handler: (_, response) => {
        response.once('finish', function finished(this: unknown) {
          heard.push(this === response ? 'answer' : 'not the response');
        });
        const never = () => heard.push('never');
        response.on('finish', never).on('custom', (value) => heard.push(value));
        expect(response.listenerCount('finish')).toBe(2);
        response.off('finish', never).emit('custom', 'custom');
        expect([response.listenerCount('finish'), response.listeners('finish').length]).toEqual([1, 1]);
        response.send(text);
      },
    });
    await get(base);
    await before.promise;
    expect(heard).toEqual(['custom', 'answer', 'reply']);
  });

  it('the context of a request reaches its handler', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { base } = await setUp({
      before: [(request, _, next) => storage.run(request.get('x-id') ?? '', next)],
      handler: (_, response) => response.send(storage.getStore()),
    });
    expect((await get(base, { headers: { 'x-id': 'a' } })).text).toBe('a');
  });

  it('interim answers reach the client whose handler sends them', async () => {
    const { base } = await setUp({
      handler: (_, response) => {
        response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
        response.send('hinted');
      },
    });
    const sent = request(base, { agent: false }).end();
    const [[hint], [answer]] = await Promise.all([once(sent, 'information'), once(sent, 'response')]);
    expect([hint.statusCode, hint.headers.link, answer.statusCode]).toEqual([
      103,
      '</style.css>; rel=preload; as=style',
      200,
    ]);
    answer.resume();
  });
});
