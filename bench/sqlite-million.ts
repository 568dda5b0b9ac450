/** SQLite: does a hit take longer where the file holds a million entries? */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStore } from 'askonce/sqlite';
import { manyBesideFew } from './million.ts';
import type { Measured } from './rows.ts';

const maxBytes = 8_000_000_000;

export async function* measure(): AsyncIterable<Measured> {
  const many = await sqliteStore({ file: join(tmpdir(), 'many.db'), maxBytes });
  const few = await sqliteStore({ file: join(tmpdir(), 'few.db') });
  try {
    yield { row: 'sqlite-million', ...(await manyBesideFew(many, few)) };
  } finally {
    await many.close();
    await few.close();
  }
}
