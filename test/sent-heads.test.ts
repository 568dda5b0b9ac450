/**
 * What middleware and hooks add while the head is being sent: an answer that is one client's alone by that is not shared.
 */
import { createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/express';
import { askonceEndpoint as fastifyEndpoint } from 'askonce/fastify';
import { askonceEndpoint as honoEndpoint } from 'askonce/hono';
import { fakeClock } from 'askonce/testing';
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import fastify, { type FastifyInstance } from 'fastify';
import { Hono, type MiddlewareHandler } from 'hono';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { get, isHit, majors, serve } from './support/express.ts';
import { gates } from './support/gates.ts';

/** Sets fields at the last moment, as `on-headers` lets middleware do it. */
function late(fields: (request: Request, response: Response) => Readonly<Record<string, string>>) {
  const middleware: RequestHandler = (request, response, next) => {
    const { writeHead } = response;
    response.writeHead = (...given: unknown[]) => {
      for (const [name, value] of Object.entries(fields(request, response)))
        if (!response.headersSent) response.setHeader(name, value);
      return Reflect.apply(writeHead, response, given);
    };
    next();
  };
  return middleware;
}

/** A cookie for each visitor that has none. */
const visitors = () => {
  let number = 0;
  return late(({ headers }) => (headers.cookie === undefined ? { 'Set-Cookie': `visitor=${++number}` } : {}));
};

describe.each(majors)('heads of %s', (_, express) => {
  async function setUp(before: RequestHandler, options: Parameters<typeof askonceEndpoint>[1] = {}) {
    const clock = fakeClock();
    const cache = createCache({ clock });
    const app = express();
    const gate = gates();
    let runs = 0;
    let control: string | undefined;
    app.use(before);
    app.use(askonceEndpoint(cache, { ttl: 60, ...options }));
    app.get(['/form', '/form/:id'], (_request, response) => {
      runs += 1;
      if (control !== undefined) response.set('Cache-Control', control);
      response.send(`run ${runs}`);
    });
    app.get('/slow', async (_request, response) => {
      runs += 1;
      const run = runs;
      await gate.wait(0);
      response.send(`run ${run}`);
    });
    const base = await serve(app);
    return {
      clock,
      cache,
      gate,
      base,
      runs: () => runs,
      say: (value: string) => {
        control = value;
      },
    };
  }

  it('a form that is made for a new session is that visitor’s alone', async () => {
    const { base } = await setUp(
      session({ secret: 'a secret of tests', resave: false, saveUninitialized: true }),
    );
    for (const run of [1, 2, 3]) {
      const answer = await get(`${base}/form`);
      expect([answer.text, isHit(answer)]).toEqual([`run ${run}`, false]);
      expect(answer.headers['set-cookie']).toHaveLength(1);
    }
  });

  it('a visitor whose session is not new is served a stored answer, also where new visitors come', async () => {
    const { base } = await setUp(visitors());
    await get(`${base}/form`);
    const headers = { cookie: 'visitor=7' };
    const first = await get(`${base}/form`, { headers });
    expect([first.text, first.headers['set-cookie']]).toEqual(['run 2', undefined]);
    await get(`${base}/form`);
    const hit = await get(`${base}/form`, { headers });
    expect([hit.text, isHit(hit)]).toEqual(['run 2', true]);
  });

  it('visitors who wait for one run do not get the answer of another’s new session', async () => {
    const { base, gate, runs } = await setUp(visitors());
    const all = Promise.all(Array.from({ length: 5 }, () => get(`${base}/slow`)));
    await vi.waitUntil(() => runs() === 1);
    gate.open(1);
    const answers = await all;
    expect(new Set(answers.map(({ text }) => text)).size).toBe(5);
    expect(new Set(answers.map(({ headers }) => String(headers['set-cookie']))).size).toBe(5);
  });

  it.each([['private'], ['no-store']])(
    'an answer that is called %s at the last moment is not stored',
    async (control) => {
      const { base } = await setUp(late(() => ({ 'Cache-Control': control })));
      for (const run of [1, 2, 3]) expect((await get(`${base}/form`)).text).toBe(`run ${run}`);
    },
  );

  it('an answer that varies by everything at the last moment is not stored', async () => {
    const { base } = await setUp(late(() => ({ Vary: '*' })));
    for (const run of [1, 2, 3]) expect((await get(`${base}/form`)).text).toBe(`run ${run}`);
  });

  it('a cookie that earlier middleware has set before the handler runs counts as well', async () => {
    const { base } = await setUp((_request, response, next) => {
      response.cookie('token', '1');
      next();
    });
    for (const run of [1, 2]) expect((await get(`${base}/form`)).text).toBe(`run ${run}`);
  });

  it('other fields that are set at the last moment leave an answer shared', async () => {
    const { base } = await setUp(late(() => ({ 'X-Response-Time': '1' })));
    const answers = [await get(`${base}/form`), await get(`${base}/form`)];
    expect(answers.map(({ cacheStatus }) => cacheStatus)).toEqual([
      'askonce; fwd=miss; stored',
      'askonce; hit; ttl=60; detail="memory"',
    ]);
  });

  it('an answer that says public is shared without the cookies of the replies', async () => {
    const { base, say } = await setUp(visitors());
    say('public, max-age=60');
    for (const [visitor, hit] of [
      [1, false],
      [2, true],
    ] as const) {
      const answer = await get(`${base}/form`);
      expect([answer.text, isHit(answer), answer.headers['set-cookie']]).toEqual([
        'run 1',
        hit,
        [`visitor=${visitor}`],
      ]);
    }
  });

  it('an answer that was stored before its head was sent is removed', async () => {
    const { base, cache } = await setUp(visitors());
    const [answer] = [await get(`${base}/form`)];
    expect(answer.cacheStatus).toBe('askonce; fwd=miss; stored');
    await vi.waitUntil(async () => {
      for await (const batch of cache.entries())
        if (batch.some(({ key }) => key.includes(':api:'))) return false;
      return true;
    });
  });

  it('a remembered route stores nothing before the head is sent, and is forgotten after a hundred heads that add nothing', async () => {
    const { base } = await setUp(visitors());
    await get(`${base}/form/0`);
    const read = (id: number) => get(`${base}/form/${id}`, { headers: { cookie: 'visitor=7' } });
    for (let id = 1; id <= 100; id += 1) expect((await read(id)).cacheStatus).toBe('askonce; fwd=miss');
    expect((await read(101)).cacheStatus).toBe('askonce; fwd=miss; stored');
    for (const id of [1, 100, 101]) expect(isHit(await read(id))).toBe(true);
  });

  it('a refresh that is made for a client with a new session is not stored', async () => {
    const { base, clock, say, runs } = await setUp(visitors(), {
      staleWhileRevalidate: 600,
      sharesCredentials: true,
    });
    say('max-age=60');
    const known = { headers: { cookie: 'visitor=7' } };
    expect((await get(`${base}/form`, known)).text).toBe('run 1');
    clock.advance(120_000);
    expect((await get(`${base}/form`)).text).toBe('run 1');
    await vi.waitUntil(() => runs() === 2);
    expect((await get(`${base}/form`, known)).text).toBe('run 1');
    // Long enough that a refresh which stored nothing is tried again.
    clock.advance(120_000);
    const texts = new Set<string>();
    await vi.waitUntil(async () => texts.add((await get(`${base}/form`, known)).text).has('run 3'));
    expect(texts).not.toContain('run 2');
  });
});

describe('heads of Fastify', () => {
  async function setUp(add: (app: FastifyInstance) => unknown, order: 'before' | 'after') {
    const cache = createCache({ clock: fakeClock() });
    const app = fastify();
    let runs = 0;
    if (order === 'before') await add(app);
    await app.register(fastifyEndpoint(cache, { ttl: 60 }));
    if (order === 'after') await add(app);
    app.get('/form', async () => `run ${++runs}`);
    const base = await app.listen({ port: 0, host: '127.0.0.1' });
    onTestFinished(async () => {
      await app.close();
      await cache.close();
    });
    return base;
  }

  it.each(['before', 'after'] as const)(
    'a cookie that a hook sets on the client’s reply alone keeps the answer from others (%s)',
    async (order) => {
      const seen = new WeakSet<object>();
      let number = 0;
      const base = await setUp((app) => {
        app.addHook('onSend', async (request, reply) => {
          // The second time it is the client's own reply.
          if (seen.has(request)) reply.header('set-cookie', `visitor=${++number}`);
          seen.add(request);
        });
      }, order);
      for (const run of [1, 2, 3]) {
        const answer = await get(`${base}/form`);
        expect([answer.text, isHit(answer), answer.headers['set-cookie']]).toEqual([
          `run ${run}`,
          false,
          [`visitor=${run}`],
        ]);
      }
    },
  );

  it('a cookie that a hook has set before the handler keeps the answer from others', async () => {
    let number = 0;
    const base = await setUp((app) => {
      app.addHook(
        'onRequest',
        async (_request, reply) => void reply.header('set-cookie', `visitor=${++number}`),
      );
    }, 'before');
    for (const run of [1, 2, 3]) expect((await get(`${base}/form`)).text).toBe(`run ${run}`);
  });

  it('a cookie that is set on the raw response keeps the answer from others', async () => {
    const base = await setUp((app) => {
      app.addHook('onRequest', async ({ raw }, reply) => {
        if (raw.headers.cookie === undefined) reply.raw.setHeader('Set-Cookie', 'visitor=1');
      });
    }, 'before');
    for (const run of [1, 2]) expect((await get(`${base}/form`)).text).toBe(`run ${run}`);
    const headers = { cookie: 'visitor=1' };
    for (const hit of [false, true]) {
      const answer = await get(`${base}/form`, { headers });
      expect([answer.text, isHit(answer)]).toEqual(['run 3', hit]);
    }
  });
});

describe('heads of Hono', () => {
  function setUp(before: MiddlewareHandler) {
    const cache = createCache({ clock: fakeClock() });
    onTestFinished(() => cache.close());
    const app = new Hono();
    let runs = 0;
    app.use(before);
    app.use(honoEndpoint(cache, { ttl: 60 }));
    app.get('/form', (c) => c.text(`run ${++runs}`));
    return async (cookie?: string) => {
      const response = await app.request('/form', { headers: cookie === undefined ? {} : { cookie } });
      return {
        text: await response.text(),
        from: response.headers.get('cache-status'),
        headers: response.headers,
      };
    };
  }

  it.each([
    ['before', true],
    ['after', false],
  ])(
    'a cookie that middleware sets %s it calls the cache keeps the answer from others',
    async (_, isEarly) => {
      let number = 0;
      const ask = setUp(async (c, next) => {
        const add = () => {
          if (c.req.header('cookie') === undefined) c.header('set-cookie', `visitor=${++number}`);
        };
        if (isEarly) add();
        await next();
        if (!isEarly) add();
      });
      for (const run of [1, 2, 3]) {
        const answer = await ask();
        expect([answer.text, answer.headers.getSetCookie()]).toEqual([`run ${run}`, [`visitor=${run}`]]);
      }
      expect(await ask('visitor=1')).toMatchObject({ text: 'run 4' });
      expect(await ask('visitor=1')).toMatchObject({ text: 'run 4', from: expect.stringContaining('hit') });
    },
  );
});
