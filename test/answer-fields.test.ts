/**
 * Fields that say what an answer is are part of it wherever they were set, alike in all frameworks.
 */
import { createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/express';
import { askonceEndpoint as fastifyEndpoint } from 'askonce/fastify';
import { askonceEndpoint as honoEndpoint } from 'askonce/hono';
import { fakeClock } from 'askonce/testing';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { expect, it, onTestFinished } from 'vitest';
import { type Answered, get, isHit, serve } from './support/express.ts';

type Fields = Readonly<Record<string, string>>;
type Ask = () => Promise<Pick<Answered, 'headers' | 'cacheStatus'>>;

const clock = fakeClock();

/** Applications whose middleware sets these fields for the first request alone. */
const frameworks: Readonly<Record<string, (fields: Fields, status: number) => Promise<Ask>>> = {
  async Express(fields, status) {
    const app = express();
    const once = firstOnly(fields);
    app.use((_request, response, next) => {
      response.set(once());
      next();
    });
    app.get('/', askonceEndpoint(opened(), { ttl: 600 }), (_request, response) => {
      response.status(status).send('text');
    });
    const base = await serve(app);
    return () => get(`${base}/`);
  },
  async Fastify(fields, status) {
    const app = fastify();
    const once = firstOnly(fields);
    app.addHook('onRequest', async (_request, reply) => void reply.headers(once()));
    await app.register(fastifyEndpoint(opened(), { ttl: 600 }));
    app.get('/', async (_request, reply) => reply.code(status).send('text'));
    const base = await app.listen({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => app.close());
    return () => get(`${base}/`);
  },
  async Hono(fields, status) {
    const app = new Hono();
    const once = firstOnly(fields);
    app.use(async (c, next) => {
      for (const [name, value] of Object.entries(once())) c.header(name, value);
      await next();
    });
    app.use(honoEndpoint(opened(), { ttl: 600 }));
    // By the context: Hono adds to its responses alone what middleware has set.
    app.get('/', (c) => (status === 301 ? c.body('text', 301) : c.body('text')));
    return async () => {
      const response = await app.request('/');
      await response.text();
      const headers = Object.fromEntries(response.headers);
      return { headers, cacheStatus: headers['cache-status'] ?? '' };
    };
  },
};

function opened() {
  const cache = createCache({ clock });
  onTestFinished(() => cache.close());
  return cache;
}

function firstOnly(fields: Fields): () => Fields {
  let isFirst = true;
  return () => {
    const now = isFirst ? fields : {};
    isFirst = false;
    return now;
  };
}

const date = new Date(clock.now() - 100_000).toUTCString();

it.each(
  Object.keys(frameworks).flatMap((framework) =>
    [
      ['cdn-cache-control', 'max-age=60', 200],
      ['content-disposition', 'attachment; filename="a.txt"', 200],
      ['content-range', 'bytes */4', 200],
      ['date', date, 200],
      ['location', '/elsewhere', 301],
    ].map(([name, value, status]) => [framework, String(name), String(value), Number(status)] as const),
  ),
)('%s: %s of earlier middleware is stored with the answer', async (framework, name, value, status) => {
  // A redirect is stored only if it states a lifetime.
  const control: Fields = status === 301 ? { 'cache-control': 'max-age=600' } : {};
  const ask = await frameworks[framework]?.({ ...control, [name]: value }, status);
  const answers = [await ask?.(), await ask?.()];
  expect(answers.map((answer) => answer?.headers[name])).toEqual([value, value]);
  expect(answers.map((answer) => answer && isHit(answer))).toEqual([false, true]);
});

it.each(Object.keys(frameworks))(
  '%s: an Age of earlier middleware counts, and is not repeated',
  async (framework) => {
    const ask = await frameworks[framework]?.({ age: '500' }, 200);
    await ask?.();
    const hit = await ask?.();
    expect([hit?.headers['age'], hit?.cacheStatus]).toEqual(['500', expect.stringContaining('hit; ttl=100')]);
  },
);
