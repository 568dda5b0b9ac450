import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../../../../test/support/temporary-folder.ts';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { sampleEntry } from '../../../testing/sample-entry.ts';
import { sqliteStore } from '../store.ts';

it('an answer goes from the write-ahead log into the file with the next upkeep, though few were written', async () => {
  const folder = temporaryFolder();
  const clock = fakeClock();
  const store = await sqliteStore({ folder, clock, compression: { threshold: 10_000_000 } });
  onTestFinished(() => store.close());
  const isInFile = (text: string) => readFileSync(join(folder, 'askonce.db')).includes(text);
  for (const body of ['the first answer', 'the second answer']) {
    await store.set(sampleEntry({ key: body, now: clock.now(), body }));
    await store.flush();
    expect(isInFile(body)).toBe(false);
    clock.advance(10_000);
    await expect.poll(() => isInFile(body)).toBe(true);
  }
});

it('a large log is begun anew though another process has read it all the time', async () => {
  const folder = temporaryFolder();
  const clock = fakeClock();
  const store = await sqliteStore({ folder, clock, compression: { threshold: 10_000_000 } });
  onTestFinished(() => store.close());
  const file = join(folder, 'askonce.db');
  const put = async (key: string, body: string) => {
    await store.set(sampleEntry({ key, now: clock.now(), body }));
    await store.flush();
  };
  /** Counts how often the log was begun anew. */
  const begun = () => readFileSync(`${file}-wal`).readUInt32BE(12);
  await put('first', 'small');
  const other = new DatabaseSync(file, { readOnly: true });
  onTestFinished(() => other.close());
  other.exec('BEGIN');
  other.prepare('SELECT id FROM entries LIMIT 1').get();
  for (let n = 0; n < 40; n++) await put(`large ${n}`, 'x'.repeat(500_000));
  const before = begun();
  clock.advance(10_000);
  await setTimeout(100);
  other.exec('COMMIT');
  await store.flush();
  await put('last', 'small');
  expect(begun()).toBe(before + 1);
});
