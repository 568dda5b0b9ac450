/** A ledger whose batches are written by the thread that writes the store: neither is in the other's way. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type LedgerStore, sqliteLedger } from 'askonce/ledger';
import { fileThread, sqliteStore } from 'askonce/sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { sampleBatch, sampleCounter, sampleRow } from '../packages/askonce/src/testing/sample-batch.ts';
import { sampleEntry } from '../packages/askonce/src/testing/sample-entry.ts';
import { lockedByAnother } from './support/file-lock.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const all = { from: 0, to: Number.MAX_SAFE_INTEGER, where: {}, by: 'bucket' } as const;

async function opened(busyTimeoutMs?: number) {
  const folder = temporaryFolder();
  const thread = fileThread();
  const path = join(folder, 'ledger.db');
  const troubles: string[] = [];
  const onTrouble = (message: string) => void troubles.push(message);
  const ledger = sqliteLedger({ path, thread, busyTimeoutMs, onTrouble });
  const store = await sqliteStore({ folder, thread });
  onTestFinished(async () => {
    await ledger.close();
    await store.close();
  });
  return { path, ledger, store, troubles };
}

const batch = (sequence: number) =>
  sampleBatch({ sequence, counters: [sampleCounter({ counts: { requests: 1 } })], rows: [sampleRow()] });

async function requestsIn(ledger: LedgerStore): Promise<number> {
  return (await ledger.counters(all)).reduce((sum, { counts }) => sum + counts.requests, 0);
}

it('while another process has the ledger locked the store is written, and the batch once the lock is gone', async () => {
  const { path, ledger, store, troubles } = await opened();
  await ledger.write(batch(1));
  const release = await lockedByAnother(path);
  let isWritten = false;
  const writing = ledger.write(batch(2)).then(() => {
    isWritten = true;
  });
  for (const key of ['one', 'two', 'three']) {
    await store.set(sampleEntry({ key, now: Date.now() }));
    await store.flush();
    expect(store.holds?.(key) ?? (await store.get(key)) !== undefined).toBe(true);
  }
  expect(isWritten).toBe(false);
  await release();
  await writing;
  expect(await requestsIn(ledger)).toBe(2);
  expect(troubles).toEqual([]);
});

it('a batch that a lock outlasts is rejected, and is applied when it is written again', async () => {
  const { path, ledger } = await opened(20);
  await ledger.write(batch(1));
  const release = await lockedByAnother(path);
  await expect(ledger.write(batch(2))).rejects.toMatchObject({
    code: 'store_failed',
    message: expect.stringContaining('busy'),
  });
  await release();
  await ledger.write(batch(2));
  expect(await requestsIn(ledger)).toBe(2);
});

it('queries, erasures and pruning in a thread of their own see all batches, and batches go on beside them', async () => {
  const { ledger } = await opened();
  const rows = [sampleRow({ user: 'ada' }), sampleRow({ user: 'bob' })];
  await ledger.write(sampleBatch({ sequence: 1, rows }));
  const [erased] = await Promise.all([
    ledger.erase('ada', Date.now()),
    ledger.write(batch(2)),
    ledger.size(),
  ]);
  expect(erased).toBe(1);
  expect(await ledger.size()).toMatchObject({ rows: 2, counters: 1 });
});

it('a bound on bytes that a pruning has named holds for the batches that follow', async () => {
  const { ledger } = await opened();
  await ledger.write(batch(1));
  const { bytes } = await ledger.size();
  const retention = { rowsSince: 0, countersSince: 0, patternsSince: 0, maxPatterns: 1_000 };
  await ledger.prune({ ...retention, maxBytes: bytes + 100_000 });
  for (let sequence = 2; sequence < 12; sequence++)
    await ledger.write(sampleBatch({ sequence, rows: Array.from({ length: 500 }, () => sampleRow()) }));
  expect((await ledger.size()).bytes).toBeLessThan(bytes + 250_000);
});

it('a damaged ledger is moved aside although two threads have it open, and the store is not touched', async () => {
  const { path, ledger, store, troubles } = await opened();
  const rows = Array.from({ length: 500 }, (_none, index) =>
    sampleRow({ requestId: `${'x'.repeat(1_000)}${index}` }),
  );
  const before = sqliteLedger({ path });
  for (let sequence = 1; sequence <= 40; sequence++)
    await before.write(sampleBatch({ writer: 'another', sequence, rows }));
  await before.close();
  await ledger.write(batch(1));
  await ledger.size();
  await store.set(sampleEntry({ key: 'kept', now: Date.now() }));
  // Every page but the first, which names the file as SQLite's.
  const pages = readFileSync(path);
  writeFileSync(path, Buffer.concat([pages.subarray(0, 4_096), Buffer.alloc(pages.length - 4_096, 7)]));
  const retention = {
    rowsSince: Infinity,
    countersSince: 0,
    patternsSince: 0,
    maxBytes: 1e9,
    maxPatterns: 9,
  };
  await expect(ledger.prune(retention)).rejects.toMatchObject({ code: 'store_failed' });
  await ledger.write(batch(2));
  expect(await requestsIn(ledger)).toBe(1);
  expect(troubles).toEqual([
    expect.stringContaining('damaged'),
    expect.stringContaining(`moved to ${path}.damaged-1`),
  ]);
  await store.flush();
  expect(await store.get('kept')).toBeDefined();
});

it('a replaced ledger is opened anew by both threads', async () => {
  const { path, ledger } = await opened();
  await ledger.write(batch(1));
  expect(await requestsIn(ledger)).toBe(1);
  for (const suffix of ['', '-wal', '-shm']) renameSync(`${path}${suffix}`, `${path}.old${suffix}`);
  await expect(ledger.write(batch(2))).rejects.toMatchObject({ code: 'store_failed' });
  await ledger.write(batch(2));
  await requestsIn(ledger).catch(() => {});
  expect(await requestsIn(ledger)).toBe(1);
});

it('closing one leaves the other open', async () => {
  const { ledger, store } = await opened();
  await ledger.write(batch(1));
  await ledger.close();
  await setImmediate();
  await store.set(sampleEntry({ key: 'after', now: Date.now() }));
  await store.flush();
  expect(await store.get('after')).toBeDefined();
  await expect(ledger.write(batch(2))).rejects.toMatchObject({ code: 'closed' });
});
