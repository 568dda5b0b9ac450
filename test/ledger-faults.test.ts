/**
 * The ledger's SQLite file when it is locked, full, damaged, replaced, newer, or opened by many at once.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../packages/askonce/src/clock.ts';
import { openAccounts } from '../packages/askonce/src/ledger/accounts/accounts.ts';
import type { LedgerStore } from '../packages/askonce/src/ledger/contract.ts';
import { openLedger } from '../packages/askonce/src/ledger/ledger.ts';
import { flatPricing } from '../packages/askonce/src/ledger/pricing/flat-rate.ts';
import { type SqliteLedgerOptions, sqliteLedger } from '../packages/askonce/src/ledger/sqlite/store.ts';
import type { ObservedEvent } from '../packages/askonce/src/observe/events.ts';
import { fakeClock } from '../packages/askonce/src/testing/fake-clock.ts';
import { sampleBatch, sampleCounter, sampleRow } from '../packages/askonce/src/testing/sample-batch.ts';
import { lockedByAnother } from './support/file-lock.ts';
import { hit } from './support/ledger-events.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const all = { from: 0, to: Number.MAX_SAFE_INTEGER, where: {}, by: 'bucket' } as const;
const program = new URL('./support/ledger-writer.ts', import.meta.url).pathname;

/** A ledger's store over a file, closed with the test, and what it has reported. */
function opened(path: string, options: Partial<SqliteLedgerOptions> = {}) {
  const troubles: string[] = [];
  const store = sqliteLedger({ path, onTrouble: (message) => void troubles.push(message), ...options });
  onTestFinished(() => store.close());
  return { store, troubles };
}

const newFile = () => join(temporaryFolder(), 'ledger', 'ledger.db');
const batch = (sequence: number) =>
  sampleBatch({ sequence, counters: [sampleCounter({ counts: { requests: 1 } })], rows: [sampleRow()] });

async function requestsIn(store: LedgerStore): Promise<number> {
  return (await store.counters(all)).reduce((sum, { counts }) => sum + counts.requests, 0);
}

/** A process that writes batches of one request each, as a writer of its own; prints the number of those that failed. */
function startWriter(path: string, writer: string, count: number, limit = '') {
  const command = `${limit} exec "${process.execPath}" "$@"`;
  const child = spawn('bash', ['-c', command, 'bash', program, path, writer, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stdout.on('data', (data: Buffer) => {
    printed += data.toString();
  });
  return once(child, 'close').then(() => Number(printed));
}

it('only its owner may read the file and its folder, and nothing is created before the first call', async () => {
  const path = newFile();
  const { store } = opened(path);
  await setImmediate();
  expect(statSync(join(path, '..'), { throwIfNoEntry: false })).toBe(undefined);
  await store.write(batch(1));
  for (const file of [path, `${path}-wal`, `${path}-lock`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
});

it('while another process has the file locked a write waits, the event loop goes on, and the write is applied after', async () => {
  const path = newFile();
  const { store, troubles } = opened(path);
  await store.write(batch(1));
  const release = await lockedByAnother(path);
  let isWritten = false;
  const writing = store.write(batch(2)).then(() => {
    isWritten = true;
  });
  // Each turn would wait for the lock if the write held the loop.
  for (let turn = 0; turn < 1_000; turn++) await setImmediate();
  expect(isWritten).toBe(false);
  await release();
  await writing;
  expect(await requestsIn(store)).toBe(2);
  expect(troubles).toEqual([]);
});

it('a write that a lock outlasts is rejected, and is applied when it is written again', async () => {
  const path = newFile();
  const { store } = opened(path, { busyTimeoutMs: 20 });
  await store.write(batch(1));
  const release = await lockedByAnother(path);
  await expect(store.write(batch(2))).rejects.toMatchObject({
    code: 'store_failed',
    message: expect.stringContaining('busy'),
  });
  // A reader of a file with a write-ahead log does not wait for its writer.
  expect(await requestsIn(store)).toBe(1);
  await release();
  await store.write(batch(2));
  expect(await requestsIn(store)).toBe(2);
});

it('a ledger whose file is locked for long reports it, holds what comes, and has all of it once the lock is gone', async () => {
  const path = newFile();
  const { store } = opened(path, { busyTimeoutMs: 20 });
  const accounts = openAccounts({ clock: systemClock, pricing: async () => flatPricing, keepsText: false });
  const events: ObservedEvent[] = [];
  const observe = (event: ObservedEvent) => void events.push(event);
  const ledger = openLedger({ accounts, store, flushMs: 5, observe });
  onTestFinished(() => ledger.close());
  accounts.observe(hit());
  await ledger.flush();
  const release = await lockedByAnother(path);
  for (let count = 0; count < 100; count++) accounts.observe(hit());
  await expect.poll(() => ledger.health.status).toBe('degraded');
  expect(ledger.health).toMatchObject({ pendingBatch: true, message: expect.stringContaining('busy') });
  expect(events).toMatchObject([{ type: 'ledger-trouble', ledger: 'sqlite', lostRows: 0 }]);
  for (let count = 0; count < 100; count++) accounts.observe(hit());
  await release();
  await ledger.flush();
  expect((await ledger.counters(all)).reduce((sum, { counts }) => sum + counts.hits, 0)).toBe(201);
  expect((await ledger.size()).rows).toBeGreaterThan(0);
  expect(ledger.health).toMatchObject({ status: 'ok', pendingBatch: false, lostRows: 0 });
});

it('with a full disk batches are rejected and nothing of them is stored, and are stored once there is room', async () => {
  const path = newFile();
  const failed = await startWriter(path, 'writer', 60, 'ulimit -f 300;');
  expect(failed).toBeGreaterThan(0);
  const { store } = opened(path);
  const stored = 60 - failed;
  expect(await requestsIn(store)).toBe(stored);
  // Each batch has a hundred rows.
  expect((await store.size()).rows).toBe(100 * stored);
  await store.write(
    sampleBatch({ writer: 'writer', sequence: 61, counters: [sampleCounter({ counts: { requests: 1 } })] }),
  );
  expect(await requestsIn(store)).toBe(stored + 1);
});

it('several processes that create and write one file at once lose nothing', async () => {
  const path = newFile();
  const writers = ['a', 'b', 'c', 'd'];
  expect(await Promise.all(writers.map((writer) => startWriter(path, writer, 25)))).toEqual([0, 0, 0, 0]);
  const { store, troubles } = opened(path);
  expect(await requestsIn(store)).toBe(100);
  expect((await store.size()).rows).toBe(10_000);
  expect(troubles).toEqual([]);
});

it('a damaged file is moved aside and reported, and a new one is begun', async () => {
  const path = newFile();
  const first = opened(path);
  await first.store.write(batch(1));
  await first.store.close();
  const damage = Buffer.alloc(statSync(path).size, 'no database');
  writeFileSync(path, damage);
  const { store, troubles } = opened(path);
  await store.write(batch(2));
  expect(await requestsIn(store)).toBe(1);
  expect(troubles).toEqual([expect.stringContaining(`moved to ${path}.damaged-1`)]);
  expect(readFileSync(`${path}.damaged-1`).equals(damage)).toBe(true);
});

it('damage that is found while the file is open costs that call, and the next begins a new file', async () => {
  const path = newFile();
  const { store, troubles } = opened(path);
  const rows = Array.from({ length: 500 }, (_none, index) =>
    sampleRow({ requestId: `${'x'.repeat(1_000)}${index}` }),
  );
  for (let sequence = 1; sequence <= 40; sequence++) await store.write(sampleBatch({ sequence, rows }));
  await store.close();
  const again = opened(path);
  await again.store.size();
  // Every page but the first, which names the file as SQLite's; none of the others has been read.
  const pages = readFileSync(path);
  writeFileSync(path, Buffer.concat([pages.subarray(0, 4_096), Buffer.alloc(pages.length - 4_096, 7)]));
  await expect(
    again.store.prune({
      rowsSince: Infinity,
      countersSince: 0,
      patternsSince: 0,
      maxBytes: 1e9,
      maxPatterns: 9,
    }),
  ).rejects.toMatchObject({ code: 'store_failed' });
  await again.store.write(batch(1));
  expect(await requestsIn(again.store)).toBe(1);
  expect(again.troubles).toEqual([
    expect.stringContaining('damaged'),
    expect.stringContaining(`moved to ${path}.damaged-1`),
  ]);
  expect(troubles).toEqual([]);
});

it('a file that was replaced while it was open is reported, and the next call opens the new one', async () => {
  const path = newFile();
  const { store, troubles } = opened(path);
  await store.write(batch(1));
  renameSync(path, `${path}.moved`);
  await expect(store.write(batch(2))).rejects.toMatchObject({ message: expect.stringContaining('replaced') });
  await store.write(batch(2));
  expect(await requestsIn(store)).toBe(1);
  expect(troubles).toEqual([expect.stringContaining('replaced')]);
});

it.each([
  ['of a newer release', 'PRAGMA user_version = 99', /newer.*schema version 99.*supports 4/],
  ['of another program', 'PRAGMA application_id = 7', /foreign.*another program/],
])(
  'a file %s is refused with its reason, again and again, and is never changed',
  async (_whose, mark, reason) => {
    const path = newFile();
    const first = opened(path);
    await first.store.write(batch(1));
    await first.store.close();
    const database = new DatabaseSync(path);
    database.exec(mark);
    database.close();
    const before = readFileSync(path);
    const clock = fakeClock();
    const { store, troubles } = opened(path, { clock });
    for (let time = 0; time < 3; time++) {
      await expect(store.write(batch(2))).rejects.toMatchObject({
        code: 'store_failed',
        message: expect.stringMatching(reason),
      });
      clock.advance(10_000);
    }
    await store.close();
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(troubles).toEqual([expect.stringMatching(reason)]);
  },
);

it('a file that cannot be opened is tried again after a pause, and then used', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'ledger'), 'a file where a folder is to be');
  const clock = fakeClock();
  const { store, troubles } = opened(join(folder, 'ledger', 'ledger.db'), { clock });
  for (let time = 0; time < 2; time++)
    await expect(store.write(batch(1))).rejects.toMatchObject({ code: 'store_failed' });
  renameSync(join(folder, 'ledger'), join(folder, 'elsewhere'));
  // Until the pause is over no thread is started.
  await expect(store.write(batch(1))).rejects.toMatchObject({ code: 'store_failed' });
  clock.advance(10_000);
  await store.write(batch(1));
  expect(await requestsIn(store)).toBe(1);
  expect(troubles).toHaveLength(1);
});

it('closing answers the calls in progress, and the process ends in order', async () => {
  const store = new URL('../packages/askonce/src/ledger/sqlite/store.ts', import.meta.url).href;
  const script = `
    import { sqliteLedger } from '${store}';
    const store = sqliteLedger({ path: ${JSON.stringify(newFile())} });
    await store.size();
    const size = store.size();
    await store.close();
    console.log('closed', (await size).rows);`;
  const file = join(temporaryFolder(), 'closing.mjs');
  writeFileSync(file, script);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (data: Buffer) => {
    printed += data.toString();
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(printed).toBe('closed 0\n');
});

it('calls beyond those that may wait are refused, and the others are answered', async () => {
  const { store } = opened(newFile());
  const calls = Array.from({ length: 100 }, (_none, index) => store.write(batch(index + 1)));
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(64);
  expect(await requestsIn(store)).toBe(64);
});

it('once a bound on bytes is known, batches beyond it make room for themselves', async () => {
  const { store } = opened(newFile());
  const maxBytes = 2_000_000;
  await store.prune({ rowsSince: 0, countersSince: 0, patternsSince: 0, maxBytes, maxPatterns: 100 });
  const rows = (at: number) =>
    Array.from({ length: 500 }, () => sampleRow({ at, requestId: 'x'.repeat(1_000) }));
  for (let sequence = 1; sequence <= 12; sequence++)
    await store.write(sampleBatch({ sequence, rows: rows(sequence) }));
  const size = await store.size();
  expect(size.bytes).toBeLessThan(maxBytes * 1.5);
  expect(size.rows).toBeGreaterThan(500);
});

it('what is erased is overwritten in the file and its log', async () => {
  const path = newFile();
  const { store } = opened(path);
  const user = 'digest-of-a-user';
  const secrets = Array.from({ length: 50 }, (_none, index) =>
    sampleRow({ user, requestId: `secret-${index}` }),
  );
  await store.write(sampleBatch({ rows: secrets }));
  const bytes = () => [path, `${path}-wal`].map((file) => readFileSync(file, 'latin1')).join('');
  expect(bytes()).toContain('secret-7');
  expect(await store.erase(user, 0)).toBe(50);
  expect(bytes()).not.toContain('secret-');
});
