import { expect, it } from 'vitest';
import { createCache } from './cache.ts';

it.each([
  [{ ttl: 60 }, 'ttl: there is no such option; there are settings, store, clock'],
  [{ setings: {} }, 'setings: there is no such option; did you mean settings?'],
  [{ settings: { ttlSecond: 60 } }, 'ttlSecond: there is no such option; did you mean ttlSeconds?'],
  [{ store: Promise.resolve() }, 'store: must be an object, not a promise; await it first'],
  [{ observe: 7 }, 'observe: must be a function, or a list of functions'],
  [{ observe: [() => {}, {}] }, 'observe: must be a function, or a list of functions'],
  [{ semantic: () => {} }, 'semantic: must be an object'],
  [{ semantic: { embeder: {} } }, 'semantic.embeder: there is no such option; did you mean embedder?'],
  [{ semantic: { embedder: {}, verifier: 'model' } }, 'semantic.verifier: must be an object'],
  [{ semantic: { embedder: {}, index: {} } }, 'semantic.index: must be a function'],
  [{ semantic: {} }, 'semantic.embedder: must be an object'],
  [[], 'the options must be an object'],
  [null, 'the options must be an object'],
  [{ store: null }, 'store: must be an object'],
])('createCache refuses the options %j, and names what is wrong', (options, message) => {
  const make = () => Reflect.apply(createCache, undefined, [options]);
  expect(make).toThrow(expect.objectContaining({ code: 'invalid_settings' }));
  expect(make).toThrow(message);
});

it('an option that is undefined counts as left out', async () => {
  const cache = createCache({
    settings: undefined,
    store: undefined,
    observe: undefined,
    semantic: undefined,
  });
  expect(await cache.statistics()).toMatchObject({ flights: 0 });
  await cache.close();
});
