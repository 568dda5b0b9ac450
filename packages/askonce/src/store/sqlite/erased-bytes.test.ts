import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import { sqliteStore } from './store.ts';

it('nothing of erased answers and their vectors is left in the files, though they were written several times before', async () => {
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
      // As the text of a vector, the mark is twelve bits a pair of characters, like any other.
      const vector = text.replaceAll(' ', '-').repeat(20 + round);
      await store.set(sampleEntry({ key: `key-${n}`, now, body, embedder: 'e', vector }));
    }
    await store.flush();
  }
  expect(marksLeft()).toBeGreaterThan(0);
  const erased = Array.from({ length: 200 }, (_, index) => `key-${2 * index}`);
  for (const key of erased) {
    const put = { key, lease: 0, embedder: 'another', vector: mark.repeat(30) };
    expect(await store.vectors.put(put)).toBe(true);
  }
  expect(await store.deleteMany(erased)).toBe(200);
  expect(marksLeft()).toBe(0);
  await store.close();
  expect(marksLeft()).toBe(0);
});
