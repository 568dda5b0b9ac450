/**
 * Two applications that share a Redis: of one framework or of two.
 */
import { createAdaptorServer } from '@hono/node-server';
import { createCache } from 'askonce';
import { askonceEndpoint as expressEndpoint } from 'askonce/express';
import { askonceEndpoint as fastifyEndpoint } from 'askonce/fastify';
import { askonceEndpoint as honoEndpoint } from 'askonce/hono';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { expect, it, onTestFinished } from 'vitest';
import { get } from './support/endpoint-clients.ts';
import { serve } from './support/express.ts';
import { type Gates, gates } from './support/gates.ts';
import { sharedRedis } from './support/redis-server.ts';
import { ownKeys, storeOn } from './support/redis-stores.ts';
import { describeWithService } from './support/service-suites.ts';

interface Served {
  readonly url: string;
  readonly runs: () => number;
}

async function sharedCache(prefix: string) {
  const store = await storeOn({ url: sharedRedis(), prefix });
  // No test is about the machine's speed: a look that takes longer than its budget would lead a flight of its own.
  const settings = { cachePrefix: prefix, secret: 'the same in both', storeBudgetMs: 10_000 };
  const cache = createCache({ store, settings });
  onTestFinished(() => cache.close());
  return cache;
}

/** The pattern is the same in both frameworks, and so is what clients see. */
async function onFastify(prefix: string, gate: Gates): Promise<Served> {
  const cache = await sharedCache(prefix);
  const app = fastify({ forceCloseConnections: true });
  let runs = 0;
  await app.register(fastifyEndpoint(cache));
  app.get<{ Params: { id: string } }>('/users/:id', async ({ params }, reply) => {
    runs += 1;
    await gate.wait(0);
    return reply.type('text/plain').send(`user ${params.id}`);
  });
  app.put('/users/:id', async () => 'written');
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return { url, runs: () => runs };
}

async function onExpress(prefix: string, gate: Gates): Promise<Served> {
  const cache = await sharedCache(prefix);
  const app = express();
  let runs = 0;
  app.get('/users/:id', expressEndpoint(cache), async ({ params }, response) => {
    runs += 1;
    await gate.wait(0);
    response.type('text/plain').send(`user ${params.id}`);
  });
  app.put('/users/:id', expressEndpoint(cache), (_, response) => void response.send('written'));
  return { url: await serve(app), runs: () => runs };
}

async function onHono(prefix: string, gate: Gates): Promise<Served> {
  const cache = await sharedCache(prefix);
  const app = new Hono();
  let runs = 0;
  app.use(honoEndpoint(cache));
  app.get('/users/:id', async (c) => {
    runs += 1;
    await gate.wait(0);
    return c.text(`user ${c.req.param('id')}`);
  });
  app.put('/users/:id', (c) => c.text('written'));
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, runs: () => runs };
}

describeWithService('redis', 'two applications that share a Redis', () => {
  it.each([
    ['Fastify and Fastify', onFastify, onFastify],
    ['Hono and Hono', onHono, onHono],
    ['Express and Express', onExpress, onExpress],
    ['Fastify and Hono', onFastify, onHono],
    ['Express and Fastify', onExpress, onFastify],
  ] as const)('%s share answers, flights and invalidations', async (_names, one, other) => {
    const { prefix } = ownKeys();
    const gate = gates();
    onTestFinished(() => gate.open(1));
    const [first, second] = [await one(prefix, gate), await other(prefix, gate)];
    // One name for both, since the Host that a client names is part of the question.
    const headers = { host: 'shop.example' };
    const runs = () => first.runs() + second.runs();

    const all = Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        get(`${(index % 2 === 0 ? first : second).url}/users/7`, { headers }),
      ),
    );
    await expect.poll(runs).toBe(1);
    gate.open(1);
    expect(new Set((await all).map(({ text }) => text))).toEqual(new Set(['user 7']));
    expect(runs()).toBe(1);

    await expect.poll(async () => (await get(`${second.url}/users/7`, { headers })).from).toBe('hit');
    expect(await get(`${first.url}/users/7`, { headers })).toMatchObject({ from: 'hit' });
    expect(await get(`${first.url}/users/7`, { method: 'PUT', headers })).toMatchObject({ text: 'written' });
    await expect
      .poll(async () => {
        await get(`${second.url}/users/7`, { headers });
        return runs();
      })
      .toBe(2);
  });
});
