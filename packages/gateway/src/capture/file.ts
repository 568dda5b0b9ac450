/**
 * A file of captured lines that only its owner can read, of bounded size: full, it ends, or the oldest half goes.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';

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
  let { handle, size } = await opened(path);
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
    ({ handle, size } = await opened(path));
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

async function opened(path: string): Promise<{ handle: FileHandle; size: number }> {
  const { O_APPEND, O_CREAT, O_RDWR, O_NONBLOCK } = constants;
  // Without waiting: a named pipe would otherwise hold the start until it has a reader.
  const handle = await open(path, O_APPEND | O_CREAT | O_RDWR | O_NONBLOCK, 0o600);
  try {
    const about = await handle.stat();
    if (!about.isFile()) throw new Error(`${path} is not a regular file; name one`);
    // A file that was there before may be readable by others.
    await handle.chmod(0o600);
    return { handle, size: about.size + (await endedLine(handle, about.size)) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Ends a last line that a crash has torn, so that it spoils no other. Resolves with the number of bytes added. */
async function endedLine(handle: FileHandle, size: number): Promise<number> {
  if (size === 0) return 0;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer.toString() === '\n') return 0;
  await handle.appendFile('\n');
  return 1;
}
