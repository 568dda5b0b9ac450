/**
 * A child process that writes to a SQLite store; its arguments are the file, the prefix of its keys, the
 * bytes of a body and the number of entries. After each flush it prints how many entries are durable; at the
 * end its statistics, and how many of all entries it finds.
 */
import { systemClock } from '../../packages/askonce/src/clock.ts';
import { sqliteStore } from '../../packages/askonce/src/store/sqlite/store.ts';
import { sampleEntry } from '../../packages/askonce/src/testing/sample-entry.ts';
import { bodyOf } from './sqlite-bodies.ts';

const [file = '', prefix = '', bytes = '0', count = '0'] = process.argv.slice(2);
const store = await sqliteStore({ file, onTrouble: ({ message }) => process.stderr.write(`${message}\n`) });
for (let index = 0; index < Number(count); index++) {
  const key = `${prefix}${index}`;
  await store.set(sampleEntry({ key, body: bodyOf(key, Number(bytes)), now: systemClock.now() }));
  if (index % 10 === 9) {
    await store.flush();
    process.stdout.write(`${index + 1}\n`);
  }
}
await store.flush();
let found = 0;
for (let index = 0; index < Number(count); index++)
  if ((await store.get(`${prefix}${index}`)) !== undefined) found += 1;
process.stdout.write(`${JSON.stringify({ found, refused: store.statistics().refused })}\n`);
await store.close();
