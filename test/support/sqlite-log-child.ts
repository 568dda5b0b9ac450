/**
 * A child process on a SQLite store that appends to the log and tags entries; its arguments are the file, a
 * name and the number of rounds. Each round stores an entry, adds a tag and appends a row; then it prints the
 * row's number and id.
 */
import { systemClock } from '../../packages/askonce/src/clock.ts';
import { sqliteStore } from '../../packages/askonce/src/store/sqlite/store.ts';
import { sampleEntry } from '../../packages/askonce/src/testing/sample-entry.ts';

const [file = '', name = '', rounds = '0'] = process.argv.slice(2);
const store = await sqliteStore({ file, onTrouble: ({ message }) => process.stderr.write(`${message}\n`) });
for (let round = 0; round < Number(rounds); round++) {
  const id = `${name}${round}`;
  const entry = sampleEntry({ key: `t:v1:${id}`, now: systemClock.now(), tagDigests: [name, 'all'] });
  await store.set(entry);
  await store.tags.add(entry.key, [`added by ${name}`], entry.meta.expires);
  const { rows } = await store.shared.log.append([{ id, what: '{}' }], 0);
  process.stdout.write(`${JSON.stringify(rows[0])}\n`);
}
await store.close();
