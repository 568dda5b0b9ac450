import { createCache } from 'askonce';
import { askonceEndpoint } from 'askonce/express';
import express from 'express';

const cache = createCache();
const app = express();
app.get('/prices/:id', askonceEndpoint(cache, { ttl: 60 }), ({ params }, response) => {
  response.json({ id: params.id, price: 42 });
});

const server = app.listen(0, '127.0.0.1', async () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  for (const path of ['/prices/7', '/prices/7', '/prices/8'])
    console.log(path, (await fetch(`http://127.0.0.1:${port}${path}`)).headers.get('cache-status'));
  server.close();
  await cache.close();
});
