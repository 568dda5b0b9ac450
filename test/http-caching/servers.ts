/** Servers on loopback whose application is behind the cache, a function each. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Cache, createCache } from 'askonce';
import { cachedHandler } from 'askonce/endpoint';
import type { Application } from './application.ts';
import type { CachedServer, Serve } from './play.ts';

/** The application as a function from a `Request` to a `Response`. */
function handlerOf(application: Application) {
  return async ({ method, headers }: Request): Promise<Response> => {
    const { status, lines, body } = await application({ method, lines: [...headers] });
    const fields = new Headers();
    for (const [name, value] of lines) fields.append(name, value);
    return new Response(body, { status, headers: fields });
  };
}

type Listener = RequestListener;

async function listening(listener: Listener): Promise<CachedServer> {
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

/** A cache on the case's clock, and a server whose routes are behind it. */
function behindCache(listenerOf: (cache: Cache, application: Application) => Listener): Serve {
  return async (application, clock) => {
    const cache = createCache({ clock });
    const server = await listening(listenerOf(cache, application));
    return {
      ...server,
      async close() {
        await server.close();
        await cache.close();
      },
    };
  };
}

/** The servers that all cases are played at. */
export const servers: Readonly<Record<string, Serve>> = {
  cachedHandler: behindCache((cache, application) =>
    getRequestListener(cachedHandler(cache, handlerOf(application)), { overrideGlobalObjects: false }),
  ),
};
