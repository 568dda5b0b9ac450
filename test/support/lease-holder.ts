/**
 * A child process that takes a lease and prints its number; its arguments are URL, prefix and key. Once it is
 * sent a line, it prints what became of the lease and of an entry that it writes under it.
 */
import { once } from 'node:events';
import { systemClock } from '../../packages/askonce/src/clock.ts';
import { redisStore } from '../../packages/askonce/src/store/redis/store.ts';
import { sampleEntry } from '../../packages/askonce/src/testing/sample-entry.ts';

const [url = '', prefix = '', key = '', leaseMs = '0'] = process.argv.slice(2);
const token = 'paused/holder';
const store = await redisStore({ url, prefix, budgetMs: 5_000 });
const grant = await store.shared.leases.take(key, '', token, {
  leaseMs: Number(leaseMs),
  deadAfterMs: 60_000,
});
const number = grant.held ? grant.number : 0;
process.stdout.write(`${number}\n`);
await once(process.stdin, 'data');
const renewed = await store.shared.leases.renew(key, '', token, 60_000);
const released = await store.shared.leases.release(key, '', token);
const entry = sampleEntry({ key, body: 'of the paused', lease: number, now: systemClock.now() });
const written = await store.set(entry);
process.stdout.write(`${JSON.stringify({ renewed, released, written })}\n`);
await store.close();
process.exit();
