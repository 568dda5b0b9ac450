/**
 * A child process that counts labels of one pool, each in a counter of its own, so that it can be counted again exactly. It prints
 * how many of them are certain to be counted, until it is killed or has counted all.
 */
import { systemClock } from 'askonce';
import { noticeLabels } from '../../packages/askonce/src/semantic/policies/notice-labels.ts';
import { syncedPool } from '../../packages/askonce/src/semantic/policies/synced-pool.ts';
import { labelAt, openPlace, placeSchema, poolId, rules } from './labels-place.ts';

const [place = '', from = '0', count = '0'] = process.argv.slice(2);
const { notices, close } = await openPlace(placeSchema.parse(JSON.parse(place)));
let batches = 0;
let written = 0;
const synced = syncedPool(
  {
    id: poolId,
    rules,
    adopt: () => {},
  },
  {
    labels: noticeLabels(notices, systemClock),
    clock: systemClock,
    writer: `${process.pid}-${process.hrtime.bigint()}`,
    number: () => ++batches,
    onWritten: () => {
      written += 1;
    },
    onTrouble: () => {},
  },
);
// The timers of a clock keep no process alive.
const alive = setInterval(() => {}, 1_000);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

for (let label = 0; label < Number(count); label++) {
  synced.add(labelAt(Number(from) + label));
  if (label % 5 !== 4) continue;
  while (synced.isWaiting) {
    await synced.flush();
    await turn();
  }
  process.stdout.write(`${label + 1}\n`);
}
process.stdout.write(`all ${written > 0}\n`);
await close();
clearInterval(alive);
