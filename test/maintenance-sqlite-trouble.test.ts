/**
 * Maintenance of one SQLite file that several processes have open: one run at a time, also after a process was killed in the
 * middle of one, and while another holds the file locked.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { createCache, systemClock } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { lockedByAnother } from './support/file-lock.ts';
import { day, interruptible, oldAndValid, removals, validNames } from './support/maintained-store.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const program = new URL('./support/maintenance-child.ts', import.meta.url).pathname;
const count = 200;
const keyOf = (name: string) => `askonce:v1:aabb:en:{${name}}`;
const outcomeOf = z.object({ outcome: z.string(), count: z.number() });

/** A file that holds entries of low value and valid ones. */
async function filledFile(): Promise<string> {
  const file = join(temporaryFolder(), 'askonce.db');
  const store = await sqliteStore({ file });
  await store.setMany(oldAndValid({ keyOf, now: systemClock.now() - 31 * day, count }));
  await store.close();
  return file;
}

/** What the file holds, and whether it is sound. */
function contentOf(file: string) {
  // A process that is about to close the file may hold it for a moment.
  const database = new DatabaseSync(file, { timeout: 10_000 });
  const [sound] = database.prepare('PRAGMA integrity_check').all();
  const rows = database.prepare('SELECT key FROM entries').all();
  database.close();
  const names = rows.map(({ key }) => /\{(.*)\}/.exec(String(key))?.[1] ?? '').toSorted();
  return { sound: sound?.['integrity_check'], names };
}

async function startChild(file: string, aheadMs: number, stopsAt: number | 'never' = 'never') {
  const child = spawn(
    process.execPath,
    [
      '--conditions=askonce-source',
      '--disable-warning=ExperimentalWarning',
      program,
      file,
      `${aheadMs}`,
      `${stopsAt}`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value);
  expect(await line()).toBe('ready');
  return {
    child,
    line,
    begin: () => child.stdin.write('go\n'),
    outcome: async () => outcomeOf.parse(JSON.parse(await line())),
  };
}

async function opened(file: string, busyTimeoutMs: number) {
  const interruption = interruptible(await sqliteStore({ file, busyTimeoutMs }));
  const cache = createCache({ store: interruption.store });
  onTestFinished(() => cache.close(0));
  return { interruption, cache, store: interruption.store };
}

it('two processes that begin at the same instant remove each entry once, and no valid one', async () => {
  const file = await filledFile();
  const children = await Promise.all([startChild(file, 0), startChild(file, 0)]);
  for (const { begin } of children) begin();
  const outcomes = await Promise.all(children.map(({ outcome }) => outcome()));
  expect(outcomes.map(({ outcome }) => outcome)).toContain('complete');
  for (const { outcome } of outcomes) expect(outcome).toMatch(/^(?:complete|maintenance_running)$/);
  expect(outcomes.reduce((sum, one) => sum + one.count, 0)).toBe(count);
  expect(contentOf(file)).toEqual({ sound: 'ok', names: validNames(count) });
}, 60_000);

it('a process that is killed in the middle of a run holds its turn for 30 s, and the next run completes what it left', async () => {
  const file = await filledFile();
  const killed = await startChild(file, 0, 3);
  killed.begin();
  expect(await killed.line()).toBe('stopped');
  killed.child.kill('SIGKILL');
  const [early, late] = await Promise.all([startChild(file, 0), startChild(file, 31_000)]);
  early.begin();
  expect(await early.outcome()).toEqual({ outcome: 'maintenance_running', count: 0 });
  const left = contentOf(file).names;
  expect(left).toEqual(expect.arrayContaining([...validNames(count)]));
  expect(left.length).toBeLessThan(2 * count);
  late.begin();
  expect(await late.outcome()).toEqual({ outcome: 'complete', count: left.length - count });
  expect(contentOf(file)).toEqual({ sound: 'ok', names: validNames(count) });
}, 60_000);

it('a run waits for a process that holds the file locked for a while', async () => {
  const file = await filledFile();
  const { interruption, cache } = await opened(file, 5_000);
  let released: Promise<void> | undefined;
  interruption.next(2, async () => {
    const release = await lockedByAnother(file);
    released = release();
  });
  expect(await cache.maintain({ kinds: removals })).toMatchObject({
    outcome: 'complete',
    kinds: { 'low-value': { count } },
  });
  await released;
  expect(contentOf(file)).toEqual({ sound: 'ok', names: validNames(count) });
});

it('a file that stays locked ends a run with its reason, reads are answered meanwhile, and the next run completes', async () => {
  const file = await filledFile();
  const { interruption, cache, store } = await opened(file, 100);
  let release = async () => {};
  interruption.next(2, async () => {
    release = await lockedByAnother(file);
  });
  const failed = await cache.maintain({ kinds: removals });
  expect(failed).toMatchObject({ outcome: 'failed', failure: expect.stringMatching(/SQLite/) });
  const removed = failed.kinds['low-value']?.count ?? 0;
  expect(removed).toBeGreaterThan(0);
  expect(contentOf(file).names).toHaveLength(2 * count - removed);
  expect(await store.get(keyOf('valid1'))).toMatchObject({ tier: 'sqlite' });
  // Nor can one begin.
  await expect(cache.maintain({ kinds: removals })).rejects.toMatchObject({ code: 'maintenance_failed' });
  expect(cache.maintenance()).toMatchObject({ last: { outcome: 'failed', looked: 0 } });
  await release();
  expect(await cache.maintain({ kinds: removals })).toMatchObject({
    outcome: 'complete',
    kinds: { 'low-value': { count: count - removed } },
  });
  expect(contentOf(file)).toEqual({ sound: 'ok', names: validNames(count) });
});
