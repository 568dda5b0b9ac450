/**
 * Vectors in the SQLite file: where they lie, that they go with their entries, and that files of the release before work.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { systemClock } from '../packages/askonce/src/clock.ts';
import { encodeEntry } from '../packages/askonce/src/entry/codec.ts';
import { compressionDefaults } from '../packages/askonce/src/entry/compression.ts';
import type { Entry } from '../packages/askonce/src/entry/entry.ts';
import { type KeyRing, keyRing } from '../packages/askonce/src/entry/key-ring.ts';
import type { SqliteStore } from '../packages/askonce/src/store/sqlite/store.ts';
import { fakeClock } from '../packages/askonce/src/testing/fake-clock.ts';
import { sampleEntry } from '../packages/askonce/src/testing/sample-entry.ts';
import { sqliteDisk } from './support/sqlite-disk.ts';

const disk = sqliteDisk();
const vector = 'VECTOROFTHESECRET'.repeat(30);

const entryOf = (name: string, meta: Partial<Parameters<typeof sampleEntry>[0]> = {}): Entry =>
  sampleEntry({
    key: `t:v1:p:en:{${name}}`,
    now: systemClock.now(),
    embedder: 'e/1',
    vector,
    frame: 'frame-of-it',
    tagDigests: ['all'],
    ...meta,
  });

async function walked(store: SqliteStore): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const page of store.vectors.walk()) keys.push(...page.map(({ key }) => key));
  return keys.sort();
}

function rows<T>(read: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(disk.file);
  try {
    return read(database);
  } finally {
    database.close();
  }
}

const count = (table: string) =>
  rows((database) => database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']);

/** How often a text is in the files of the store. */
const times = (text: string) =>
  readdirSync(disk.folder)
    .map((name) => readFileSync(join(disk.folder, name)).toString('latin1').split(text).length - 1)
    .reduce((sum, found) => sum + found, 0);

it('the value of an entry in the SQLite file has no vector, and a hit reads none', async () => {
  const store = await disk.open();
  const entry = entryOf('k');
  await store.set(entry);
  await store.flush();
  const { value, record } = rows((database) => ({
    value: database.prepare('SELECT value FROM entries').get()?.['value'],
    record: database.prepare('SELECT record FROM vectors').get()?.['record'],
  }));
  expect(Buffer.from(value instanceof Uint8Array ? value : []).includes(vector)).toBe(false);
  expect(Buffer.from(record instanceof Uint8Array ? record : []).includes(vector)).toBe(true);
  expect((await store.get(entry.key))?.entry.meta.vector).toBe(undefined);
  expect((await store.vectors.getMany([entry.key]))[0]?.vector).toBe(vector);
});

it('a walk over the entries of a SQLite file brings their vectors as well', async () => {
  const store = await disk.open();
  await store.setMany([entryOf('a'), sampleEntry({ key: 't:v1:p:en:{b}', now: systemClock.now() })]);
  const found = new Map<string, string | undefined>();
  for await (const page of store.scan.walk())
    for (const { key, meta } of page) found.set(key, meta.vector && `${meta.embedder} ${meta.vector}`);
  expect([...found]).toEqual([
    ['t:v1:p:en:{a}', `e/1 ${vector}`],
    ['t:v1:p:en:{b}', undefined],
  ]);
});

it('vectors are encrypted as their entries are, and are nowhere without the key', async () => {
  const ring = (digit: string) => keyRing([`${digit}:${digit.repeat(64)}`]);
  const open = (encryption: KeyRing | undefined) => disk.open({ encryption });
  const store = await open(ring('a'));
  const entry = entryOf('k');
  await store.set(entry);
  expect(await store.vectors.put({ key: entry.key, lease: 0, embedder: 'e/2', vector })).toBe(true);
  await store.close();
  expect(['VECTOROFTHESECRET', 'frame-of-it', 'e/1', 'e/2'].map(times)).toEqual([0, 0, 0, 0]);
  const [again, clear, other] = [await open(ring('a')), await open(undefined), await open(ring('b'))];
  expect((await again.vectors.getMany([entry.key]))[0]?.embedder).toBe('e/2');
  for (const blind of [clear, other]) {
    expect(await blind.vectors.getMany([entry.key])).toEqual([undefined]);
    expect(await walked(blind)).toEqual([]);
  }
});

it('a vector leaves the SQLite file with its entry: deleted, expired, evicted, unreadable, or removed to make room', async () => {
  const clock = fakeClock(systemClock.now());
  const store = await disk.open({ clock, maxBytes: 1_048_576 });
  const names = ['deleted', 'wiped', 'found', 'expired', 'unreadable', 'replaced', 'left'];
  const keyOf = (name: string) => entryOf(name).key;
  await store.setMany(
    names.map((name) =>
      entryOf(name, {
        now: clock.now(),
        tagDigests: [name],
        ...(name === 'expired' && { expires: clock.now() + 1_000 }),
      }),
    ),
  );
  await store.flush();
  expect(await walked(store)).toEqual(names.map(keyOf).sort());
  await store.delete(keyOf('deleted'));
  await store.deleteMany([keyOf('wiped')]);
  for await (const { keys } of store.tags.find({ clauses: [['found']] }))
    await store.deleteMany(keys, { toMakeRoom: true });
  await store.set(sampleEntry({ key: keyOf('replaced'), now: clock.now() }));
  clock.advance(1_000);
  rows((database) => {
    database.exec('PRAGMA busy_timeout = 5000');
    database
      .prepare("UPDATE entries SET value = CAST(x'00' || substr(value, 2) AS BLOB) WHERE key = ?")
      .run(keyOf('unreadable'));
  });
  expect(await store.get(keyOf('unreadable'))).toBe(undefined);
  await store.flush();
  expect(await walked(store)).toEqual([keyOf('left')]);
  // What only makes room is deleted later.
  for (let turn = 0; turn < 1_000 && Number(count('vectors')) > 1; turn++) {
    clock.advance(10);
    await store.flush();
  }
  expect(count('vectors')).toBe(1);
  // Evicted: as cold as the others, and the bound is reached.
  for (let n = 0; n < 400; n++)
    await store.set(entryOf(`n${n}`, { now: clock.now() + 1, body: Buffer.alloc(8_000, n) }));
  await store.flush();
  expect(store.statistics().evictions).toBeGreaterThan(0);
  expect(count('vectors')).toBe(count('entries'));
  expect(await store.vectors.getMany([keyOf('left')])).toEqual([undefined]);
});

it('a vector that waits to be written is seen, and one that is put counts for the entry as it is by then', async () => {
  const store = await disk.open();
  const [one, two] = [entryOf('one', { lease: 1 }), entryOf('two', { lease: 1 })];
  void store.set(one);
  expect((await store.vectors.getMany([one.key]))[0]?.vector).toBe(vector);
  await store.set(two);
  const put = store.vectors.put({ key: two.key, lease: 1, embedder: 'e/2', vector: 'AAAA' });
  const replaced = store.set(entryOf('two', { lease: 2, vector: 'BBBB' }));
  const gone = store.delete(one.key);
  const late = store.vectors.put({ key: one.key, lease: 1, embedder: 'e/2', vector: 'AAAA' });
  await Promise.all([put, replaced, gone]);
  expect(await late).toBe(false);
  const found = await store.vectors.getMany([one.key, two.key]);
  expect(found.map((each) => each?.vector)).toEqual([undefined, 'BBBB']);
});

it('processes that share a SQLite file replace vectors under the lease of the entry, and none of an entry that has gone', async () => {
  const [store, other] = [await disk.open(), await disk.open()];
  const entry = entryOf('k', { lease: 3 });
  await store.set(entry);
  await store.flush();
  const { key } = entry;
  const put = (by: SqliteStore, lease: number) =>
    by.vectors.put({ key, lease, embedder: 'e/2', vector: 'AAAA' });
  expect(await put(other, 3)).toBe(true);
  expect((await store.vectors.getMany([key]))[0]).toMatchObject({
    embedder: 'e/2',
    vector: 'AAAA',
    lease: 3,
  });
  await other.set(entryOf('k', { lease: 4 }));
  await other.flush();
  expect(await put(store, 3)).toBe(false);
  expect((await store.vectors.getMany([key]))[0]).toMatchObject({ embedder: 'e/1', vector, lease: 4 });
  await other.delete(key);
  expect([await put(store, 4), await walked(store)]).toEqual([false, []]);
});

it('a store without a file has no vectors to read, and says so', async () => {
  const store = await disk.open();
  await store.close();
  await expect(store.vectors.getMany(['k'])).rejects.toMatchObject({ code: 'store_failed' });
  await expect(store.vectors.put({ key: 'k', lease: 0, embedder: 'e', vector })).rejects.toMatchObject({
    code: 'store_failed',
  });
});

/** A file as the release before left it: vectors in the values of entries. */
async function asTheReleaseBefore(entries: readonly Entry[], keys?: KeyRing): Promise<void> {
  const store = await disk.open({ encryption: keys });
  await store.close();
  const values = await Promise.all(
    entries.map((entry) => encodeEntry(entry, { ...compressionDefaults, keys })),
  );
  rows((database) => {
    const put = database.prepare(
      'INSERT INTO entries (key, lease, created, expires, value) VALUES (?, ?, ?, ?, ?)',
    );
    for (const [index, { key, meta }] of entries.entries())
      put.run(key, meta.lease, meta.created, meta.expires, values[index] ?? null);
    database.exec(`
      DROP TRIGGER entry_gone_with_vector;
      DROP TABLE vectors; DROP TABLE vectors_head; DROP TABLE feed; DROP TABLE feed_head;
      DROP TRIGGER entry_anew;
      CREATE TRIGGER entry_anew AFTER UPDATE ON entries WHEN OLD.id IN removed BEGIN
        DELETE FROM removed WHERE id = OLD.id;
        DELETE FROM heat WHERE id = OLD.id;
        DELETE FROM added_tags WHERE key = OLD.key;
      END;
      PRAGMA user_version = 3;`);
  });
}

it.each([['in the clear', undefined] as const, ['encrypted', keyRing([`a:${'0a'.repeat(32)}`])] as const])(
  'a SQLite file of the release before is migrated, and its vectors are found, %s',
  async (_how, encryption) => {
    const entries = Array.from({ length: 300 }, (_none, index) =>
      entryOf(`k${index}`, {
        lease: index,
        ...(index % 3 === 0 && { embedder: undefined, vector: undefined }),
      }),
    );
    await asTheReleaseBefore(entries, encryption);
    const [store, other] = [await disk.open({ encryption }), await disk.open({ encryption })];
    const [first, second] = [entries[1], entries[2]];
    if (first === undefined || second === undefined) throw new Error('there are no entries');
    expect((await store.get(first.key))?.entry.recording.body.length).toBeGreaterThan(0);
    expect((await store.vectors.getMany([first.key]))[0]).toMatchObject({
      embedder: 'e/1',
      vector,
      frame: 'frame-of-it',
      lease: 1,
    });
    expect(await store.vectors.put({ key: second.key, lease: 2, embedder: 'e/2', vector: 'AAAA' })).toBe(
      true,
    );
    const withVector = entries.filter(({ meta }) => meta.vector !== undefined).map(({ key }) => key);
    const found = await Promise.all([walked(store), walked(other)]);
    for (const keys of found) expect([...new Set(keys)].sort()).toEqual(withVector.toSorted());
    expect(count('vectors')).toBe(withVector.length);
    expect(rows((database) => database.prepare('SELECT unmoved FROM vectors_head').get())).toEqual({
      unmoved: 0,
    });
    expect((await other.vectors.getMany([second.key]))[0]?.embedder).toBe('e/2');
    expect(await walked(store)).toEqual(withVector.toSorted());
    await store.deleteMany(withVector);
    expect(count('vectors')).toBe(0);
  },
);

it('an entry of the release before that is written anew keeps its vector where it states one, and has none where not', async () => {
  await asTheReleaseBefore([entryOf('a'), entryOf('b'), entryOf('c')]);
  const store = await disk.open();
  const keyOf = (name: string) => entryOf(name).key;
  await store.set(sampleEntry({ key: keyOf('a'), now: systemClock.now() }));
  await store.set(entryOf('b', { vector: 'BBBB' }));
  await store.delete(keyOf('c'));
  const found = await store.vectors.getMany(['a', 'b', 'c'].map(keyOf));
  expect(found.map((each) => each?.vector)).toEqual([undefined, 'BBBB', undefined]);
  expect(await walked(store)).toEqual([keyOf('b')]);
});

it('the feed of a SQLite file holds its own number of rows, apart from the invalidation log', async () => {
  const [store, other] = [await disk.open(), await disk.open()];
  const rowsOf = (from: number, length: number) =>
    Array.from({ length }, (_none, index) => ({ id: `r${from + index}`, what: '{}' }));
  await store.shared.log.append([{ id: 'invalidation', what: '{}' }], 0);
  for (let from = 0; from < 9_000; from += 1_000) await store.shared.feed.append(rowsOf(from, 1_000), 0);
  const reading = await other.shared.feed.read(1);
  expect([reading.last, reading.floor, reading.rows[0]?.id]).toEqual([9_000, 9_000 - 8_192 + 1, 'r808']);
  const log = await other.shared.log.read(1);
  expect([log.last, log.rows.map(({ id }) => id)]).toEqual([1, ['invalidation']]);
  expect(log.generation).not.toBe(reading.generation);
});
