/**
 * A store with answers of adapters, made by another process: this one has not loaded the adapters.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { temporaryFolder } from './temporary-folder.ts';

export const adapterSettings = {
  secret: 'the secret of all processes of the test',
  semanticUpper: 0.8,
  semanticGuards: 'none',
  storeBudgetMs: 20_000,
} as const;

const printed = z.strictObject({ match: z.string() });

export async function storeOfAdapters(): Promise<{ readonly folder: string; readonly match: string }> {
  const folder = temporaryFolder();
  const program = new URL('./adapter-entries-child.ts', import.meta.url).pathname;
  const flags = ['--conditions=askonce-source', '--disable-warning=ExperimentalWarning'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, folder]);
  return { folder, ...printed.parse(JSON.parse(stdout)) };
}
