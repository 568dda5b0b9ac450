import { createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/hono';
import { Hono } from 'hono';

const cache = createCache();
const app = new Hono();
app.use(askonceEndpoint(cache, { ttl: 60 }));
app.get('/prices/:id', (c) => c.json({ id: c.req.param('id'), price: 42 }));

for (const path of ['/prices/7', '/prices/7', '/prices/8'])
  console.log(path, (await app.request(path)).headers.get('cache-status'));
await cache.close();
