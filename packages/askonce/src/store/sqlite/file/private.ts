/** Files that only their owner may read, and which file it is that stands under a name. */
import { randomUUID } from 'node:crypto';
import { closeSync, linkSync, mkdirSync, openSync, statSync, unlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

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

/* MERGED private-folder.ts:  Folders that only their owner may read. */
/**
 * Makes the folder, and those above it, with mode 0700 where they are missing. Throws what the file system says.
 *
 * Step by step: where a file system has no room for folders (/proc), Node's recursive mkdir never returns.
 */
export function makePrivateFolder(path: string): void {
  const folder = resolve(path);
  if (isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makePrivateFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process that starts at the same time may have made it.
    if (!isFolder(folder)) throw error;
  }
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
