import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import { sqliteStore } from './store.ts';

it('nothing of erased answers is left in the files, though they were written several times before', async () => {
  const folder = temporaryFolder();
  const store = await sqliteStore({ folder, compression: { threshold: 10_000_000 } });
  const now = Date.now();
  const mark = 'THE-SECRET-OF-ADA';
  const marksLeft = () =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name)).toString('latin1').split(mark).length - 1)
      .reduce((sum, count) => sum + count, 0);
  const lengths = [20, 350, 120];
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 400; n++) {
      const text = n % 2 === 0 ? mark : 'another text';
      const body = text.repeat(lengths[(n + round) % 3] ?? 1);
      await store.set(sampleEntry({ key: `key-${n}`, now, body }));
    }
    await store.flush();
  }
  expect(marksLeft()).toBeGreaterThan(0);
  const erased = Array.from({ length: 200 }, (_, index) => `key-${2 * index}`);
  expect(await store.deleteMany(erased)).toBe(200);
  expect(marksLeft()).toBe(0);
  await store.close();
  expect(marksLeft()).toBe(0);
});
