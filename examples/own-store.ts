/**
 * A cache on a store of your own, below a memory tier. `test/own-store.test.ts` runs the contract suite on it.
 */
import {
  type CacheRequest,
  cacheStatusHeader,
  createCache,
  memoryStore,
  systemClock,
  tieredStore,
} from 'askonce';
import { mapStore } from './own-store/map-store.ts';

const megabyte = 1024 * 1024;
const lower = mapStore({ maxBytes: 64 * megabyte, clock: systemClock });
const upper = memoryStore({ maxBytes: megabyte });
const cache = createCache({ store: tieredStore({ upper, lower }) });

const request: CacheRequest = {
  protocol: 'function',
  upstream: 'arithmetic',
  route: '/square',
  query: '',
  headers: {},
  body: JSON.stringify({ name: 'square', input: 12 }),
  context: {},
  directives: {},
};

async function ask(): Promise<void> {
  const reply = await cache.ask(request, async () => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: (async function* () {
      yield Buffer.from(String(12 * 12));
    })(),
  }));
  console.log(cacheStatusHeader(reply.cacheStatus));
}

await ask();
await ask();
// What memory loses, the store below still has.
upper.delete((await cache.get(request))?.key ?? '');
await ask();

await cache.close();
