/** Servers on loopback whose application is behind the cache, a function each. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { type Cache, createCache } from 'askonce';
import { cachedHandler } from 'askonce/endpoint';
import { askonceEndpoint as expressEndpoint } from 'askonce/express';
import { askonceEndpoint as fastifyEndpoint } from 'askonce/fastify';
import { askonceEndpoint as honoEndpoint } from 'askonce/hono';
import express, {
  type Request as ExpressRequest,
  type Response as ExpressResponse,
  type NextFunction,
} from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import type { Application } from './application.ts';
import type { Lines } from './fields.ts';
import type { CachedServer, Serve } from './play.ts';

type Listening = Omit<CachedServer, 'settled'>;

/** The routes of all cases, as most frameworks write them, and the methods that cases use. */
const paths = ['/cases/:id', '/cases/:id/:part'];
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'M-SEARCH'];

/** A cache on the case's clock, and a server whose routes are behind it. */
function behindCache(serve: (cache: Cache, application: Application) => Promise<Listening>): Serve {
  return async (application, clock) => {
    const cache = createCache({ clock });
    const server = await serve(cache, application);
    return {
      ...server,
      async settled() {
        // Whatever is written behind a response is written in turns of the event loop, not in time.
        for (let turn = 0; turn < 10; turn += 1) await setImmediate();
        while ((await cache.statistics()).flights > 0) await setImmediate();
      },
      async close() {
        await server.close();
        await cache.close();
      },
    };
  };
}

async function listening(listener: RequestListener): Promise<Listening> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Listens with the adapter of Hono, which serves any function from a `Request` to a `Response`. */
function fetching(fetch: (request: Request) => Response | Promise<Response>): Promise<Listening> {
  return listening(getRequestListener(fetch, { overrideGlobalObjects: false }));
}

/** The application as a function from a `Request` to a `Response`. */
function handlerOf(application: Application) {
  return async ({ method, headers }: Request): Promise<Response> => {
    const { status, lines, body } = await application({ method, lines: [...headers] });
    const fields = new Headers();
    for (const [name, value] of lines) fields.append(name, value);
    return new Response(body, { status, headers: fields });
  };
}

function linesIn(headers: IncomingHttpHeaders): Lines {
  return Object.entries(headers).flatMap(([name, value = []]) =>
    [value].flat().map((line) => [name, line] as const),
  );
}

/** The values of each field, in the order of the lines. */
function grouped(lines: Lines): readonly (readonly [name: string, value: string | string[]])[] {
  const names = [...new Set(lines.map(([name]) => name))];
  return names.map((name) => {
    const values = lines.filter(([one]) => one === name).map(([, value]) => value);
    const [only = ''] = values;
    return [name, values.length === 1 ? only : values];
  });
}

/** The servers that all cases are played at. */
export const servers = {
  cachedHandler: behindCache((cache, application) => fetching(cachedHandler(cache, handlerOf(application)))),

  hono: behindCache((cache, application) => {
    const handler = handlerOf(application);
    const app = new Hono();
    app.use('*', honoEndpoint(cache));
    app.onError((_error, { body }) => body(null, 500));
    app.on(methods, paths, ({ req }) => handler(req.raw));
    return fetching(app.fetch);
  }),

  express: behindCache((cache, application) => {
    const app = express().disable('x-powered-by');
    app.use(expressEndpoint(cache));
    app.all(paths, async ({ method, headers }, response) => {
      const { status, lines, body } = await application({ method, lines: linesIn(headers) });
      response.status(status);
      for (const [name, value] of grouped(lines)) response.setHeader(name, value);
      response.end(body ?? undefined);
    });
    app.use((_error: unknown, _request: ExpressRequest, response: ExpressResponse, _next: NextFunction) => {
      response.status(500).end();
    });
    return listening(app);
  }),

  fastify: behindCache(async (cache, application) => {
    const app = fastify({ forceCloseConnections: true, exposeHeadRoutes: false });
    app.addHttpMethod('M-SEARCH', { hasBody: true });
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    await app.register(fastifyEndpoint(cache));
    for (const url of paths)
      app.route({
        url,
        method: methods,
        async handler({ method, headers }, reply) {
          const { status, lines, body } = await application({ method, lines: linesIn(headers) });
          reply.code(status);
          for (const [name, value] of grouped(lines)) reply.header(name, value);
          return await reply.send(body ?? undefined);
        },
      });
    const origin = await app.listen({ port: 0, host: '127.0.0.1' });
    return { origin, close: () => app.close() };
  }),
} as const satisfies Readonly<Record<string, Serve>>;
