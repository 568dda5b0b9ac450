/**
 * The SQLite store when its file is damaged, locked, foreign or gone.
 */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../packages/askonce/src/clock.ts';
import { fakeClock } from '../packages/askonce/src/testing/fake-clock.ts';
import { lockedByAnother } from './support/file-lock.ts';
import { bodyOf } from './support/sqlite-bodies.ts';
import { entryOf, lastLine, sqliteDisk } from './support/sqlite-disk.ts';

const disk = sqliteDisk();

describe('the SQLite store when its file is damaged', () => {
  const damages: Readonly<Record<string, () => void>> = {
    'garbage from its first byte': () => writeFileSync(disk.file, randomBytes(50_000)),
    'a text': () => writeFileSync(disk.file, 'not a database\n'),
    'a file cut short': () => truncateSync(disk.file, Math.floor(statSync(disk.file).size / 2)),
    'a header and nothing else': () => truncateSync(disk.file, 100),
    'a folder': () => {
      rmSync(disk.file);
      mkdirSync(disk.file);
    },
    'a file without its tables': () => {
      const database = new DatabaseSync(disk.file);
      database.exec('DROP TABLE entries');
      database.close();
    },
  };

  for (const [what, damage] of Object.entries(damages)) {
    it(`the SQLite store moves ${what} aside, reports it, and starts anew`, async () => {
      await disk.fill(50);
      damage();
      const troubles: string[] = [];
      const store = await disk.open({ onTrouble: ({ message }) => troubles.push(message) });
      expect(troubles.join()).toContain(`${disk.file}.damaged-1`);
      expect(existsSync(`${disk.file}.damaged-1`)).toBe(true);
      expect(await store.get('k0')).toBe(undefined);
      expect(await store.set(entryOf('new'))).toBe('stored');
      await store.flush();
      expect(await store.get('new')).toBeDefined();
      expect(statSync(disk.file).mode & 0o777).toBe(0o600);
    });
  }

  it('garbage in the middle of the SQLite file is a miss, never an answer, and the file is moved aside once noticed', async () => {
    const keys = await disk.fill(200);
    const bytes = readFileSync(disk.file);
    randomBytes(bytes.length - 20_000).copy(bytes, 12_000);
    writeFileSync(disk.file, bytes);
    const moved = Promise.withResolvers<void>();
    const store = await disk.open({
      onTrouble: ({ message }) => message.includes('damaged-1') && moved.resolve(),
    });
    for (const key of keys) {
      const found = await store.get(key);
      if (found !== undefined) expect(bodyOf(key, 3_000).equals(found.entry.recording.body)).toBe(true);
    }
    await moved.promise;
    await expect.poll(() => store.set(entryOf('new'))).toBe('stored');
    await store.flush();
    expect(await store.get('new')).toBeDefined();
  });

  it('an unreadable value is removed, counted and reported by the SQLite store', async () => {
    await disk.fill(3);
    const database = new DatabaseSync(disk.file);
    database.prepare('UPDATE entries SET value = ? WHERE key = ?').run(randomBytes(500), 'k1');
    database.close();
    const store = await disk.open();
    const removed: string[] = [];
    store.onRemoved((keys, cause) => removed.push(`${cause} ${keys.join()}`));
    expect((await store.getMany(['k0', 'k1', 'k2'])).map((found) => found !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
    await store.flush();
    expect(store.statistics()).toMatchObject({ entries: 2, unreadable: 1, hits: 2, misses: 1 });
    expect(removed).toEqual(['unreadable k1']);
  });

  it('only one of several processes that notice the damage moves the SQLite file', async () => {
    writeFileSync(disk.file, randomBytes(50_000));
    const writers = ['a', 'b'].map((prefix) => disk.startWriter(prefix, 1_000, 50));
    const [store, reports] = await Promise.all([disk.open(), Promise.all(writers.map(lastLine))]);
    expect(reports.map((report) => JSON.parse(report).found)).toEqual([50, 50]);
    expect(readdirSync(disk.folder).filter((name) => name.includes('damaged'))).toEqual([
      'askonce.db.damaged-1',
    ]);
    expect(await store.get('a0')).toBeDefined();
    expect(await store.get('b0')).toBeDefined();
  }, 30_000);

  it('a SQLite file that is merely locked is never moved, and is tried again later', async () => {
    new DatabaseSync(disk.file).close();
    const release = await lockedByAnother(disk.file);
    const clock = fakeClock(systemClock.now());
    const troubles: string[] = [];
    const store = await disk.open({
      clock,
      busyTimeoutMs: 20,
      onTrouble: ({ message }) => troubles.push(message),
    });
    expect(await store.set(entryOf('k'))).toBe('failed');
    expect(await store.get('k')).toBe(undefined);
    await expect(store.delete('k')).rejects.toMatchObject({ code: 'store_failed' });
    expect(troubles.join()).toContain('busy');
    await release();
    clock.advance(30_000);
    await expect.poll(() => store.set(entryOf('k'))).toBe('stored');
    expect(readdirSync(disk.folder).filter((name) => name.includes('damaged'))).toEqual([]);
  });

  it('the SQLite store leaves a file of a newer release or of another program as it is', async () => {
    await disk.fill(1);
    const newer = new DatabaseSync(disk.file);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    const foreign = join(disk.folder, 'foreign.db');
    const other = new DatabaseSync(foreign);
    other.exec('CREATE TABLE other (a)');
    other.close();
    for (const [target, reason] of [
      [disk.file, 'newer'],
      [foreign, 'foreign'],
    ] as const) {
      const before = readFileSync(target);
      const troubles: string[] = [];
      const store = await disk.open({ file: target, onTrouble: ({ message }) => troubles.push(message) });
      expect(await store.set(entryOf('k'))).toBe('failed');
      await store.close();
      expect(troubles.join()).toContain(reason);
      expect(readFileSync(target).equals(before)).toBe(true);
    }
  });

  it('a SQLite store that may have no file finds and stores nothing, and goes on', async () => {
    writeFileSync(join(disk.folder, 'plain'), '');
    const troubles: string[] = [];
    const store = await disk.open({
      file: join(disk.folder, 'plain', 'askonce.db'),
      onTrouble: ({ message }) => troubles.push(message),
    });
    expect(await store.set(entryOf('k'))).toBe('failed');
    expect(await store.get('k')).toBe(undefined);
    expect(store.statistics()).toMatchObject({ entries: 0, refused: { failed: 1 } });
    expect(troubles.length).toBe(1);
  });

  it('the SQLite store begins a new file when its own is removed', async () => {
    const store = await disk.open();
    await store.set(entryOf('k'));
    await store.flush();
    rmSync(disk.file);
    rmSync(`${disk.file}-wal`);
    await store.set(entryOf('lost'));
    await store.flush();
    await expect.poll(() => store.set(entryOf('new'))).toBe('stored');
    await store.flush();
    expect(await store.get('new')).toBeDefined();
    expect(existsSync(disk.file)).toBe(true);
  });
});
