import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../packages/askonce/src/clock.ts';
import { type SqliteStoreOptions, sqliteStore } from '../packages/askonce/src/store/sqlite/store.ts';
import { fakeClock } from '../packages/askonce/src/testing/fake-clock.ts';
import { sampleEntry } from '../packages/askonce/src/testing/sample-entry.ts';
import { lockedByAnother } from './support/file-lock.ts';
import { bodyOf } from './support/sqlite-bodies.ts';

const program = new URL('./support/sqlite-child.ts', import.meta.url).pathname;
const children: ChildProcess[] = [];
const stores: Awaited<ReturnType<typeof sqliteStore>>[] = [];
let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'askonce-faults-'));
  file = join(folder, 'askonce.db');
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const store of stores.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Partial<SqliteStoreOptions> = {}) {
  const store = await sqliteStore({ file, ...options });
  stores.push(store);
  return store;
}

const entry = (key: string, bytes = 100) =>
  sampleEntry({ key, body: bodyOf(key, bytes), now: systemClock.now() });

function run(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  return {
    child,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    ended: once(child, 'exit'),
  };
}

const writerProcess = (prefix: string, bytes: number, count: number) =>
  run(process.execPath, [program, file, prefix, String(bytes), String(count)]);

/** The last line that a process wrote, once it has ended. */
async function lastLine({ lines }: ReturnType<typeof run>): Promise<string> {
  let last = '';
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) last = line.value;
  return last;
}

async function filled(count: number, bytes = 3_000): Promise<string[]> {
  const store = await open();
  const keys = Array.from({ length: count }, (_none, index) => `k${index}`);
  for (const key of keys) await store.set(entry(key, bytes));
  await store.close();
  return keys;
}

describe('the SQLite store when processes die or compete', () => {
  it('every durable entry of the SQLite store is whole after kill -9 at any moment, and only others are lost', async () => {
    for (let round = 0; round < 8; round++) {
      const writer = writerProcess(`r${round}-`, 2_000, 1_000_000);
      let durable = 0;
      for (let lines = randomInt(1, 40); lines > 0; lines--)
        durable = Number((await writer.lines.next()).value);
      writer.child.kill('SIGKILL');
      await writer.ended;
      const troubles: string[] = [];
      const store = await open({ onTrouble: ({ message }) => troubles.push(message) });
      for (let index = 0; index < durable; index++) {
        const key = `r${round}-${index}`;
        const found = await store.get(key);
        expect(found && bodyOf(key, 2_000).equals(found.entry.recording.body), key).toBe(true);
      }
      expect(await store.set(entry('after'))).toBe('stored');
      await store.close();
      expect(troubles).toEqual([]);
    }
  }, 60_000);

  it('two processes write one SQLite file at once without losing an entry', async () => {
    const writers = ['a', 'b'].map((prefix) => writerProcess(prefix, 1_000, 300));
    const reports = await Promise.all(writers.map(lastLine));
    expect(reports.map((report) => JSON.parse(report))).toEqual([
      { found: 300, refused: {} },
      { found: 300, refused: {} },
    ]);
    const store = await open();
    const keys = ['a', 'b'].flatMap((prefix) =>
      Array.from({ length: 300 }, (_none, index) => `${prefix}${index}`),
    );
    const found = await store.getMany(keys);
    expect(found.filter((each) => each !== undefined).length).toBe(600);
  }, 60_000);

  it('while another process holds the write lock, the SQLite store reads on and counts the writes that it drops', async () => {
    const troubles: string[] = [];
    const store = await open({ busyTimeoutMs: 20, onTrouble: ({ message }) => troubles.push(message) });
    await store.set(entry('before'));
    await store.flush();
    const release = await lockedByAnother(file);
    expect(await store.get('before')).toBeDefined();
    expect(await store.set(entry('during'))).toBe('stored');
    expect(await store.get('during')).toBeDefined();
    await store.flush();
    expect(await store.get('during')).toBe(undefined);
    expect(store.statistics().refused).toEqual({ failed: 1 });
    await expect(store.delete('before')).rejects.toMatchObject({ code: 'store_failed' });
    expect(troubles.join()).toContain('busy');
    await release();
    expect(await store.set(entry('afterwards'))).toBe('stored');
    await store.flush();
    expect(await store.get('afterwards')).toBeDefined();
    expect(await store.get('before')).toBeDefined();
  });

  it('the SQLite store refuses writes beyond its queue without waiting', async () => {
    const store = await open({ maxQueueLength: 5 });
    const results = Array.from({ length: 8 }, (_none, index) => store.set(entry(`k${index}`)));
    expect(results).toEqual([...Array(5).fill('stored'), ...Array(3).fill('queue-full')]);
    expect(store.statistics().refused).toEqual({ 'queue-full': 3 });
    const small = await open({ file: join(folder, 'small.db'), maxQueueBytes: 10_000 });
    const sizes = [4_000, 4_000, 4_000, 70_000].map((bytes, index) => small.set(entry(`k${index}`, bytes)));
    expect(sizes).toEqual(['stored', 'stored', 'queue-full', 'queue-full']);
  });

  it('with a full disk the SQLite store refuses and counts writes, and reads on', async () => {
    const command = `ulimit -f 1500; exec "${process.execPath}" "$@"`;
    const writer = run('bash', ['-c', command, 'bash', program, file, 'k', '20000', '200']);
    const report = JSON.parse(await lastLine(writer));
    expect(report.refused.failed).toBeGreaterThan(0);
    expect(report.found).toBe(200 - report.refused.failed);
    expect(report.found).toBeGreaterThan(0);
    const store = await open();
    expect(await store.set(entry('room again'))).toBe('stored');
    await store.flush();
    expect(await store.get('room again')).toBeDefined();
  });
});

describe('the SQLite store when its file is damaged', () => {
  const damages: Readonly<Record<string, () => void>> = {
    'garbage from its first byte': () => writeFileSync(file, randomBytes(50_000)),
    'a text': () => writeFileSync(file, 'not a database\n'),
    'a file cut short': () => truncateSync(file, Math.floor(statSync(file).size / 2)),
    'a header and nothing else': () => truncateSync(file, 100),
    'a folder': () => {
      rmSync(file);
      mkdirSync(file);
    },
    'a file without its tables': () => {
      const database = new DatabaseSync(file);
      database.exec('DROP TABLE entries');
      database.close();
    },
  };

  for (const [what, damage] of Object.entries(damages)) {
    it(`the SQLite store moves ${what} aside, reports it, and starts anew`, async () => {
      await filled(50);
      damage();
      const troubles: string[] = [];
      const store = await open({ onTrouble: ({ message }) => troubles.push(message) });
      expect(troubles.join()).toContain(`${file}.damaged-1`);
      expect(existsSync(`${file}.damaged-1`)).toBe(true);
      expect(await store.get('k0')).toBe(undefined);
      expect(await store.set(entry('new'))).toBe('stored');
      await store.flush();
      expect(await store.get('new')).toBeDefined();
      expect(statSync(file).mode & 0o777).toBe(0o600);
    });
  }

  it('garbage in the middle of the SQLite file is a miss, never an answer, and the file is moved aside once noticed', async () => {
    const keys = await filled(200);
    const bytes = readFileSync(file);
    randomBytes(bytes.length - 20_000).copy(bytes, 12_000);
    writeFileSync(file, bytes);
    const moved = Promise.withResolvers<void>();
    const store = await open({
      onTrouble: ({ message }) => message.includes('damaged-1') && moved.resolve(),
    });
    for (const key of keys) {
      const found = await store.get(key);
      if (found !== undefined) expect(bodyOf(key, 3_000).equals(found.entry.recording.body)).toBe(true);
    }
    await moved.promise;
    await expect.poll(() => store.set(entry('new'))).toBe('stored');
    await store.flush();
    expect(await store.get('new')).toBeDefined();
  });

  it('an unreadable value is removed, counted and reported by the SQLite store', async () => {
    await filled(3);
    const database = new DatabaseSync(file);
    database.prepare('UPDATE entries SET value = ? WHERE key = ?').run(randomBytes(500), 'k1');
    database.close();
    const store = await open();
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
    writeFileSync(file, randomBytes(50_000));
    const writers = ['a', 'b'].map((prefix) => writerProcess(prefix, 1_000, 50));
    const [store, reports] = await Promise.all([open(), Promise.all(writers.map(lastLine))]);
    expect(reports.map((report) => JSON.parse(report).found)).toEqual([50, 50]);
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual(['askonce.db.damaged-1']);
    expect(await store.get('a0')).toBeDefined();
    expect(await store.get('b0')).toBeDefined();
  }, 30_000);

  it('a SQLite file that is merely locked is never moved, and is tried again later', async () => {
    new DatabaseSync(file).close();
    const release = await lockedByAnother(file);
    const clock = fakeClock(systemClock.now());
    const troubles: string[] = [];
    const store = await open({
      clock,
      busyTimeoutMs: 20,
      onTrouble: ({ message }) => troubles.push(message),
    });
    expect(await store.set(entry('k'))).toBe('failed');
    expect(await store.get('k')).toBe(undefined);
    await expect(store.delete('k')).rejects.toMatchObject({ code: 'store_failed' });
    expect(troubles.join()).toContain('busy');
    await release();
    clock.advance(30_000);
    await expect.poll(() => store.set(entry('k'))).toBe('stored');
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
  });

  it('the SQLite store leaves a file of a newer release or of another program as it is', async () => {
    await filled(1);
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    const foreign = join(folder, 'foreign.db');
    const other = new DatabaseSync(foreign);
    other.exec('CREATE TABLE other (a)');
    other.close();
    for (const [target, reason] of [
      [file, 'newer'],
      [foreign, 'foreign'],
    ] as const) {
      const before = readFileSync(target);
      const troubles: string[] = [];
      const store = await open({ file: target, onTrouble: ({ message }) => troubles.push(message) });
      expect(await store.set(entry('k'))).toBe('failed');
      await store.close();
      expect(troubles.join()).toContain(reason);
      expect(readFileSync(target).equals(before)).toBe(true);
    }
  });

  it('a SQLite store that may have no file finds and stores nothing, and goes on', async () => {
    writeFileSync(join(folder, 'plain'), '');
    const troubles: string[] = [];
    const store = await open({
      file: join(folder, 'plain', 'askonce.db'),
      onTrouble: ({ message }) => troubles.push(message),
    });
    expect(await store.set(entry('k'))).toBe('failed');
    expect(await store.get('k')).toBe(undefined);
    expect(store.statistics()).toMatchObject({ entries: 0, refused: { failed: 1 } });
    expect(troubles.length).toBe(1);
  });

  it('the SQLite store begins a new file when its own is removed', async () => {
    const store = await open();
    await store.set(entry('k'));
    await store.flush();
    rmSync(file);
    rmSync(`${file}-wal`);
    await store.set(entry('lost'));
    await store.flush();
    await expect.poll(() => store.set(entry('new'))).toBe('stored');
    await store.flush();
    expect(await store.get('new')).toBeDefined();
    expect(existsSync(file)).toBe(true);
  });
});
