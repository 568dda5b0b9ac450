/** SQLite: invalidation and erasure in a file of a thousand, a hundred thousand and a million entries. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStore } from 'askonce/sqlite';
import type { Measured } from './rows.ts';
import { atSizes, type Place } from './sizes.ts';

const maxBytes = 8_000_000_000;

export function measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  return atSizes('sqlite', inFile, wanted);
}

async function inFile(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-sizes-'));
  const [saved, file] = [join(folder, 'saved.db'), join(folder, 'file.db')];
  return {
    create: () => sqliteStore({ file: saved, maxBytes }),
    save: (store) => store.close(),
    async restore() {
      copyFileSync(saved, file);
      return await sqliteStore({ file, maxBytes });
    },
    async remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
