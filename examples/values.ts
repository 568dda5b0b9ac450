/**
 * A value and a stream of values behind the cache, and a change that invalidates both.
 */
import { askValue, askValues, createCache } from 'askonce';

const cache = createCache();
const question = { name: 'price', input: { room: 'double', nights: 2 }, invalidateOn: ['prices.changed'] };

const price = () => askValue(cache, question, async () => ({ euros: 180 }));
console.log((await price()).cacheStatus.kind);
console.log((await price()).cacheStatus.kind, (await price()).value.euros);

async function describe(): Promise<string> {
  const { values } = await askValues(cache, question, async function* () {
    yield* ['A quiet ', 'double ', 'room.'];
  });
  let text = '';
  for await (const piece of values) text += piece;
  return text;
}
console.log(await describe(), await describe());

console.log(`${await cache.emit({ type: 'prices.changed' })} answers invalidated`);
await cache.close();
