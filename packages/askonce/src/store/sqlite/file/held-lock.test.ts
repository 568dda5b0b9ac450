import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../../../../test/support/temporary-folder.ts';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { sampleEntry } from '../../../testing/sample-entry.ts';
import { sqliteStore } from '../store.ts';

async function setUp() {
  const folder = temporaryFolder();
  const clock = fakeClock();
  const open = async () => {
    const store = await sqliteStore({ folder, clock, compression: { threshold: 10_000_000 } });
    onTestFinished(() => store.close());
    return store;
  };
  const store = await open();
  const sent = (key: string, body = 'another') => sampleEntry({ key, now: clock.now(), body });
  const put = async (key: string, body: string, into = store) => {
    await into.set(sent(key, body));
    await into.flush();
  };
  await put('k', 'first');
  const file = join(folder, 'askonce.db');
  const other = new DatabaseSync(file, { timeout: 0 });
  onTestFinished(() => other.close());
  /** Whether a reader keeps the write-ahead log from being begun anew. */
  const isHeld = () => {
    // Else there would be nothing that a checkpoint does.
    other.exec("INSERT OR REPLACE INTO marks (name, until) VALUES ('held', 0)");
    return other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 1;
  };
  const isWritten = (key: string) =>
    other.prepare('SELECT id FROM entries WHERE key = ?').get(key) !== undefined;
  const read = (key = 'k') => {
    const found = store.get(key);
    if (found instanceof Promise) throw new Error('the entry is compressed');
    return found && Buffer.from(found.entry.recording.body).toString();
  };
  return { clock, store, open, sent, put, file, isHeld, isWritten, read };
}

it('one read a millisecond does not hold the lock', async () => {
  const { clock, isHeld, read } = await setUp();
  for (let reads = 0; reads < 5; reads++) {
    clock.advance(1);
    expect(read()).toBe('first');
    expect(isHeld()).toBe(false);
  }
});

it('reads in one millisecond hold the lock until the next one', async () => {
  const { clock, isHeld, read } = await setUp();
  for (let milliseconds = 0; milliseconds < 5; milliseconds++) {
    clock.advance(1);
    read();
    expect(isHeld()).toBe(false);
    read();
    expect(isHeld()).toBe(true);
    read();
    expect(isHeld()).toBe(true);
  }
});

it('the lock is given back once the event loop turns, and can be held again', async () => {
  const { isHeld, read } = await setUp();
  for (let turns = 0; turns < 5; turns++) {
    read();
    read();
    expect(isHeld()).toBe(true);
    await setImmediate();
    expect(isHeld()).toBe(false);
  }
});

it('the lock is given back when this process writes, and is not held until it has written', async () => {
  const { store, isHeld, isWritten, read, sent } = await setUp();
  read();
  read();
  expect(isHeld()).toBe(true);
  void store.set(sent('new'));
  const written = store.flush();
  // The batch is sent at the end of the work in progress, and its reply takes a turn of the event loop.
  for (let steps = 0; steps < 20; steps++) await Promise.resolve();
  for (const end = Date.now() + 10_000; !isWritten('new') && Date.now() < end; );
  for (let reads = 0; reads < 3; reads++) read();
  expect(isHeld()).toBe(false);
  await written;
  for (let reads = 0; reads < 3; reads++) read('new');
  expect(isHeld()).toBe(true);
});

it('reads under the lock find what another process has written meanwhile', async () => {
  const { open, put, read } = await setUp();
  const writer = await open();
  // Each write takes turns of the event loop, and the clock stands still.
  for (let writes = 0; writes < 20; writes++) {
    for (let reads = 0; reads < 3; reads++) expect(read(`n${writes}`)).toBeUndefined();
    await put(`n${writes}`, `${writes}`, writer);
    for (let reads = 0; reads < 3; reads++) expect(read(`n${writes}`)).toBe(`${writes}`);
  }
});

it('reads under the lock find what another connection has written in the same turn', async () => {
  const { file, read } = await setUp();
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  for (let reads = 0; reads < 3; reads++) expect(read()).toBe('first');
  other.exec("DELETE FROM entries WHERE key = 'k'");
  expect(read()).toBeUndefined();
});
