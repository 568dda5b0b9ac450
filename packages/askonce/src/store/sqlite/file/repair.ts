/** Opens the file for writing; a damaged file is moved aside and replaced by a new one. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../../../observe/report.ts';
import { FileWriter } from '../write/file-writer.ts';
import type { Opening, WriterSettings } from '../write/messages.ts';
import { faultOf } from './fault.ts';
import { FileLock } from './lock.ts';
import { createPrivateFile, identityOf, isFolder } from './private.ts';
import { ForeignFile, openForWriting } from './schema.ts';

/** Most damaged files beside the new one; beyond it an operator must remove some. */
const maxDamagedFiles = 5;

export interface OpenFile {
  readonly database: DatabaseSync;
  readonly writer: FileWriter;
  readonly lock: FileLock;
  readonly opening: Extract<Opening, { type: 'opened' }>;
}

type Refused = Extract<Opening, { type: 'refused' }>;

/**
 * The open file, or why it cannot be opened.
 *
 * A damaged file is moved only by a process that holds the lock exclusively, and only if it is still the file that was
 * found damaged: of two processes that find the damage together, one moves the file and the other finds the new one.
 * A file that is locked, denied, newer or another program's is never moved.
 */
export function openFile(settings: WriterSettings): OpenFile | Refused {
  let lock: FileLock | undefined;
  try {
    createPrivateFile(settings.file);
    lock = new FileLock(settings.file, settings.busyTimeoutMs);
    if (!lock.share()) return refusedAs(lock, 'busy', 'Another process is repairing the file.');
    let suspect = settings.damaged;
    if (suspect === undefined) {
      const seen = identityOf(settings.file);
      try {
        return ready(settings, lock, undefined);
      } catch (error) {
        if (!isDamage(error, settings.file)) throw error;
        suspect = seen;
      }
    }
    lock.release();
    if (!lock.exclude()) {
      return refusedAs(lock, 'damaged', 'The file is damaged, and other processes still use it.');
    }
    const movedTo = identityOf(settings.file) === suspect ? moveAside(settings.file) : undefined;
    createPrivateFile(settings.file);
    const opened = ready(settings, lock, movedTo);
    lock.release();
    if (lock.share()) return opened;
    opened.database.close();
    return refusedAs(lock, 'busy', 'Another process is repairing the file.');
  } catch (error) {
    if (error instanceof ForeignFile) return refusedAs(lock, error.reason, error.message);
    const fault = faultOf(error);
    return refusedAs(lock, fault === 'full' ? 'failed' : fault, messageOf(error));
  }
}

function ready(settings: WriterSettings, lock: FileLock, movedTo: string | undefined): OpenFile {
  const database = openForWriting(settings.file, settings.busyTimeoutMs);
  try {
    const writer = new FileWriter(database, settings.maxBytes);
    const identity = identityOf(settings.file) ?? '';
    return { database, writer, lock, opening: { type: 'opened', identity, movedTo } };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Damage includes SQLITE_ERROR from preparing statements: a table is missing from a file of the current version. */
function isDamage(error: unknown, file: string): boolean {
  if (error instanceof ForeignFile) return false;
  const isSchemaError = error instanceof Error && 'errcode' in error && error.errcode === 1;
  return faultOf(error) === 'damaged' || isSchemaError || isFolder(file);
}

/**
 * The log goes first: left behind without its file, it would be played into the new one.
 *
 * @throws the file system's error, or an Error if too many were moved aside before.
 */
function moveAside(file: string): string {
  for (let number = 1; number <= maxDamagedFiles; number++) {
    const target = `${file}.damaged-${number}`;
    if (existsSync(target)) continue;
    rmSync(`${file}-shm`, { force: true });
    if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${target}-wal`);
    renameSync(file, target);
    return target;
  }
  throw new Error(
    `The file is damaged, and ${maxDamagedFiles} damaged files lie beside it already; remove some.`,
  );
}

function refusedAs(lock: FileLock | undefined, reason: Refused['reason'], message: string): Refused {
  lock?.close();
  return { type: 'refused', reason, message };
}
