/**
 * A process with a cache on a Redis, for tests; its arguments are the URL and a prefix. It asks one question about a stream of values,
 * and prints each value that it gets, and how the stream ends. If it leads, it makes a value of each line that it reads.
 */
import { createInterface } from 'node:readline';
import { AskonceError, askValues, createCache } from 'askonce';
import { redisStore } from 'askonce/redis';
import { eventually, question, settingsOf } from './values-question.ts';

const [url = '', prefix = ''] = process.argv.slice(2);
const store = await redisStore({ url, prefix, budgetMs: 5000 });
const cache = createCache({ store, settings: settingsOf(prefix) });
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
await eventually(async () => (await cache.statistics()).logIsCurrent);
say({ ready: true });
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
await lines.next();

try {
  const { values, cacheStatus } = await askValues(cache, question, async function* () {
    say({ leads: true });
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      if (line.value === 'end') return;
      if (line.value === 'fail') throw new RangeError('the function failed');
      yield { said: line.value };
    }
  });
  say({ status: cacheStatus.kind });
  for await (const value of values) say({ value });
  say({ ended: true });
} catch (error) {
  say({ failed: AskonceError.isInstance(error) ? error.code : String(error) });
}
await cache.close(0);
process.exit();
