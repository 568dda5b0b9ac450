/**
 * The SQLite store when processes die, compete or fill the disk.
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockedByAnother } from './support/file-lock.ts';
import { bodyOf } from './support/sqlite-bodies.ts';
import { entryOf, lastLine, sqliteDisk, writerProgram } from './support/sqlite-disk.ts';

const disk = sqliteDisk();

describe('the SQLite store when processes die or compete', () => {
  it('every durable entry of the SQLite store is whole after kill -9 at any moment, and only others are lost', async () => {
    for (let round = 0; round < 8; round++) {
      const writer = disk.startWriter(`r${round}-`, 2_000, 1_000_000);
      const lines = writer.lines[Symbol.asyncIterator]();
      let durable = 0;
      for (let left = randomInt(1, 40); left > 0; left--) durable = Number((await lines.next()).value);
      writer.child.kill('SIGKILL');
      await writer.ended;
      const troubles: string[] = [];
      const store = await disk.open({ onTrouble: ({ message }) => troubles.push(message) });
      for (let index = 0; index < durable; index++) {
        const key = `r${round}-${index}`;
        const found = await store.get(key);
        expect(found && bodyOf(key, 2_000).equals(found.entry.recording.body), key).toBe(true);
      }
      expect(await store.set(entryOf('after'))).toBe('stored');
      await store.close();
      expect(troubles).toEqual([]);
    }
  }, 60_000);

  it('two processes write one SQLite file at once without losing an entry', async () => {
    const writers = ['a', 'b'].map((prefix) => disk.startWriter(prefix, 1_000, 300));
    const reports = await Promise.all(writers.map(lastLine));
    expect(reports.map((report) => JSON.parse(report))).toEqual([
      { found: 300, refused: {} },
      { found: 300, refused: {} },
    ]);
    const store = await disk.open();
    const keys = ['a', 'b'].flatMap((prefix) =>
      Array.from({ length: 300 }, (_none, index) => `${prefix}${index}`),
    );
    const found = await store.getMany(keys);
    expect(found.filter((each) => each !== undefined).length).toBe(600);
  }, 60_000);

  it('while another process holds the write lock, the SQLite store reads on and counts the writes that it drops', async () => {
    const troubles: string[] = [];
    const store = await disk.open({ busyTimeoutMs: 20, onTrouble: ({ message }) => troubles.push(message) });
    await store.set(entryOf('before'));
    await store.flush();
    const release = await lockedByAnother(disk.file);
    expect(await store.get('before')).toBeDefined();
    expect(await store.set(entryOf('during'))).toBe('stored');
    expect(await store.get('during')).toBeDefined();
    await store.flush();
    expect(await store.get('during')).toBe(undefined);
    expect(store.statistics().refused).toEqual({ failed: 1 });
    await expect(store.delete('before')).rejects.toMatchObject({ code: 'store_failed' });
    expect(troubles.join()).toContain('busy');
    await release();
    expect(await store.set(entryOf('afterwards'))).toBe('stored');
    await store.flush();
    expect(await store.get('afterwards')).toBeDefined();
    expect(await store.get('before')).toBeDefined();
  });

  it('the SQLite store has as many writes wait as its queue holds, and refuses those beyond them at once', async () => {
    const store = await disk.open({ maxQueueLength: 5 });
    const results = Array.from({ length: 13 }, (_none, index) => store.set(entryOf(`k${index}`)));
    expect(results.slice(0, 5)).toEqual(Array(5).fill('stored'));
    expect(results.slice(10)).toEqual(Array(3).fill('queue-full'));
    expect(await Promise.all(results.slice(5, 10))).toEqual(Array(5).fill('stored'));
    expect(store.statistics().refused).toEqual({ 'queue-full': 3 });
    const small = await disk.open({ file: join(disk.folder, 'small.db'), maxQueueBytes: 10_000 });
    const sizes = [4_000, 4_000, 4_000, 4_000, 4_000, 70_000].map((bytes, index) =>
      small.set(entryOf(`k${index}`, bytes)),
    );
    expect([sizes[0], sizes[1], sizes[4], sizes[5]]).toEqual([
      'stored',
      'stored',
      'queue-full',
      'queue-full',
    ]);
    expect(await Promise.all([sizes[2], sizes[3]])).toEqual(['stored', 'stored']);
  });

  it('with a full disk the SQLite store refuses and counts writes, and reads on', async () => {
    const command = `ulimit -f 1500; exec "${process.execPath}" "$@"`;
    const writer = disk.run('bash', ['-c', command, 'bash', writerProgram, disk.file, 'k', '20000', '200']);
    const report = JSON.parse(await lastLine(writer));
    expect(report.refused.failed).toBeGreaterThan(0);
    expect(report.found).toBe(200 - report.refused.failed);
    expect(report.found).toBeGreaterThan(0);
    const store = await disk.open();
    expect(await store.set(entryOf('room again'))).toBe('stored');
    await store.flush();
    expect(await store.get('room again')).toBeDefined();
  });
});
