import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { sampleEntry } from '../../../testing/sample-entry.ts';
import type { EntryFilter } from '../../contract.ts';
import { type SqliteStore, sqliteStore } from '../store.ts';

async function inNewFile() {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-find-'));
  const file = join(folder, 'entries.db');
  const store = await sqliteStore({ file });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const keep = async (tagsOf: (n: number) => readonly string[], count: number) => {
    for (let from = 0; from < count; from += 1_000) {
      const numbers = Array.from({ length: Math.min(1_000, count - from) }, (_none, n) => from + n);
      await store.setMany(
        numbers.map((n) => sampleEntry({ key: keyOf(n), now: Date.now(), tagDigests: tagsOf(n) })),
      );
      await store.flush();
    }
  };
  return { store, file, keep };
}

const keyOf = (n: number) => `askonce:v1:partition:en:{${String(n).padStart(6, '0')}}`;

async function found(store: SqliteStore, filter: EntryFilter): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const batch of store.tags.find(filter)) keys.push(...batch.keys);
  return keys.sort();
}

const digest = (n: number) => n.toString(16).padStart(20, '0');

it('a search finds the few entries with a tag among more than SQLite looks through at a time', async () => {
  const { store, keep } = await inNewFile();
  const [common, rare] = [digest(1), digest(2)];
  await keep((n) => (n % 4_100 === 4_099 ? [common, rare] : n % 2 === 0 ? [common] : []), 9_000);
  expect(await found(store, { clauses: [[rare]] })).toEqual([4_099, 8_199].map(keyOf));
  expect(await found(store, { clauses: [[common], [rare]] })).toEqual([4_099, 8_199].map(keyOf));
  expect(await found(store, { clauses: [[common]] })).toHaveLength(4_502);
  expect(await found(store, { clauses: [[digest(3)]] })).toEqual([]);
});

it('a search finds entries by any of few tags, and by any of more than SQLite looks for by itself', async () => {
  const { store, keep } = await inNewFile();
  await keep((n) => [digest(n), digest(1_000 + n)], 40);
  for (const count of [1, 2, 8, 9, 30]) {
    const wanted = Array.from({ length: count }, (_none, n) => n);
    const [some, others] = [wanted.map(digest), wanted.map((n) => digest(1_000 + n))];
    expect(await found(store, { clauses: [some] })).toEqual(wanted.map(keyOf));
    expect(await found(store, { clauses: [some, others] })).toEqual(wanted.map(keyOf));
    expect(await found(store, { clauses: [some, [digest(1_039)]] })).toEqual([]);
  }
});

it('a search takes no tag whose bytes lie across two tags of an entry', async () => {
  const { store, keep } = await inNewFile();
  await keep(() => [`${'a'.repeat(19)}b`, 'c'.repeat(20)], 1);
  expect(await found(store, { clauses: [[`${'a'.repeat(17)}bcc`]] })).toEqual([]);
  expect(await found(store, { clauses: [['c'.repeat(20)]] })).toEqual([keyOf(0)]);
});

it('an entry that is deleted is overwritten in the file', async () => {
  const { store, file, keep } = await inNewFile();
  await keep(() => [digest(1)], 600);
  const secret = 'a-text-that-nothing-else-has';
  const entry = sampleEntry({ key: keyOf(700), now: Date.now(), tagDigests: [digest(2)] });
  await store.set({ ...entry, recording: { ...entry.recording, body: Buffer.from(secret) } });
  await store.flush();
  const others = Array.from({ length: 300 }, (_none, n) => keyOf(n));
  expect(await store.deleteMany(others, { toMakeRoom: true })).toBe(300);
  expect(await store.deleteMany([keyOf(700)])).toBe(1);
  await store.close();
  expect(readFileSync(file).includes(secret)).toBe(false);
  expect(readFileSync(file).includes(keyOf(500))).toBe(true);
});
