/** Files and folders that only their owner may read, and the identity of a file. */
import { randomUUID } from 'node:crypto';
import { closeSync, linkSync, mkdirSync, openSync, statSync, unlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Creates an empty file of mode 0600, unless the name is taken.
 *
 * It is created under another name and then linked: closing a descriptor of a file drops every lock of the process on it
 * (POSIX), so nothing but SQLite may open the file once others can see it.
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

/** Device and inode of the file; undefined if there is none. */
export function identityOf(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}

/**
 * Creates the folder and missing parents with mode 0700. Throws the file system's error.
 *
 * One by one: on a file system that takes no folders (/proc), Node's recursive mkdir never returns.
 */
export function makePrivateFolder(path: string): void {
  const folder = resolve(path);
  if (isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makePrivateFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process that started at the same time may have created it.
    if (!isFolder(folder)) throw error;
  }
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
