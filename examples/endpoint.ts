import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createCache } from 'askonce';
import { cachedHandler } from 'askonce/endpoint';

const cache = createCache();
const handler = (request: Request) => Response.json({ path: new URL(request.url).pathname, price: 42 });
const cached = cachedHandler(cache, handler, { routes: { 'GET /prices/:id': { ttl: 60 } } });

const server = createServer(getRequestListener(cached)).listen(0, '127.0.0.1', async () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  for (const path of ['/prices/7', '/prices/7', '/prices/8']) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    console.log(path, response.headers.get('cache-status'));
  }
  server.close();
  await cache.close();
});
