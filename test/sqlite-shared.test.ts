import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { systemClock } from '../packages/askonce/src/clock.ts';
import type { EntryFilter } from '../packages/askonce/src/store/contract.ts';
import type { LogRow } from '../packages/askonce/src/store/shared.ts';
import type { SqliteStore } from '../packages/askonce/src/store/sqlite/store.ts';
import { sampleEntry } from '../packages/askonce/src/testing/sample-entry.ts';
import { sqliteDisk } from './support/sqlite-disk.ts';

const program = new URL('./support/sqlite-log-child.ts', import.meta.url).pathname;
const disk = sqliteDisk();

const run = (name: string, rounds: number) =>
  disk.run(process.execPath, [program, disk.file, name, String(rounds)]);

const entry = (key: string, tagDigests: readonly string[] = ['all']) =>
  sampleEntry({ key: `t:v1:${key}`, now: systemClock.now(), tagDigests });

async function rowsOf(store: SqliteStore): Promise<readonly LogRow[]> {
  const rows: LogRow[] = [];
  for (let page = await store.shared.log.read(1); page.rows.length > 0; ) {
    rows.push(...page.rows);
    page = await store.shared.log.read((rows.at(-1)?.number ?? 0) + 1);
  }
  return rows;
}

async function found(store: SqliteStore, filter: EntryFilter) {
  const keys: string[] = [];
  const added: string[] = [];
  for await (const batch of store.tags.find(filter)) {
    keys.push(...batch.keys);
    added.push(...batch.added);
  }
  return { keys, added };
}

it('rows of two processes get distinct numbers in the SQLite log, and each process finds the other’s tags', async () => {
  const store = await disk.open();
  const runs = ['a', 'b'].map((name) => run(name, 100));
  const printed: LogRow[] = [];
  for (const { lines } of runs) lines.on('line', (line) => printed.push(JSON.parse(line)));
  // Reads while they write: what it has read never changes, and no row appears before it later.
  let seen: readonly LogRow[] = [];
  const ended = Promise.all(runs.map((one) => one.ended));
  let isOver = false;
  void ended.then(() => (isOver = true));
  while (!isOver) {
    const now = await rowsOf(store);
    expect(now.slice(0, seen.length)).toEqual(seen);
    seen = now;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const rows = await rowsOf(store);
  expect(rows.length).toBe(200);
  expect(rows).toEqual(printed.toSorted((one, other) => one.number - other.number));
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_row, index) => index + 1));
  for (const name of ['a', 'b']) {
    expect((await found(store, { clauses: [[name]] })).keys.length).toBe(100);
    const { keys, added } = await found(store, { clauses: [['all'], [`added by ${name}`]] });
    expect([keys.length, added.length]).toEqual([100, 100]);
  }
  expect((await found(store, { clauses: [['all']] })).keys.length).toBe(200);
}, 60_000);

it('every row whose append had resolved is in the SQLite log after kill -9 at any moment', async () => {
  for (let round = 0; round < 6; round++) {
    const { child, lines, ended } = run(`r${round}-`, 1_000_000);
    const stored: LogRow[] = [];
    const enough = randomInt(1, 60);
    for await (const line of lines) {
      stored.push(JSON.parse(line));
      if (stored.length === enough) child.kill('SIGKILL');
    }
    await ended;
    const store = await disk.open();
    const rows = new Map((await rowsOf(store)).map((row) => [row.number, row]));
    for (const row of stored) expect(rows.get(row.number)).toEqual(row);
    const [last] = (await store.shared.log.append([{ id: 'after', what: '{}' }], 0)).rows;
    expect(rows.has(last?.number ?? 0)).toBe(false);
    await store.close();
  }
}, 60_000);

it('a SQLite log reads what another handle appends, and reports its own rows at once', async () => {
  const [one, other] = [await disk.open(), await disk.open()];
  let heard = 0;
  const leave = one.shared.log.onAppended(() => {
    heard += 1;
  });
  expect((await one.shared.log.read(1)).last).toBe(0);
  await other.shared.log.append([{ id: 'a', what: '{}' }], 0);
  expect((await one.shared.log.read(1)).rows.map(({ id }) => id)).toEqual(['a']);
  await one.shared.log.append([{ id: 'b', what: '{}' }], 0);
  expect(heard).toBe(1);
  leave();
  await one.shared.log.append([{ id: 'c', what: '{}' }], 0);
  expect(heard).toBe(1);
});

it('a new SQLite file begins another log when the old one was damaged', async () => {
  const before = await disk.open();
  const { generation } = await before.shared.log.append([{ id: 'a', what: '{}' }], 0);
  await before.close();
  writeFileSync(disk.file, randomBytes(readFileSync(disk.file).length));
  const store = await disk.open();
  const reading = await store.shared.log.read(1);
  expect(reading).toMatchObject({ last: 0, floor: 1, rows: [] });
  expect(reading.generation).not.toBe(generation);
});

it('a SQLite log whose file was removed is not read on', async () => {
  const store = await disk.open();
  const { generation } = await store.shared.log.append([{ id: 'a', what: '{}' }], 0);
  rmSync(disk.file);
  rmSync(`${disk.file}-wal`);
  await expect(store.shared.log.read(1)).rejects.toMatchObject({ code: 'store_failed' });
  const generationNow = () =>
    store.shared.log.read(1).then(
      (reading) => reading.generation,
      () => generation,
    );
  await expect.poll(generationNow, { timeout: 10_000 }).not.toBe(generation);
});

it('an entry can be tagged while it is still being compressed', async () => {
  const store = await disk.open();
  const keeping = store.set(
    sampleEntry({ key: 't:v1:k', body: Buffer.alloc(900_000), now: systemClock.now(), tagDigests: ['aa'] }),
  );
  await store.tags.add('t:v1:k', ['bb'], systemClock.now() + 60_000);
  expect(await found(store, { clauses: [['aa'], ['bb']] })).toEqual({ keys: ['t:v1:k'], added: ['t:v1:k'] });
  expect(await keeping).toBe('stored');
});

it('a SQLite store that never had a usable file has an empty log, and rejects all else', async () => {
  writeFileSync(join(disk.folder, 'plain'), '');
  const store = await disk.open({ file: join(disk.folder, 'plain', 'askonce.db') });
  const failed = { code: 'store_failed' };
  const { generation } = await store.shared.log.read(1);
  expect(await store.shared.log.read(1)).toEqual({ generation, last: 0, floor: 1, rows: [] });
  await expect(store.shared.log.append([{ id: 'a', what: '{}' }], 0)).rejects.toMatchObject(failed);
  await expect(found(store, { clauses: [] })).rejects.toMatchObject(failed);
  await expect(store.deleteMany(['k'])).rejects.toMatchObject(failed);
  await expect(store.shared.notices.get('n')).rejects.toMatchObject(failed);
  await expect(store.shared.notices.put('n', 'text')).rejects.toMatchObject(failed);
  await expect(Promise.resolve(store.tags.add('k', ['aa'], 1))).rejects.toMatchObject(failed);
});

it('the tag index of SQLite finds queued entries, and not those about to be deleted', async () => {
  const store = await disk.open();
  await store.set(entry('a'));
  expect((await found(store, { clauses: [['all']] })).keys).toEqual(['t:v1:a']);
  await store.set(entry('b'));
  const deleting = store.deleteMany(['t:v1:a', 't:v1:b', 't:v1:none']);
  expect(await store.getMany(['t:v1:a', 't:v1:b'])).toEqual([undefined, undefined]);
  expect((await found(store, { clauses: [['all']] })).keys).toEqual([]);
  expect(await deleting).toBe(2);
});

it('deleting an entry removes its tags from the SQLite file', async () => {
  const store = await disk.open();
  await store.setMany([entry('a'), entry('b', []), entry('c')]);
  const expires = systemClock.now() + 60_000;
  for (const key of ['a', 'b', 'c']) await store.tags.add(`t:v1:${key}`, ['bb'], expires);
  await store.delete('t:v1:a');
  await store.deleteMany(['t:v1:b']);
  await store.close();
  const database = new DatabaseSync(disk.file);
  const count = (table: string) =>
    database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'];
  expect(['entries', 'entry_tags', 'added_tags'].map(count)).toEqual([1, 1, 1]);
  database.close();
});

it('a SQLite file of the second version is migrated with its entries, which can then be removed', async () => {
  const filling = await disk.open();
  await filling.setMany([entry('k'), entry('l')]);
  await filling.close();
  const database = new DatabaseSync(disk.file);
  database.exec(`
    DROP TRIGGER entry_reclaimed;
    DROP TRIGGER entry_anew;
    DROP TABLE removed;
    PRAGMA user_version = 2;`);
  database.close();
  const store = await disk.open();
  const { keys } = await found(store, { clauses: [['all']] });
  expect(keys).toEqual(['t:v1:k', 't:v1:l']);
  expect(await store.deleteMany(keys, { toMakeRoom: true })).toBe(2);
  expect(await store.getMany(keys)).toEqual([undefined, undefined]);
});

it('a SQLite file of the first version is migrated with its entries', async () => {
  const before = await disk.open();
  await before.set(entry('k'));
  await before.close();
  const database = new DatabaseSync(disk.file);
  database.exec(`
    DROP TRIGGER entry_untagged;
    DROP TABLE log; DROP TABLE log_head; DROP TABLE entry_tags; DROP TABLE added_tags; DROP TABLE notices;
    PRAGMA user_version = 1;`);
  database.close();
  const [store, other] = await Promise.all([disk.open(), disk.open()]);
  expect((await store.get('t:v1:k'))?.entry.key).toBe('t:v1:k');
  expect((await found(store, { clauses: [] })).keys).toEqual(['t:v1:k']);
  expect((await store.shared.log.read(1)).generation).toBe((await other.shared.log.read(1)).generation);
});

it('the SQLite store refuses a notice that is too long, and bounds their number', async () => {
  const store = await disk.open();
  await expect(store.shared.notices.put('n', 'x'.repeat(65_537))).rejects.toMatchObject({
    code: 'store_failed',
  });
  const names = Array.from({ length: 1_025 }, (_none, index) => `n${index}`);
  const outcomes = await Promise.allSettled(names.map((name) => store.shared.notices.put(name, 'text')));
  expect(outcomes.filter(({ status }) => status === 'rejected').length).toBe(1);
  await store.shared.notices.put('n0', 'another', 'text');
  expect(await store.shared.notices.get('n0')).toBe('another');
});
