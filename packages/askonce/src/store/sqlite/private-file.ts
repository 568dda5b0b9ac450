/** Files that only their owner may read, and which file it is that stands under a name. */
import { randomUUID } from 'node:crypto';
import { closeSync, linkSync, openSync, statSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateFolder } from './private-folder.ts';

/**
 * Makes an empty file of mode 0600 under the name, unless something is there.
 *
 * Made under another name and linked: closing a descriptor of a file drops all locks that the process holds on it
 * (POSIX), so the file must never be opened by anybody but SQLite once others can see it.
 */
export function createPrivateFile(file: string): void {
  makePrivateFolder(dirname(file));
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  const making = `${file}.${randomUUID()}`;
  closeSync(openSync(making, 'wx', 0o600));
  try {
    linkSync(making, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    unlinkSync(making);
  }
}

/** Device and inode of what stands under the name; undefined where nothing does. */
export function identityOf(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}
