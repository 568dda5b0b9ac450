/**
 * A child process that maintains a SQLite file: its arguments are the file, by how many ms its clock is ahead, and the page of
 * the survey at which it stops for good, or `never`. It prints `ready`, waits for a line, and prints what became of the run.
 */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { createCache } from '../../packages/askonce/src/cache.ts';
import { systemClock } from '../../packages/askonce/src/clock.ts';
import { AskonceError } from '../../packages/askonce/src/errors.ts';
import { sqliteStore } from '../../packages/askonce/src/store/sqlite/store.ts';
import { interruptible, removals } from './maintained-store.ts';

const [file = '', aheadMs = '0', stopsAt = 'never'] = process.argv.slice(2);
const clock = { ...systemClock, now: () => systemClock.now() + Number(aheadMs) };
const interruption = interruptible(await sqliteStore({ file, clock }));
const cache = createCache({ store: interruption.store, clock });
if (stopsAt !== 'never')
  interruption.next(Number(stopsAt), async () => {
    process.stdout.write('stopped\n');
    await setTimeout(60_000);
  });
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const outcome = await cache.maintain({ kinds: removals }).then(
  ({ outcome: how, kinds }) => ({ outcome: how, count: kinds['low-value']?.count }),
  (error) => ({ outcome: AskonceError.isInstance(error) ? error.code : String(error), count: 0 }),
);
process.stdout.write(`${JSON.stringify(outcome)}\n`);
await cache.close(0);
process.exit();
