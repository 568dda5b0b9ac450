/** The tables of a ledger's file are those of its version, and a file whose tables are not is left as it is. */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { migrate } from '../../sqlite-file/version.ts';
import { sampleBatch, sampleCounter, samplePattern, sampleRow } from '../../testing/sample-batch.ts';
import { dimensionNames } from '../contract.ts';
import { countColumns } from '../counts.ts';
import { ledgerSchema, openLedgerFile } from './schema.ts';
import { sqliteLedger } from './store.ts';

const everything = { from: 0, to: Number.MAX_SAFE_INTEGER, where: {}, by: 'model' } as const;
const batch = (sequence: number) =>
  sampleBatch({ sequence, counters: [sampleCounter({ counts: { requests: 1 }, hitsTook: [1] })] });

function columnsOf(database: DatabaseSync, table: string): readonly unknown[] {
  return database
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map(({ name }) => name);
}

function ledgerIn(folder: string) {
  const reports: string[] = [];
  const path = join(folder, 'ledger.db');
  const open = () => {
    const store = sqliteLedger({ path, onTrouble: (message) => reports.push(message) });
    onTestFinished(() => store.close());
    return store;
  };
  function change(statements: string): void {
    const database = new DatabaseSync(path);
    database.exec(statements);
    database.close();
  }
  return { path, open, change, reports };
}

describe('the tables of a ledger in a file', () => {
  it('of version 1 never change, since there are files that have them', () => {
    expect(hash('sha256', ledgerSchema.migrations[0] ?? '')).toBe(
      'b662e56006c8c2538e9625b289f2af22dac083db20c24daa73f812dc49cf8c81',
    );
  });

  it('have a column for each figure and each dimension', () => {
    const database = openLedgerFile(join(temporaryFolder(), 'ledger.db'), 0);
    const columns = columnsOf(database, 'cache_statistics');
    expect(columns).toEqual(expect.arrayContaining([...Object.values(countColumns), ...dimensionNames]));
    database.close();
  });

  it('get a figure that is added later by a further version, in new and in old files', () => {
    const added = 'ALTER TABLE cache_statistics ADD COLUMN dreams INTEGER NOT NULL DEFAULT 0;';
    const later = { ...ledgerSchema, migrations: [...ledgerSchema.migrations, added] };
    const path = join(temporaryFolder(), 'old.db');
    const old = openLedgerFile(path, 0);
    old.exec(
      `INSERT INTO cache_statistics (bucket, ${dimensionNames.join(', ')}, hits, hit_durations, miss_durations)
       VALUES (0, ${dimensionNames.map(() => "''").join(', ')}, 7, x'', x'')`,
    );
    const fresh = new DatabaseSync(':memory:');
    for (const database of [old, fresh]) {
      migrate(database, later);
      expect(columnsOf(database, 'cache_statistics')).toContain('dreams');
    }
    expect(old.prepare('SELECT hits, dreams FROM cache_statistics').get()).toEqual({ hits: 7, dreams: 0 });
    for (const database of [old, fresh]) database.close();
    // An older release leaves the file alone.
    expect(() => openLedgerFile(path, 0)).toThrow(/schema version/);
  });
});

describe('the size of a ledger in a file', () => {
  it('is read, not counted, and is right in a file of version 1, too', async () => {
    const { path, open, change } = ledgerIn(temporaryFolder());
    const old = new DatabaseSync(path);
    migrate(old, { ...ledgerSchema, migrations: ledgerSchema.migrations.slice(0, 1) });
    old.exec("INSERT INTO query_pattern VALUES ('key', 'text', '', '', '', '', 1, 5, 'user')");
    old.close();

    const store = open();
    const pattern = (key: string) => samplePattern(key, { lastAsked: 9 });
    await store.write(
      sampleBatch({
        patterns: [pattern('key'), pattern('other')],
        rows: [sampleRow(), sampleRow({ user: 'u' })],
      }),
    );
    await store.write(batch(2));
    await store.write(batch(3));
    expect(await store.size()).toMatchObject({ rows: 2, counters: 1, patterns: 2 });
    await store.erase('u', 0);
    await store.prune({ rowsSince: 0, countersSince: 0, patternsSince: 0, maxBytes: 1e9, maxPatterns: 1 });
    expect(await store.size()).toMatchObject({ rows: 1, counters: 1, patterns: 1 });
    change("UPDATE ledger_size SET count = 7_000_000 WHERE name = 'cache_event'");
    expect((await store.size()).rows).toBe(7_000_000);
  });
});

it('an erased text is gone from the log of the file after the next pruning, if another process read it meanwhile', async () => {
  const { path } = ledgerIn(temporaryFolder());
  const store = sqliteLedger({ path, busyTimeoutMs: 1 });
  onTestFinished(() => store.close());
  const log = () => readFileSync(`${path}-wal`).includes('a secret question');
  await store.write(
    sampleBatch({ patterns: [samplePattern('key', { text: 'a secret question', user: 'u' })] }),
  );
  const reading = new DatabaseSync(path);
  reading.exec('BEGIN; SELECT count(*) FROM query_pattern;');
  await store.erase('u', 0);
  expect(log()).toBe(true);
  reading.close();
  await store.prune({ rowsSince: 0, countersSince: 0, patternsSince: 0, maxBytes: 1e9, maxPatterns: 9 });
  expect(log()).toBe(false);
});

describe('the thread of a ledger in a file', () => {
  it('refuses a batch for what it contains by a code of its own', async () => {
    const { open, change } = ledgerIn(temporaryFolder());
    const store = open();
    await store.write(batch(1));
    change(
      "CREATE TRIGGER poison BEFORE INSERT ON tag_statistics WHEN NEW.tag = 'bad' BEGIN SELECT RAISE(ABORT, 'no such tag'); END",
    );
    const tag = { bucket: 0, tag: 'bad', requests: 1, hits: 1, savedNano: 1 };
    await expect(store.write(sampleBatch({ sequence: 2, tags: [tag] }))).rejects.toMatchObject({
      code: 'batch_refused',
      message: expect.stringContaining('no such tag'),
    });
    await store.write(sampleBatch({ sequence: 3, tags: [{ ...tag, tag: 'good' }] }));
    expect(await store.tags({ from: 0, to: 1, limit: 5 })).toMatchObject([{ tag: 'good' }]);
  });

  it('takes a batch however many queries wait, and refuses queries beyond the bound', async () => {
    const store = ledgerIn(temporaryFolder()).open();
    const queries = Array.from({ length: 65 }, () => store.counters(everything));
    const written = store.write(batch(1));
    const settled = await Promise.allSettled(queries);
    await written;
    expect(settled.filter(({ status }) => status === 'fulfilled').length).toBe(64);
    await expect(queries[64]).rejects.toMatchObject({
      code: 'store_failed',
      message: 'Too many calls wait for the ledger. Try again later.',
    });
    const [sum] = await store.counters(everything);
    expect(sum?.counts.requests).toBe(1);
  });
});

describe('a ledger whose tables are not those of its version', () => {
  it.each([
    [
      'a version that is lower than its tables',
      'PRAGMA user_version = 0',
      `PRAGMA user_version = ${ledgerSchema.migrations.length}`,
      /cannot be updated/,
    ],
    [
      'a table that is missing',
      'ALTER TABLE ledger_writer RENAME TO elsewhere',
      'ALTER TABLE elsewhere RENAME TO ledger_writer',
      /no such table: ledger_writer/,
    ],
  ])('is not moved aside, and is used again once it is mended: %s', async (_what, harm, mend, message) => {
    const folder = temporaryFolder();
    const { open, change, reports } = ledgerIn(folder);
    const before = open();
    await before.write(batch(1));
    await before.close();
    change(harm);

    const store = open();
    await expect(store.write(batch(2))).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringMatching(message),
    });
    expect(reports).toEqual([expect.stringMatching(message)]);
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
    await store.close();

    change(mend);
    const again = open();
    await again.write(batch(2));
    const [sum] = await again.counters(everything);
    expect(sum?.counts.requests).toBe(2);
  });
});

it('a file of the version before runs of maintenance keeps its figures, and takes runs from then on', async () => {
  const { path, open } = ledgerIn(temporaryFolder());
  const old = new DatabaseSync(path);
  migrate(old, { ...ledgerSchema, migrations: ledgerSchema.migrations.slice(0, 3) });
  old.exec("INSERT INTO query_pattern VALUES ('key', 'text', 'en', '', '', '', 1, 5, 'user')");
  old.close();
  const store = open();
  expect(await store.runs(9)).toEqual([]);
  const run = { startedAt: 7, durationMs: 1, outcome: 'complete', looked: 2, kinds: {} };
  await store.write(sampleBatch({ runs: [run] }));
  expect(await store.runs(9)).toEqual([run]);
  expect(await store.patterns({ where: {}, limit: 9 })).toMatchObject([{ key: 'key', text: 'text' }]);
});
