import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { createCache } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { fakeClock } from 'askonce/testing';
import { expect, it, onTestFinished } from 'vitest';
import { isStored, removedAtOnce } from './support/numbered-answers.ts';
import { sqliteDisk } from './support/sqlite-disk.ts';

const program = new URL('./support/sqlite-removal-child.ts', import.meta.url).pathname;
const disk = sqliteDisk();

function rowsIn(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
  try {
    return Number(database.prepare('SELECT count(*) AS count FROM entries').get()?.['count']);
  } finally {
    database.close();
  }
}

it('answers whose invalidation was answered stay gone when the process is killed before their rows are deleted', async () => {
  const { child, lines, ended } = disk.run(process.execPath, [
    '--conditions=askonce-source',
    program,
    disk.file,
  ]);
  const printed = await Promise.race([once(lines, 'line'), ended]);
  child.kill('SIGKILL');
  await ended;
  expect(JSON.parse(String(printed[0]))).toEqual({
    counted: removedAtOnce,
    removed: removedAtOnce,
    again: 0,
    entries: 1,
  });
  // One of them was stored again, in its row.
  expect(rowsIn(disk.file)).toBe(removedAtOnce + 1);

  const clock = fakeClock(Date.now());
  const store = await sqliteStore({ file: disk.file, clock });
  const cache = createCache({ store, settings: { secret: 'a secret of the test' } });
  onTestFinished(() => cache.close(0));
  expect((await store.statistics()).entries).toBe(2);
  expect(await cache.invalidate({ all: true }, { dryRun: true })).toBe(2);
  for (let steps = 0; steps < 20 && rowsIn(disk.file) > 2; steps++) {
    clock.advance(10);
    await store.flush();
  }
  expect(rowsIn(disk.file)).toBe(2);
  const stored = await Promise.all(['stays', '0', '1'].map((name) => isStored(cache, name)));
  expect(stored).toEqual([true, true, false]);
}, 60_000);
