import { createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/fastify';
import fastify from 'fastify';

const cache = createCache();
const app = fastify();
await app.register(askonceEndpoint(cache, { ttl: 60 }));
app.get('/prices/:id', async ({ url }) => ({ url, price: 42 }));

const address = await app.listen();
for (const path of ['/prices/7', '/prices/7', '/prices/8'])
  console.log(path, (await fetch(address + path)).headers.get('cache-status'));
await app.close();
await cache.close();
