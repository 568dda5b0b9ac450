/**
 * A process that starts beside stored vectors: opens the store, builds the indexes from it, and searches them all the while.
 * It prints what its start took, as JSON. Arguments: `sqlite` or `redis`, the file or URL, the number of vectors, and their
 * dimension.
 *
 * What the machine does besides counts for nothing: times are processor time of the event loop's thread, of which a turn
 * that waits for a processor has none.
 */
import process from 'node:process';
import type { Store } from 'askonce';
import { redisStore } from 'askonce/redis';
import { sqliteStore } from 'askonce/sqlite';
import { systemClock } from '../../packages/askonce/src/clock.ts';
import { entryHooks } from '../../packages/askonce/src/engine/entry-hooks.ts';
import { openVectorIndexes } from '../../packages/askonce/src/semantic/indexes/indexes.ts';
import { unitVector } from '../../packages/askonce/src/testing/sample-vectors.ts';
import { benchEmbedder, benchPlace } from '../semantic-vectors.ts';
import { longestTurn, loopTime } from '../turns.ts';

const [kind = '', location = '', count = '0', dimension = '0'] = process.argv.slice(2);
const pollMs = 20;
const candidates = 6;

function openStore(): Promise<Store> {
  return kind === 'redis'
    ? redisStore({ url: location, budgetMs: 10_000 })
    : sqliteStore({ file: location, maxBytes: 8e9 });
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const store = await openStore();
// From here on: the store's modules are loaded, as they are in a gateway before it listens.
const turns = longestTurn();
const indexes = openVectorIndexes({
  ...{ hooks: entryHooks(store), store, clock: systemClock, embedder: benchEmbedder, maxBytes: 1e9 },
  onTrouble(message) {
    throw new Error(message);
  },
});
const asked = unitVector(Float32Array.from({ length: Number(dimension) }, (_none, at) => Math.cos(at)));
let searches = 0;

async function search(): Promise<void> {
  await wait(pollMs);
  await indexes.nearest(benchPlace, asked, candidates);
  searches += 1;
}

while (indexes.progress().indexed < Number(count)) await search();
const found = loopTime() / 1e6;
const foundWall = performance.now() / 1e3;
const turnUntilFound = turns.longest() / 1e3;
let isBuilt = false;
const built = indexes.built().then(() => {
  isBuilt = true;
});
while (!isBuilt) await search();
await built;
const report = {
  found,
  foundWall,
  built: loopTime() / 1e6,
  turnUntilFound,
  turn: turns.stop() / 1e3,
  searches,
};
console.log(JSON.stringify(report));
await indexes.close();
await store.close();
