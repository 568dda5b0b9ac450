/**
 * A function of JSON values behind the cache: the same input calls it once, however many callers are waiting.
 */
import { cachedFunction, createCache } from 'askonce';

interface Person {
  readonly name: string;
  readonly interests: readonly string[];
  readonly phone?: string | null;
}

let calls = 0;

/** In a real program, a call to a model. */
async function describe({ name, interests }: Person): Promise<{ summary: string }> {
  calls += 1;
  return { summary: `${name} likes ${interests.join(' and ')}.` };
}

const cache = createCache({ settings: { ttlSeconds: 3600 } });
const describeOnce = cachedFunction(cache, 'describe', describe);

const ada = { name: 'Ada', interests: ['engines', 'poetry'] };
console.log((await describeOnce(ada)).summary);
// The order of properties does not count, and null equals an absent property.
console.log((await describeOnce({ phone: null, interests: ada.interests, name: 'Ada' })).summary);
console.log(`${calls} call`);

const grace = { name: 'Grace', interests: ['compilers'] };
await Promise.all(Array.from({ length: 100 }, () => describeOnce(grace)));
console.log(`${calls} calls`);

await cache.close();
