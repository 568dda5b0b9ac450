/**
 * An application on loopback whose routes are behind the cache.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createCache } from 'askonce';
import { cachedHandler } from 'askonce/endpoint';
import { onTestFinished } from 'vitest';

/** An application with some routes, and the requests that have reached it: `GET /me Bearer of-a-user`. It ends with the test. */
export async function startCachedApplication() {
  const seen: string[] = [];
  const cache = createCache();
  const handler = cachedHandler(cache, async ({ method, url, headers }) => {
    const { pathname, search } = new URL(url);
    seen.push(
      `${method} ${pathname}${search}${headers.has('authorization') ? ` ${headers.get('authorization')}` : ''}`,
    );
    if (pathname === '/gone') return new Response('', { status: 410 });
    if (pathname === '/mine') return new Response('', { headers: { 'cache-control': 'private' } });
    if (pathname === '/old') return new Response('', { status: 301, headers: { location: '/elsewhere' } });
    return new Response(`about ${pathname}`);
  });
  const server = createServer(getRequestListener(handler, { overrideGlobalObjects: false })).listen(
    0,
    '127.0.0.1',
  );
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await cache.close();
  });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the application has no port');
  return { seen, handler, url: `http://127.0.0.1:${address.port}` };
}
