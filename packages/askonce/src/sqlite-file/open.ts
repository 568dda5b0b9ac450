/** Opens a file for writing; a damaged file is moved aside and replaced by a new one. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { messageOf } from '../observe/report.ts';
import { faultOf, isSchemaError } from './fault.ts';
import { FileLock } from './lock.ts';
import { createPrivateFile, identityOf, isFolder } from './private.ts';
import { ForeignFile } from './version.ts';

/** Most damaged files beside the new one; beyond it an operator must remove some. */
const maxDamagedFiles = 5;

export interface FileSettings {
  readonly file: string;
  /** How long one attempt waits for another process's lock, in ms. */
  readonly busyTimeoutMs: number;
  /** The file (device and inode) that was found damaged: it is moved aside if it is still there. */
  readonly damaged?: string | undefined;
}

export interface FilePolicy {
  /**
   * What it means that a statement does not fit the tables of a file of the current version. `damage`: the file is moved
   * aside, as is right for what can be lost. `refusal`: it is left as it is, and not used.
   */
  readonly missingTable: 'damage' | 'refusal';
}

export interface Opened {
  readonly type: 'opened';
  readonly identity: string;
  /** Where the damaged file is now. */
  readonly movedTo: string | undefined;
}

export interface Refused {
  readonly type: 'refused';
  readonly reason: 'busy' | 'denied' | 'damaged' | 'newer' | 'foreign' | 'failed';
  readonly message: string;
}

/** What a program opens of the file: its connection, and the statements that it prepares at once. */
interface Content {
  close(): void;
}

export interface OpenFile<Opening extends Content> {
  readonly content: Opening;
  readonly opening: Opened;
  /** Does what no other process may see begin or wait for. False, and nothing is done, while another has the file open. */
  alone(work: () => void): boolean;
  /** Closes the content, and lets go of the lock. */
  close(): void;
}

/**
 * The open file, or why it cannot be opened.
 *
 * A damaged file is moved only by a process that holds the lock exclusively, and only if it is still the file that was
 * found damaged: of two processes that find the damage together, one moves the file and the other finds the new one.
 * A file that is locked, denied, newer or another program's is never moved.
 *
 * @param open opens the file, which exists; it prepares every statement, since one that fails shows that a table is missing
 */
export function openFile<Opening extends Content>(
  { file, busyTimeoutMs, damaged }: FileSettings,
  open: () => Opening,
  { missingTable }: FilePolicy,
): OpenFile<Opening> | Refused {
  let lock: FileLock | undefined;
  try {
    createPrivateFile(file);
    lock = new FileLock(file, busyTimeoutMs);
    if (!lock.share()) return refusedAs(lock, 'busy', 'Another process is repairing the file.');
    let suspect = damaged;
    if (suspect === undefined) {
      const seen = identityOf(file);
      try {
        return opened(file, lock, open(), undefined);
      } catch (error) {
        if (!isDamage(error, file, missingTable)) throw error;
        suspect = seen;
      }
    }
    lock.release();
    if (!lock.exclude()) {
      return refusedAs(lock, 'damaged', 'The file is damaged, and other processes still use it.');
    }
    const movedTo = identityOf(file) === suspect ? moveAside(file) : undefined;
    createPrivateFile(file);
    const content = open();
    lock.release();
    if (lock.share()) return opened(file, lock, content, movedTo);
    content.close();
    return refusedAs(lock, 'busy', 'Another process is repairing the file.');
  } catch (error) {
    if (error instanceof ForeignFile) return refusedAs(lock, error.reason, error.message);
    const fault = faultOf(error);
    return refusedAs(lock, fault === 'full' ? 'failed' : fault, messageOf(error));
  }
}

function opened<Opening extends Content>(
  file: string,
  lock: FileLock,
  content: Opening,
  movedTo: string | undefined,
): OpenFile<Opening> {
  return {
    content,
    opening: { type: 'opened', identity: identityOf(file) ?? '', movedTo },
    alone(work) {
      lock.release();
      try {
        if (!lock.exclude()) return false;
        work();
        return true;
      } finally {
        lock.release();
        lock.share();
      }
    },
    close() {
      try {
        content.close();
      } finally {
        lock.close();
      }
    },
  };
}

function isDamage(error: unknown, file: string, missingTable: FilePolicy['missingTable']): boolean {
  if (error instanceof ForeignFile) return false;
  if (missingTable === 'damage' && isSchemaError(error)) return true;
  return faultOf(error) === 'damaged' || isFolder(file);
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
