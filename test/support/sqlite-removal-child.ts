/**
 * A child process with a cache over a SQLite file, whose argument is the file. It stores answers, invalidates all but one,
 * asks for one of them again, prints what it counted, and waits to be killed. The store's clock stands still, so that no
 * row of a removed entry is deleted.
 */
import { createCache } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { fakeClock } from 'askonce/testing';
import { store as put, removedAtOnce, removedTag } from './numbered-answers.ts';

const [file = ''] = process.argv.slice(2);
const store = await sqliteStore({ file, clock: fakeClock(Date.now()) });
const cache = createCache({ store, settings: { secret: 'a secret of the test' } });
await put(cache, 'stays');
for (let n = 0; n < removedAtOnce; n++) await put(cache, String(n), [removedTag]);
const counted = await cache.invalidate({ tags: removedTag }, { dryRun: true });
const removed = await cache.invalidate({ tags: removedTag });
const again = await cache.invalidate({ tags: removedTag }, { dryRun: true });
const { entries } = await store.statistics();
await put(cache, '0', [removedTag]);
await store.flush();
process.stdout.write(`${JSON.stringify({ counted, removed, again, entries })}\n`);
setInterval(() => {}, 1_000);
