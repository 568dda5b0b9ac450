import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
