/** Classifies errors of SQLite and the file system. https://www.sqlite.org/rescode.html */

export type Fault = 'busy' | 'full' | 'damaged' | 'denied' | 'failed';

const faults: ReadonlyMap<number, Fault> = new Map([
  [3, 'denied'], // SQLITE_PERM
  [5, 'busy'], // SQLITE_BUSY
  [6, 'busy'], // SQLITE_LOCKED
  [8, 'denied'], // SQLITE_READONLY
  [10, 'full'], // SQLITE_IOERR: a limit on file sizes or a failing disk; may pass, like a full disk
  [11, 'damaged'], // SQLITE_CORRUPT
  [13, 'full'], // SQLITE_FULL
  [14, 'denied'], // SQLITE_CANTOPEN
  [23, 'denied'], // SQLITE_AUTH
  [26, 'damaged'], // SQLITE_NOTADB
]);

const deniedCodes = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);
const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EMFILE', 'ENFILE']);

/** Whether a statement does not fit the file's tables (SQLITE_ERROR): one of them is missing, or is there already. */
export function isSchemaError(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 1;
}

export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return 'failed';
  if ('errcode' in error && typeof error.errcode === 'number')
    return faults.get(error.errcode & 0xff) ?? 'failed';
  if (!('code' in error) || typeof error.code !== 'string') return 'failed';
  if (deniedCodes.has(error.code)) return 'denied';
  return fullCodes.has(error.code) ? 'full' : 'failed';
}
