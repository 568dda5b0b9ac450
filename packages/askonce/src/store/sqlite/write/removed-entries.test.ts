import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { type FakeClock, fakeClock } from '../../../testing/fake-clock.ts';
import { sampleEntry } from '../../../testing/sample-entry.ts';
import { type SqliteStore, type SqliteStoreOptions, sqliteStore } from '../store.ts';

const tag = 'a'.repeat(20);
const later = 'b'.repeat(20);
const keyOf = (n: number) => `askonce:v1:partition:en:{${String(n).padStart(6, '0')}}`;

/** A file, opened any number of times under one clock that stands still. */
function aFile(options: Partial<SqliteStoreOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-removed-'));
  const file = join(folder, 'entries.db');
  const clock = fakeClock();
  const stores: SqliteStore[] = [];
  onTestFinished(async () => {
    await Promise.all(stores.map((store) => store.close()));
    rmSync(folder, { recursive: true, force: true });
  });
  async function open(): Promise<SqliteStore> {
    const store = await sqliteStore({ file, clock, ...options });
    stores.push(store);
    return store;
  }
  /** The rows that lie in the file, of entries that there are and of removed ones. */
  function rows(): number {
    const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
    try {
      return Number(database.prepare('SELECT count(*) AS count FROM entries').get()?.['count']);
    } finally {
      database.close();
    }
  }
  return { file, clock, open, rows };
}

async function fill(store: SqliteStore, clock: FakeClock, count: number, bytes = 100): Promise<void> {
  const body = randomBytes(bytes);
  for (let n = 0; n < count; n++)
    await store.set(sampleEntry({ key: keyOf(n), body, now: clock.now(), tagDigests: [tag], lease: 3 }));
  await store.flush();
}

/** Removes what a search for the tag finds; the number of entries. */
async function remove(store: SqliteStore): Promise<number> {
  let count = 0;
  for await (const { keys } of store.tags.find({ clauses: [[tag]] }))
    count += await store.deleteMany(keys, { toMakeRoom: true });
  return count;
}

/** Everything that each way of looking finds. */
async function everything(store: SqliteStore, count: number): Promise<readonly string[]> {
  const keys = Array.from({ length: count }, (_none, n) => keyOf(n));
  const found = await store.getMany(keys);
  const all = new Set(found.flatMap((one) => (one === undefined ? [] : one.entry.key)));
  for (const key of keys) if (store.heat(key) !== undefined) all.add(key);
  for await (const page of store.scan.keys('*')) for (const key of page) all.add(key);
  for await (const page of store.scan.walk()) for (const { key } of page) all.add(key);
  for (const filter of [{ clauses: [[tag]] }, { clauses: [[tag], [tag]] }, { clauses: [], keys }])
    for await (const page of store.tags.find(filter)) for (const key of page.keys) all.add(key);
  const many = Array.from({ length: 9 }, (_none, n) => String(n).repeat(20));
  for await (const page of store.tags.find({ clauses: [[tag, ...many]] }))
    for (const key of page.keys) all.add(key);
  return [...all].sort();
}

/** Lets one step of reclaiming happen, if one is due. */
async function step(store: SqliteStore, clock: FakeClock): Promise<void> {
  clock.advance(10);
  await store.flush();
}

it('entries that a search found and that are removed are found nowhere, although their rows are still there', async () => {
  const { clock, open, rows } = aFile();
  const [store, other] = [await open(), await open()];
  await fill(store, clock, 1_100);
  expect(await remove(store)).toBe(1_100);
  expect(rows()).toBe(1_100);
  for (const handle of [store, other, await open()]) {
    expect(await everything(handle, 1_100)).toEqual([]);
    expect(handle.statistics().entries).toBe(0);
    expect(await remove(handle)).toBe(0);
    expect(await handle.delete(keyOf(0))).toBe(false);
    expect(await handle.deleteMany([keyOf(1), keyOf(2)])).toBe(0);
  }
});

it('rows of removed entries are deleted in steps, and the bytes in use go down', async () => {
  const { clock, open, rows } = aFile();
  const store = await open();
  await fill(store, clock, 1_000);
  const full = store.statistics().bytes;
  await remove(store);
  const left: number[] = [];
  for (let steps = 0; steps < 20 && rows() > 0; steps++) {
    await step(store, clock);
    left.push(rows());
  }
  expect(left).toEqual([744, 488, 232, 0]);
  expect(store.statistics()).toMatchObject({ entries: 0 });
  expect(store.statistics().bytes).toBeLessThan(full / 4);
});

it('a step ends early where entries are large', async () => {
  const { clock, open, rows } = aFile();
  const store = await open();
  await fill(store, clock, 20, 900_000);
  await remove(store);
  await step(store, clock);
  expect(rows()).toBe(10);
});

it('an entry that is stored under the key of a removed one stays, and has nothing of the removed one', async () => {
  const { clock, open, rows } = aFile();
  const store = await open();
  await fill(store, clock, 300);
  await store.get(keyOf(7));
  await store.tags.add(keyOf(7), [later], clock.now() + 3_600_000);
  await store.flush();
  expect(store.heat(keyOf(7))?.hits).toBe(1);
  await remove(store);
  // The removed entry had a higher lease, which would refuse the write of an older one.
  const entry = sampleEntry({ key: keyOf(7), body: Buffer.from('new'), now: clock.now(), lease: 1 });
  expect(await store.set(entry)).toBe('stored');
  await store.flush();
  expect(store.heat(keyOf(7))?.hits).toBe(0);
  for (let steps = 0; steps < 20 && rows() > 1; steps++) await step(store, clock);
  expect(await everything(store, 300)).toEqual([keyOf(7)]);
  const found = await store.get(keyOf(7));
  expect(Buffer.from(found?.entry.recording.body ?? [])).toEqual(Buffer.from('new'));
  expect(rows()).toBe(1);
  const tagged: string[] = [];
  for await (const { keys } of store.tags.find({ clauses: [[later]] })) tagged.push(...keys);
  expect(tagged).toEqual([]);
});

it('entries that were written anew since a search found them are deleted by their keys', async () => {
  const { clock, open } = aFile();
  const store = await open();
  await fill(store, clock, 4);
  const keys: string[] = [];
  for await (const page of store.tags.find({ clauses: [[tag]] })) keys.push(...page.keys);
  // Under other ids.
  await store.deleteMany([keyOf(0), keyOf(1)]);
  await store.set(sampleEntry({ key: keyOf(1), now: clock.now() }));
  await store.set(sampleEntry({ key: keyOf(0), now: clock.now() }));
  await store.flush();
  expect(await store.deleteMany(keys, { toMakeRoom: true })).toBe(4);
  expect(await everything(store, 4)).toEqual([]);
});

it('closing the store ends between two steps, and the next that opens the file goes on', async () => {
  const { clock, open, rows } = aFile();
  const first = await open();
  await fill(first, clock, 1_000);
  await remove(first);
  clock.advance(10);
  await first.close();
  expect(rows()).toBe(744);
  clock.advance(60_000);
  expect(rows()).toBe(744);
  const second = await open();
  expect(await everything(second, 1_000)).toEqual([]);
  for (let steps = 0; steps < 20 && rows() > 0; steps++) await step(second, clock);
  expect(rows()).toBe(0);
});

it('a process that has the file open deletes the rows that another has left', async () => {
  const { clock, open, rows } = aFile();
  const [leaves, stays] = [await open(), await open()];
  await fill(leaves, clock, 100);
  await remove(leaves);
  await leaves.close();
  expect(rows()).toBe(100);
  clock.advance(10_000);
  for (let turns = 0; turns < 20 && rows() > 0; turns++) await step(stays, clock);
  expect(rows()).toBe(0);
});

it('removed entries make room before others are evicted, and are reported neither as evicted nor as expired', async () => {
  const { clock, open } = aFile({ maxBytes: 2_000_000 });
  const store = await open();
  const heard: string[] = [];
  store.onRemoved((keys, cause) => heard.push(...keys.map((key) => `${cause} ${key}`)));
  await fill(store, clock, 300, 4_000);
  await remove(store);
  for (let n = 300; n < 600; n++)
    await store.set(sampleEntry({ key: keyOf(n), body: Buffer.alloc(4_000), now: clock.now() }));
  await store.flush();
  expect(heard).toEqual([]);
  expect(store.statistics()).toMatchObject({ entries: 300, evictions: 0 });
  clock.advance(400 * 86_400_000);
  await store.flush();
  await store.flush();
  expect(heard.filter((one) => one.endsWith(keyOf(0)))).toEqual([]);
});

it('an answer that is deleted for good is overwritten in the file, though it was removed to make room before', async () => {
  const { file, clock, open } = aFile();
  const store = await open();
  const secret = 'a-text-that-nothing-else-has';
  await store.set(
    sampleEntry({ key: keyOf(1), body: Buffer.from(secret), now: clock.now(), tagDigests: [tag] }),
  );
  await store.flush();
  expect(await remove(store)).toBe(1);
  expect(await store.deleteMany([keyOf(1)])).toBe(0);
  await store.close();
  expect(readFileSync(file).includes(secret)).toBe(false);
});
