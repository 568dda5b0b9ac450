/**
 * What a handler of Express answers with is what its readers get, from it or from the cache.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/express';
import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { type Answered, get, isHit, majors, serve } from './support/express.ts';

const page = new URL('../package.json', import.meta.url).pathname;

/** The ways in which handlers answer, each with the header fields that it sets. */
const ways: Readonly<Record<string, (request: Request, response: Response) => unknown>> = {
  json: (_, response) => response.json({ city: 'Lisbon' }),
  'send of text': (_, response) => response.send('a text'),
  'send of bytes': (_, response) => response.type('png').send(Buffer.from([1, 2, 3])),
  'a file': (_, response) => response.sendFile(page, { maxAge: '1h' }),
  'a download': (_, response) => response.download(page, 'p.json', { maxAge: '1h' }),
  'a piped stream': (_, response) => void Readable.from(['one ', 'two ', 'three']).pipe(response.type('txt')),
  'a pipeline': (_, response) => pipeline(Readable.from(['one ', 'two ', 'three']), response.type('txt')),
  'a rendered page': ({ app }, response) => {
    app.engine('txt', (_path, _options, done) => done(null, '<p>rendered</p>'));
    app.set('view engine', 'txt');
    app.set('views', new URL('./express-views', import.meta.url).pathname);
    response.render('page');
  },
  'a head, and pieces as bytes and text': (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'X-One': 'a' });
    response.write(Buffer.from('one '));
    response.write('dHdv', 'base64');
    response.end(' three', 'latin1');
  },
  'a head as a list': (_, response) => {
    response.writeHead(200, ['Content-Type', 'text/plain', 'X-One', 'a', 'X-One', 'b']).end('listed');
  },
  'fields set in every way': (_, response) => {
    response.setHeader('X-One', ['a', 'b']).appendHeader('x-two', 'c').append('X-Two', 'd');
    response.setHeaders(new Map([['x-three', 'e']]));
    response.vary('Accept').links({ next: '/2' }).type('text/plain');
    response.removeHeader('X-One');
    response.end('done');
  },
  nothing: (_, response) => response.status(204).end(),
  'an empty body': (_, response) => response.end(),
};

/** Ways of answers that no route's lifetime is for. */
const unstored: typeof ways = {
  'a status and its text': (_, response) => response.sendStatus(404),
  'a redirect': (_, response) => response.redirect(302, '/elsewhere'),
  'an error that is thrown': () => {
    throw Object.assign(new Error('not here'), { status: 410, expose: true });
  },
  'an error that is passed on': (request) => request.next?.(new Error('broken')),
  'a rejected promise of a handler for Express 5': async (request) => request.next?.(new Error('late')),
  'no handler at all': (request) => request.next?.(),
};

/** Fields that each reply has of its own. */
const own = [
  'age',
  'cache-status',
  'connection',
  'date',
  'keep-alive',
  'transfer-encoding',
  'etag',
  'content-length',
];

type Way = (typeof ways)[string];

describe.each(majors)('answers of %s', (_, express) => {
  /** The answer of a handler alone, then twice that of the same handler behind the cache. */
  async function answersOf(way: Way) {
    const app = express().set('env', 'test');
    let runs = 0;
    app.get('/bare', way);
    app.get('/cach', askonceEndpoint(createCache(), { ttl: 60 }), (request, response) => {
      runs += 1;
      return way(request, response);
    });
    const base = await serve(app);
    const bare = await get(`${base}/bare`);
    const cached = [await get(`${base}/cach`), await get(`${base}/cach`)];
    const shown = ({ status, headers, text }: Answered) => ({
      status,
      headers: Object.entries(headers)
        .filter(([name]) => !own.includes(name))
        .toSorted(),
      text: text.replaceAll('/cach', '/bare').replaceAll(/&nbsp;.*/g, ''),
    });
    for (const one of cached) {
      expect(shown(one)).toEqual(shown(bare));
      if (bare.headers.etag !== undefined) expect(one.headers.etag).toBe(bare.headers.etag);
    }
    return { hits: cached.map(isHit), runs };
  }

  it.each(Object.entries(ways))('an answer by %s is replayed as the handler wrote it', async (_, way) => {
    expect(await answersOf(way)).toEqual({ hits: [false, true], runs: 1 });
  });

  it.each(Object.entries(unstored))(
    'an answer by %s reaches its client as without the cache',
    async (_, way) => {
      expect(await answersOf(way)).toEqual({ hits: [false, false], runs: 2 });
    },
  );
});
