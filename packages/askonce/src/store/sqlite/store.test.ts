import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type FakeClock, fakeClock } from '../../testing/fake-clock.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import { memoryStore } from '../memory/store.ts';
import { tieredStore } from '../stack/tiered.ts';
import { type SqliteStore, type SqliteStoreOptions, sqliteStore } from './store.ts';

const workers = vi.hoisted((): Worker[] => []);

vi.mock('node:worker_threads', async (load) => {
  const threads = await load<typeof import('node:worker_threads')>();
  class Watched extends threads.Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      workers.push(this);
    }
  }
  return { ...threads, Worker: Watched };
});

let folder = '';
let clock: FakeClock;
const stores: SqliteStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'askonce-sqlite-'));
  clock = fakeClock();
  workers.length = 0;
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Partial<SqliteStoreOptions> = {}): Promise<SqliteStore> {
  const store = await sqliteStore({ folder, clock, ...options });
  stores.push(store);
  return store;
}

const entry = (key: string, bytes = 100) =>
  sampleEntry({ key, body: Buffer.alloc(bytes, key), now: clock.now() });

it('queued writes count as failed when the writer thread dies, and a new thread takes over', async () => {
  const troubles: string[] = [];
  const store = await open({ onTrouble: ({ message }) => troubles.push(message) });
  await store.set(entry('before'));
  await store.flush();
  const dying = workers[0]?.terminate();
  await store.set(entry('queued'));
  await store.flush();
  await dying;
  await expect.poll(() => store.set(entry('after'))).toBe('stored');
  await store.flush();
  const found = await store.getMany(['before', 'queued', 'after']);
  expect(found.map((each) => each !== undefined)).toEqual([true, false, true]);
  expect(store.statistics().refused.failed).toBeGreaterThanOrEqual(1);
  expect(troubles.join()).toContain('thread died');
  expect(workers.length).toBe(2);
});

it('writer threads that keep dying are not restarted without end', async () => {
  const store = await open();
  for (let deaths = 1; deaths <= 4; deaths++) {
    await expect.poll(() => store.set(entry(`k${deaths}`))).toBe('stored');
    await workers.at(-1)?.terminate();
    await store.flush();
  }
  expect(store.set(entry('refused'))).toBe('failed');
  expect(workers.length).toBe(4);
  clock.advance(30_000);
  await expect.poll(() => store.set(entry('again'))).toBe('stored');
  expect(workers.length).toBe(5);
});

it('hits are counted beside the entry, across handles', async () => {
  const one = await open();
  const other = await open();
  await one.set(entry('k'));
  await one.flush();
  clock.advance(5_000);
  for (const store of [one, one, other]) await store.get('k');
  await one.flush();
  await other.flush();
  expect(one.heat('k')).toEqual({ hits: 3, last: clock.now() });
  expect(other.heat('none')).toBe(undefined);
});

it('the coldest entries, which were not found for longest, are evicted first', async () => {
  const store = await open({ maxBytes: 524_288 });
  for (let index = 0; index < 300; index++) {
    clock.advance(1);
    await store.set(entry(`k${index}`, 4_000));
    if (index === 50) await store.flush();
    if (index >= 50) await store.get('k0');
    if (index % 20 === 0) await store.flush();
  }
  await store.flush();
  expect(await store.get('k0')).toBeDefined();
  expect(await store.get('k1')).toBe(undefined);
  expect(await store.get('k299')).toBeDefined();
});

it.runIf(process.platform === 'linux')('the file is mapped for reading alone', async () => {
  const first = await open();
  await first.set(entry('k', 4_000));
  // Closing brings all pages into the file, so that there is something to map.
  await first.close();
  const store = await open();
  expect(await store.get('k')).toBeDefined();
  for (let index = 0; index < 300; index++) await store.set(entry(`k${index}`, 4_000));
  await store.flush();
  const maps = readFileSync('/proc/self/maps', 'utf8').split('\n');
  expect(maps.filter((line) => line.endsWith(join(folder, 'askonce.db')))).toHaveLength(1);
});

it('expired entries are removed without being asked for', async () => {
  const store = await open();
  await store.set(sampleEntry({ key: 'short', now: clock.now(), expires: clock.now() + 1_000 }));
  await store.set(entry('long'));
  await store.flush();
  expect(store.statistics().entries).toBe(2);
  clock.advance(10_000);
  await store.flush();
  expect(store.statistics().entries).toBe(1);
});

it('the last write of a key wins, even if an earlier one took longer to compress', async () => {
  const store = await open();
  const earlier = store.set(entry('k', 900_000));
  const later = store.set(entry('k', 10));
  expect([await earlier, await later]).toEqual(['superseded', 'stored']);
  expect((await store.get('k'))?.entry.recording.body.length).toBe(10);
  const deleted = store.set(entry('d', 900_000));
  await store.delete('d');
  expect(await deleted).toBe('superseded');
  expect(await store.get('d')).toBe(undefined);
});

it('an entry is found while it is being compressed, and not once it is deleted or replaced', async () => {
  const store = await open();
  const large = entry('k', 900_000);
  const keeping = store.set(large);
  const found = await store.get('k');
  expect(found).toMatchObject({ tier: 'sqlite', entry: { key: 'k', meta: large.meta } });
  expect(Buffer.compare(found?.entry.recording.body ?? Buffer.alloc(0), large.recording.body)).toBe(0);
  found?.entry.recording.body.fill(0);
  expect(await keeping).toBe('stored');
  const kept = (await store.get('k'))?.entry.recording.body;
  expect(Buffer.compare(kept ?? Buffer.alloc(0), large.recording.body)).toBe(0);

  const deleted = store.set(entry('d', 900_000));
  const gone = store.delete('d');
  expect(await store.get('d')).toBe(undefined);
  await Promise.all([deleted, gone]);
});

it('a write of a lower lease does not replace an entry that is being compressed', async () => {
  const store = await open();
  const of = (lease: number, bytes: number) =>
    sampleEntry({ key: 'k', body: Buffer.alloc(bytes, String(lease)), now: clock.now(), lease });
  const higher = store.set(of(2, 900_000));
  expect([await store.set(of(1, 10)), await higher]).toEqual(['superseded', 'stored']);
  expect((await store.get('k'))?.entry.meta.lease).toBe(2);
});

it('a wrong option is rejected', async () => {
  const wrong = [
    { maxBytes: 1 },
    { maxValueBytes: 0 },
    { file: 'also' },
    { folder: undefined },
    { retryMs: 0.5 },
  ];
  for (const options of wrong) {
    await expect(sqliteStore({ folder, ...options })).rejects.toMatchObject({ code: 'invalid_settings' });
  }
});

it('hits that the memory tier answers are reported to the SQLite tier below', async () => {
  const lower = await open();
  const store = tieredStore({ upper: memoryStore({ clock }), lower, clock });
  await store.set(entry('k'));
  await store.flush();
  clock.advance(1000);
  expect((await store.get('k'))?.tier).toBe('memory');
  await store.getMany(['k', 'none']);
  expect(lower.heat('k')).toEqual({ hits: 2, last: clock.now() });
});

it('deleted entries leave no bytes in the files once the store is closed', async () => {
  const store = await open();
  const words = ['kept words', 'words to be deleted', 'words to go with others'];
  for (const [index, word] of words.entries())
    await store.set(sampleEntry({ key: `k${index}`, body: Buffer.alloc(20_000, word), now: clock.now() }));
  await store.flush();
  expect(await store.delete('k1')).toBe(true);
  expect(await store.deleteMany(['k2', 'k3'])).toBe(1);
  await store.close();
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  expect(words.map((word) => files.some((bytes) => bytes.includes(word)))).toEqual([true, false, false]);
});

it('an awaited loop over a full queue loses no write, and its entries are those of the time of the call', async () => {
  const store = await open({ maxQueueLength: 3 });
  for (let index = 0; index < 20; index++) {
    const body = Buffer.from(`body ${index}`);
    const writing = store.set(sampleEntry({ key: `k${index}`, body, now: clock.now() }));
    body.fill(0);
    expect(await writing).toBe('stored');
  }
  await store.flush();
  const found = await store.getMany(Array.from({ length: 20 }, (_none, index) => `k${index}`));
  expect(found.map((each) => Buffer.from(each?.entry.recording.body ?? []).toString())).toEqual(
    Array.from({ length: 20 }, (_none, index) => `body ${index}`),
  );
  expect(store.statistics().refused).toEqual({});
});

it('many entries written in one call wait for the room that they need', async () => {
  const store = await open({ maxQueueLength: 3 });
  const many = Array.from({ length: 50 }, (_none, index) => entry(`k${index}`));
  expect(await store.setMany(many)).toEqual(Array(50).fill('stored'));
  await store.flush();
  expect(store.statistics().entries).toBe(50);
});

it('a deletion drops a write that waits for room', async () => {
  const store = await open({ maxQueueLength: 1 });
  const [first, second, third] = [store.set(entry('a')), store.set(entry('b')), store.set(entry('c'))];
  expect([first, third]).toEqual(['stored', 'queue-full']);
  await store.delete('b');
  expect(await second).toBe('superseded');
  await store.flush();
  expect([await store.get('a'), await store.get('b')]).toEqual([expect.anything(), undefined]);
  expect(store.statistics().refused).toEqual({ 'queue-full': 1, superseded: 1 });
});

it('closing the store ends the writes that wait for room', async () => {
  const store = await open({ maxQueueLength: 1 });
  const waiting = [store.set(entry('a')), store.set(entry('b'))];
  await store.close();
  expect(await Promise.all(waiting)).toEqual(['stored', 'failed']);
});

it('through memory above a full queue, writes wait as well, and none is in memory alone', async () => {
  const lower = await open({ maxQueueLength: 3 });
  const store = tieredStore({ upper: memoryStore({ clock }), lower, clock });
  const many = Array.from({ length: 50 }, (_none, index) => entry(`k${index}`));
  expect(await store.setMany(many)).toEqual(Array(50).fill('stored'));
  for (let index = 0; index < 20; index++) expect(await store.set(entry(`l${index}`))).toBe('stored');
  await store.flush();
  expect(lower.statistics().entries).toBe(70);
});
