/**
 * A folder with a SQLite file for each test of a file, and the stores and child processes that use it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterEach, beforeEach } from 'vitest';
import { systemClock } from '../../packages/askonce/src/clock.ts';
import {
  type SqliteStore,
  type SqliteStoreOptions,
  sqliteStore,
} from '../../packages/askonce/src/store/sqlite/store.ts';
import { sampleEntry } from '../../packages/askonce/src/testing/sample-entry.ts';
import { bodyOf } from './sqlite-bodies.ts';

const writer = new URL('./sqlite-child.ts', import.meta.url).pathname;

/** Each test has a folder of its own, which ends with the test, as its stores and processes do. */
export function sqliteDisk() {
  const children: ChildProcess[] = [];
  const stores: SqliteStore[] = [];
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'askonce-sqlite-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const store of stores.splice(0)) await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(options: Partial<SqliteStoreOptions> = {}): Promise<SqliteStore> {
    const store = await sqliteStore({ file: join(folder, 'askonce.db'), ...options });
    stores.push(store);
    return store;
  }

  function run(command: string, args: readonly string[]) {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return { child, lines: createInterface({ input: child.stdout }), ended: once(child, 'exit') };
  }

  return {
    get folder() {
      return folder;
    },
    get file() {
      return join(folder, 'askonce.db');
    },
    open,
    run,
    /** A process that writes entries to the file, and prints after each flush how many are durable. */
    startWriter: (prefix: string, bytes: number, count: number) =>
      run(process.execPath, [writer, join(folder, 'askonce.db'), prefix, String(bytes), String(count)]),
    /** Stores entries `k0`, `k1` … and closes the store. */
    async fill(count: number, bytes = 3_000): Promise<string[]> {
      const store = await open();
      const keys = Array.from({ length: count }, (_none, index) => `k${index}`);
      for (const key of keys) await store.set(entryOf(key, bytes));
      await store.close();
      return keys;
    },
  };
}

export { writer as writerProgram };

export const entryOf = (key: string, bytes = 100) =>
  sampleEntry({ key, body: bodyOf(key, bytes), now: systemClock.now() });

/** The last line that a process wrote, once it has ended. */
export async function lastLine({ lines }: { readonly lines: Interface }): Promise<string> {
  let last = '';
  for await (const line of lines) last = line;
  return last;
}
