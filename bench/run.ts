/** Runs a question in a process of its own, with a temporary folder that is removed afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Measured, questions } from './rows.ts';

/** A question that has not answered by then has failed. */
const longestMinutes = { usual: 10, heavy: 60 } as const;

const messageSchema = z.union([
  z.object({ failed: z.string() }),
  z.object({ skipped: z.string() }),
  z.object({
    row: z.string(),
    ours: z.number(),
    beside: z.number().optional(),
    ratio: z.number().optional(),
  }),
]);

/** How a question ended before all its rows were measured. */
export type Shortfall = { readonly failed: string } | { readonly skipped: string };

interface Run {
  readonly child: ChildProcess;
  readonly folder: string;
}

let running: Run | undefined;

/** Ends the question under way, every server that it has started, and removes its files. */
export function stopRunning(): void {
  if (running === undefined) return;
  const { child, folder } = running;
  running = undefined;
  killGroup(child);
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}

/** Calls `onMeasured` for each row as it comes. Resolves to what kept the others from being measured, if known. */
export async function runQuestion(
  name: string,
  rows: readonly string[],
  onMeasured: (measured: Measured) => void,
): Promise<Shortfall | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-bench-'));
  const script = fileURLToPath(new URL('./child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=askonce-source', script, name, rows.join(',')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, TMPDIR: folder },
    // A process group of its own, so that the servers of the question can be ended with it.
    detached: true,
  });
  running = { child, folder };
  let shortfall: Shortfall | undefined;
  child.on('message', (message) => {
    const read = messageSchema.safeParse(message);
    if (!read.success) shortfall = { failed: 'a figure is not a number' };
    else if ('row' in read.data) onMeasured(read.data);
    else shortfall = read.data;
  });
  const minutes = longestMinutes[questions[name]?.isHeavy ? 'heavy' : 'usual'];
  const limit = setTimeout(() => {
    shortfall = { failed: `not done after ${minutes} minutes` };
    killGroup(child);
  }, minutes * 60_000);
  const [code, signal] = await once(child, 'close');
  clearTimeout(limit);
  stopRunning();
  if (shortfall === undefined && code !== 0) return { failed: `its process ended with ${signal ?? code}` };
  return shortfall;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has ended by itself.
  }
}
