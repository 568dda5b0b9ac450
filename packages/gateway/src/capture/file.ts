/**
 * A file of captured lines that only its owner can read, of bounded size: full, it ends, or the oldest half goes.
 */
import { rename } from 'node:fs/promises';
import { openPrivateFile } from '../log/private-file.ts';

export interface CaptureFileOptions {
  readonly path: string;
  /** Bound of the file and the one before it together, in bytes. */
  readonly maxBytes: number;
  readonly whenFull: 'stop' | 'rotate';
}

export interface CaptureFile {
  /** True if there is no room for further lines, and none will be made. */
  readonly isFull: boolean;
  /** Appends a line; false if there is no room for it. One call at a time. @throws what the file system does */
  append(line: string): Promise<boolean>;
  close(): Promise<void>;
}

/** @throws what the file system does; an Error if the path is no regular file */
export async function openCaptureFile({
  path,
  maxBytes,
  whenFull,
}: CaptureFileOptions): Promise<CaptureFile> {
  const limit = whenFull === 'rotate' ? Math.floor(maxBytes / 2) : maxBytes;
  let { handle, size } = await openPrivateFile(path);
  let isFull = whenFull === 'stop' && size >= limit;

  /** Makes room for `bytes` more. False if there is none. */
  async function hasRoom(bytes: number): Promise<boolean> {
    if (size + bytes <= limit) return true;
    if (whenFull === 'stop') {
      isFull = true;
      return false;
    }
    // A line that no file has room for is dropped, and nothing is rotated for it.
    if (bytes > limit) return false;
    await handle.close();
    await rename(path, `${path}.1`);
    ({ handle, size } = await openPrivateFile(path));
    return true;
  }

  return {
    get isFull() {
      return isFull;
    },
    async append(line) {
      const bytes = Buffer.from(line);
      if (isFull || !(await hasRoom(bytes.length))) return false;
      await handle.appendFile(bytes);
      size += bytes.length;
      return true;
    },
    close: () => handle.close(),
  };
}
