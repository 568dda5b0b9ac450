import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { createCache } from '../../cache.ts';
import { learned } from './learned.ts';

it('holds no route that clients have made very long', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const cache = createCache();
  const { namesOf } = learned(cache);
  const long = '/orders'.repeat(7_000);
  await namesOf('/', true);
  collect();
  const before = process.memoryUsage().heapUsed;
  // Flat, as text from a connection is: not a reference to the long part.
  for (let at = 0; at < 1_000; at++) await namesOf(Buffer.from(`/${at}${long}`).toString(), true);
  collect();
  // Of 49 MB a tenth is far more than what else comes and goes.
  expect((process.memoryUsage().heapUsed - before) / 2 ** 20).toBeLessThan(5);
  await cache.close();
});
