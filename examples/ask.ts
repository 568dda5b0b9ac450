/**
 * The cache itself, without HTTP: a request, a provider, a reply. `observe` receives what happens.
 */
import { type CacheRequest, cacheStatusHeader, createCache, type Provider, type Reply } from 'askonce';

const cache = createCache({ observe: ({ type }) => console.log(`  ${type}`) });

const request: CacheRequest = {
  protocol: 'function',
  upstream: 'weather',
  route: '/forecast',
  query: '',
  headers: {},
  body: JSON.stringify({ name: 'forecast', input: { city: 'Lisbon' } }),
  context: { category: 'availability' },
  directives: {},
};

/** Generates the answer. This one needs no network. */
const provider: Provider = async () => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: (async function* () {
    yield Buffer.from(JSON.stringify({ city: 'Lisbon', sky: 'clear' }));
  })(),
});

async function textOf({ body }: Reply): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

for (const _time of ['first', 'second']) {
  const reply = await cache.ask(request, provider);
  console.log(cacheStatusHeader(reply.cacheStatus), await textOf(reply));
}

const { store } = await cache.statistics();
console.log(`${store.entries} entry, ${store.hits} hit`);
await cache.close();
